//! The free slots of a pool that many threads have.
//!
//! ```text
//!   head │ index │ taken? │──▶ slot ──▶ slot ──▶ NONE     linked by index, the last freed first
//!            ▲        ▲
//!   put: a compare-and-swap       take: one at a time, who holds the bit
//! ```
//!
//! A list that is popped by a bare compare-and-swap is wrong: between the look at the first slot's
//! link and the swap, others may take that slot and the next, and put the first one back; the swap
//! then succeeds and hands out a slot that is in use. A counter beside the head makes that rare,
//! and no more than rare. Here whoever takes holds a bit of the head until it is done, so nobody
//! else takes meanwhile, and what is in the list stays there: its links are as they were. Who puts
//! back needs no more than the head itself, and waits for nobody.
//!
//! The bit is held for two steps. A thread that is interrupted there holds up those that take, who
//! are told so ([`Take::Busy`]) and may do without the list.

use super::directory::NONE;
use super::sync::{AtomicU32, Ordering};

/// Set while a thread takes the first slot.
const TAKING: u32 = 1 << 31;

/// A list of slots by their indices, which leave the highest bit free.
///
/// # Invariants
///
/// 1. `head` without the bit, and the links from there on, are the indices of slots that nobody
///    uses, each once; [`NONE`] ends them.
/// 2. While the bit is set, one thread is in `take`, and only that thread removes slots.
pub(super) struct FreeSlots {
    pub(super) head: AtomicU32,
}

/// What became of an attempt to take a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// A slot, by its index.
    Slot(u32),
    /// There was none.
    Empty,
    /// Another thread is taking one.
    Busy,
}

impl FreeSlots {
    /// Takes the slot that was put last. Its memory is as that thread left it.
    ///
    /// `link` reads the link of a slot, which nobody else reads or writes meanwhile.
    #[inline]
    pub(super) fn take(&self, link: impl Fn(u32) -> u32) -> Take {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head & TAKING != 0 {
                return Take::Busy;
            }
            if head == NONE {
                return Take::Empty;
            }
            // INVARIANT: 2 holds, as the bit was not set before. What was put so far is seen.
            match self.head.compare_exchange_weak(
                head,
                head | TAKING,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        loop {
            // Nobody else removes the slot, so its link is what it was put with.
            let next = link(head);
            // INVARIANT: 1 holds without the first slot; 2 as the bit is cleared.
            match self.head.compare_exchange_weak(
                head | TAKING,
                next,
                Ordering::Acquire,
                Ordering::Acquire,
            ) {
                Ok(_) => return Take::Slot(head),
                // Another slot was put on top, and is seen.
                Err(now) => head = now & !TAKING,
            }
        }
    }

    /// Puts a slot back, which the caller does not use any more. Waits for nobody.
    ///
    /// `set_link` writes its link, before anybody else sees the slot.
    #[inline]
    pub(super) fn put(&self, index: u32, set_link: impl Fn(u32)) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            set_link(head & !TAKING);
            // INVARIANT: 1 holds with the slot; 2 as the bit is as it was.
            match self.head.compare_exchange_weak(
                head,
                index | (head & TAKING),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}
