//! What the faces promise, in a program whose global allocator is `Malloc`.

mod allocator;
mod fork;
mod functions;
mod global;
mod out_of_memory;
mod process_malloc;
mod stats;

#[global_allocator]
static GLOBAL: heapwright_malloc::Malloc = heapwright_malloc::Malloc;
