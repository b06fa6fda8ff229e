//! The Rust programs on heapwright.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: heapwright_malloc::Malloc = heapwright_malloc::Malloc;

fn main() -> ExitCode {
    programs::main("heapwright")
}
