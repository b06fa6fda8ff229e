//! libheapwright under small programs of C and C++, each about a few promises of the manual.
//!
//! The programs are in `crates/abi/tests/c`. Each checks itself, says `ok`, and is run on both
//! breaks. This test is itself a program with a global allocator of its own, see `two_heaps.rs`.

mod archive;
mod c;
mod cxx;
mod environment;
mod limits;
mod misuse;
mod programs;
mod report;
mod symbols;
mod two_heaps;

#[global_allocator]
static GLOBAL: heapwright_malloc::Malloc = heapwright_malloc::Malloc;
