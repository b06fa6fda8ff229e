//! The Rust programs on the crate rpmalloc.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: rpmalloc::RpMalloc = rpmalloc::RpMalloc;

fn main() -> ExitCode {
    programs::main("rpmalloc")
}
