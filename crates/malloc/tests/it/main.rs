//! What the faces promise, in a program whose global allocator is `Malloc`.

mod alone;
mod block;
#[path = "../races/exchange.rs"]
mod exchange;

mod allocator;
mod fork;
mod functions;
mod global;
mod large;
mod out_of_memory;
mod process_malloc;
mod sizes;
mod stalled;
mod stats;
mod threads;

#[global_allocator]
static GLOBAL: heapwright_malloc::Malloc = heapwright_malloc::Malloc;
