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
//! The bit is held for two steps. Were a thread interrupted there, what others put back would be
//! out of reach until it goes on, and a pool would grow meanwhile. So there are some lists, and a
//! list in which somebody is taking is passed over by those that take and by those that put.

use super::directory::NONE;
use super::sync::{AtomicU32, Ordering};

/// Set while a thread takes the first slot.
const TAKING: u32 = 1 << 31;

/// Lists of free slots. Where nobody is interrupted in a take, all slots are in the first one.
pub(super) struct FreeSlots<const LISTS: usize> {
    pub(super) lists: [SlotList; LISTS],
}

/// A list of slots by their indices, which leave the highest bit free.
///
/// # Invariants
///
/// 1. `head` without the bit, and the links from there on, are the indices of slots that nobody
///    uses, each once; [`NONE`] ends them.
/// 2. While the bit is set, one thread is in `take`, and only that thread removes slots.
pub(super) struct SlotList {
    pub(super) head: AtomicU32,
}

/// What became of an attempt to take a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// A slot, by its index.
    Slot(u32),
    /// There was none.
    Empty,
    /// Another thread is taking one, and there was no other.
    Busy,
}

impl<const LISTS: usize> FreeSlots<LISTS> {
    /// Takes a slot, of a list the one that was put last. Its memory is as that thread left it.
    ///
    /// `link` reads the link of a slot, which nobody else reads or writes meanwhile.
    #[inline]
    pub(super) fn take(&self, link: impl Fn(u32) -> u32) -> Take {
        let mut none = Take::Empty;
        for list in &self.lists {
            match list.take(&link) {
                Take::Empty => {}
                Take::Busy => none = Take::Busy,
                slot => return slot,
            }
        }
        none
    }

    /// Puts a slot back, which the caller does not use any more. Waits for nobody.
    ///
    /// `set_link` writes its link, before anybody else sees the slot.
    #[inline]
    pub(super) fn put(&self, index: u32, set_link: impl Fn(u32)) {
        let is_put = self.lists.iter().any(|list| list.put_unless(TAKING, index, &set_link));
        if !is_put {
            self.lists[0].put_unless(0, index, set_link);
        }
    }
}

impl SlotList {
    /// As [`FreeSlots::take`], of this list.
    #[inline]
    fn take(&self, link: impl Fn(u32) -> u32) -> Take {
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

    /// As [`FreeSlots::put`], in this list; or does nothing and says so, where a bit of `busy` is
    /// set in the head.
    #[inline]
    fn put_unless(&self, busy: u32, index: u32, set_link: impl Fn(u32)) -> bool {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head & busy != 0 {
                return false;
            }
            set_link(head & !TAKING);
            // INVARIANT: 1 holds with the slot; 2 as the bit is as it was.
            match self.head.compare_exchange_weak(
                head,
                index | (head & TAKING),
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => head = now,
            }
        }
    }
}
