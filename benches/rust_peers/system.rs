//! The Rust programs on the system's allocator: the C library's malloc.

use std::process::ExitCode;

use heapwright_benches::programs;

#[global_allocator]
static ALLOCATOR: std::alloc::System = std::alloc::System;

fn main() -> ExitCode {
    programs::main("system")
}
