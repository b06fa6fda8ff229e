//! What the breaks promise, tried from outside: one module a break, one for what all share.

mod contract;
#[cfg(feature = "libc")]
mod errno;
mod fixed_break;
#[cfg(all(feature = "libc", feature = "dlmalloc", feature = "rlsf", feature = "talc"))]
mod foreign_heaps;
#[cfg(feature = "libc")]
mod fork;
#[cfg(feature = "libc")]
mod limits;
mod model;
#[cfg(feature = "libc")]
mod pages;
#[cfg(feature = "libc")]
mod program_break;
#[cfg(feature = "libc")]
mod program_break_shared;
#[cfg(feature = "libc")]
mod reserved_break;
mod tested;
