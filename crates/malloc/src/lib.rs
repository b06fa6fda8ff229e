#![no_std]
//! The malloc family for a whole process: one heap, many threads.
//!
//! ```text
//!   faces      Malloc (GlobalAlloc, Allocator)   functions (malloc, free, …)   Family<S>
//!                 └───────────────┬──────────────────────┴───────────────────────┘
//!   a thread's              ThreadHeap: a bin for each size class, slabs behind them
//!                                 │ slabs                     ▲ what other threads freed
//!   all threads'            ProcessHeap: spans, large blocks, heaps without a thread
//!                                 │
//!                           Region: one break, and two tables that describe its slices
//! ```
//!
//! Take [`Malloc`] as the global allocator of a program, or as the allocator of one collection:
//!
//! ```
//! use heapwright_malloc::Malloc;
//!
//! #[global_allocator]
//! static GLOBAL: Malloc = Malloc;
//!
//! let squares: Vec<u64> = (0..1000).map(|number| number * number).collect();
//! assert_eq!(squares[31], 961);
//! ```
//!
//! All faces share the one heap of this linked copy of the crate; memory of one copy must not be
//! freed through another. [`ProcessMalloc`] calls the process's own `malloc` instead, for memory
//! that crosses into C and C++.
//!
//! The memory comes from a [`ReservedBreak`](heapwright_break::ReservedBreak) unless a
//! [`Startup`] says otherwise. No face panics, unwinds, logs or changes `errno`. None may be
//! called from a signal handler that interrupted the heap in the same thread.

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
compile_error!(
    "heapwright-malloc runs on Linux on x86-64 and aarch64: \
     elsewhere take heapwright-block with `default-features = false`"
);

mod calls;
mod config;
mod error;
mod exit;
mod family;
pub mod fork;
mod fork_locks;
mod functions;
mod heap_lock;
mod holes;
mod large;
mod malloc;
pub mod message;
mod misuse;
mod out_of_memory;
mod owner;
mod pool;
mod process_heap;
mod process_malloc;
mod protocol;
mod purge;
mod region;
mod remote;
mod size_class;
mod slab;
mod slice;
mod slow;
mod span;
mod stats;
mod sync;
mod sys;
mod thread_heap;
mod trim;
mod walk;

pub use calls::Calls;
pub use config::{BreakKind, Config, DefaultStartup, Startup};
pub use error::{AllocError, Corruption};
pub use family::Family;
pub use functions::{
    aligned_alloc, calloc, free, free_aligned_sized, free_sized, malloc, realloc, scavenge, trim,
    usable_size,
};
pub use heapwright_block::fit::AnyFit;
pub use malloc::Malloc;
pub use out_of_memory::out_of_memory;
pub use process_malloc::ProcessMalloc;
pub use stats::{Fragmentation, Stats, stats, try_stats};
pub use walk::{Area, verify, walk};
