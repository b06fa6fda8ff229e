//! The Rust programs on the crate rallocator.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: rallocator::Rallocator = rallocator::Rallocator;

fn main() -> ExitCode {
    programs::main("rallocator")
}
