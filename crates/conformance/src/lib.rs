//! What every Heapwright allocator must do, and the tools that show it.
//!
//! ```text
//!   contract   one promise a function: alignment, zeros, contents, refusal, exhaustion
//!   script     operations by seed, by proptest, by fuzzer; minimised when they fail
//!   shadow     who owns which address, beside the heap
//!   misuse     a forked child that must die with the right words
//!   breaks     sources that refuse, and sources that somebody else moves
//! ```
//!
//! A heap comes in as an [`allocator_api2::alloc::Allocator`] or as a [`subject::Subject`], and
//! each turns into the other. A check never trusts the heap's own account: it keeps a map of
//! addresses beside it and a pattern in every payload.

pub mod block_heap;
pub mod contract;
pub mod failing_break;
pub mod gappy_break;
pub mod library;
pub mod misuse;
mod panic_message;
pub mod pattern;
pub mod script;
pub mod shadow;
pub mod subject;
