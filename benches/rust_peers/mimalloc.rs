//! The Rust programs on the crate mimalloc.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    programs::main("mimalloc")
}
