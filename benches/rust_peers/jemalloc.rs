//! The Rust programs on the crate tikv-jemallocator.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    programs::main("jemalloc")
}
