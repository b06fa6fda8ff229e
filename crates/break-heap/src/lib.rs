//! The raw break heap: where memory comes from, as one span with a movable end.
//!
//! The oldest way of an operating system to give memory to a process is one movable limit, the
//! *program break*: what lies below belongs to the process, what lies above to nobody. This
//! crate is that limit as a trait, [`Break`], and four things that keep its contract:
//!
//! ```text
//!                start                     break                     start + capacity
//!                ├─ memory of the heap ─────┤ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ ┤
//!                                    shrink ◀ ▶ grow
//!
//!   ProgramBreak   the process's own, moved by sbrk; others move it too, and gaps appear
//!   ReservedBreak  address space reserved once; many side by side
//!   FixedBreak     a buffer of the caller, or a StaticBuffer; no system needed
//!   ProcessBreak   one of the first two, chosen at run time
//! ```
//!
//! Memory from a break is zeroed, also after it was given back by [`Break::shrink`] or
//! [`Break::discard`] and taken again. No method allocates, panics or changes `errno`. Nothing
//! here divides memory into blocks: that is the next layer, `heapwright-block`.
//!
//! # Example
//!
//! ```
//! use heapwright_break::{Break, BreakError, FixedBreak, StaticBuffer};
//!
//! static BUFFER: StaticBuffer<4096> = StaticBuffer::new();
//!
//! let mut source = FixedBreak::from_static(&BUFFER);
//! let growth = source.grow(1000)?;
//! assert_eq!((growth.gap_bytes, growth.memory.len()), (0, 1008)); // whole steps of 16 bytes
//!
//! let first = growth.memory.cast::<u8>();
//! // The growth is ours alone, and zeroed.
//! assert_eq!(unsafe { first.read() }, 0);
//! unsafe { first.write(7) };
//!
//! assert_eq!(source.grow(4096), Err(BreakError::Exhausted { needed: 4096 }));
//! // Nothing refers to the memory any more, as `shrink` demands.
//! unsafe { source.shrink(1008) }?;
//! assert!(source.is_empty());
//! # Ok::<(), BreakError>(())
//! ```
//!
//! # Features
//!
//! - `libc` (default): the breaks of a Linux process. Without it `FixedBreak` remains, on any
//!   platform.
//! - `dlmalloc`, `rlsf`, `talc`: newtypes that let those crates' heaps stand on a break
//!   (`AsDlmallocAllocator`, `AsFlexSource`, `AsTalcSource`).
//!
//! # Reading order
//!
//! `break_heap.rs` (the contract), `error.rs`, `fixed_break.rs` (the contract kept in the
//! simplest way) with `claim.rs` and `align.rs`, `reserved_break.rs`, `program_break.rs` (the
//! real one), `sys/linux.rs` (the calls), `process_break.rs`, `adapters/`.

#![no_std]

#[cfg(any(feature = "dlmalloc", feature = "rlsf", feature = "talc"))]
mod adapters;
mod align;
mod break_heap;
mod claim;
mod error;
mod fixed_break;
#[cfg(feature = "libc")]
mod process_break;
#[cfg(feature = "libc")]
mod program_break;
#[cfg(feature = "libc")]
mod reserved_break;
#[cfg(feature = "libc")]
mod sys;

#[cfg(feature = "dlmalloc")]
pub use adapters::AsDlmallocAllocator;
#[cfg(feature = "rlsf")]
pub use adapters::AsFlexSource;
#[cfg(feature = "talc")]
pub use adapters::AsTalcSource;
pub use break_heap::{Break, Growth};
pub use error::BreakError;
pub use fixed_break::{FixedBreak, StaticBuffer};
#[cfg(feature = "libc")]
pub use process_break::ProcessBreak;
#[cfg(feature = "libc")]
pub use program_break::ProgramBreak;
#[cfg(feature = "libc")]
pub use reserved_break::ReservedBreak;
