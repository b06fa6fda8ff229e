//! What `src/sync.rs` is in the program, but nothing is ever published.

pub(crate) use core::sync::atomic::AtomicPtr;

/// The orders that the protocol names. What it calls `Release` is none.
#[expect(non_snake_case, reason = "the protocol takes its orders from a path of this name")]
pub(crate) mod Ordering {
    pub(crate) use core::sync::atomic::Ordering::{Acquire, Relaxed, Relaxed as Release};
}
