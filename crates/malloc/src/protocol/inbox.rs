//! The one word of a heap that every thread may write: its messages, and whether it is idle.
//!
//! ```text
//!   owned   ─▶ null          owned, with messages   ─▶ message ─▶ message ─▶ null
//!   idle    ─▶ null + 1      idle, with messages    ─▶ message + 1 ─▶ ...
//! ```
//!
//! Anybody pushes a chain of messages, and the owner takes all at once (R. K. Treiber, 1986). With
//! one exchange for the taker there is no element to be taken twice, so no ABA problem.

use core::ptr::{self, NonNull};

use super::Words;
use crate::sync::AtomicPtr;
use crate::sync::Ordering::{Acquire, Relaxed, Release};

/// The bit of the word that says that the heap is idle. Slots are aligned to more.
const IDLE: usize = 1;

/// What other threads freed of one heap, and whether the heap has an owner.
///
/// # Invariants
///
/// 1. The mark is changed under the lock only.
/// 2. The messages lead to each other by their first words, to null.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Inbox {
    pub(crate) head: AtomicPtr<u8>,
}

impl Inbox {
    /// Adds a chain of messages. Returns whether the heap is idle, so that nobody would look.
    ///
    /// # Safety
    ///
    /// - The messages lead to each other from `first` to `last`, and are the caller's alone.
    /// - They are messages for this heap.
    pub(crate) unsafe fn push(
        &self,
        words: &impl Words,
        first: NonNull<u8>,
        last: NonNull<u8>,
    ) -> bool {
        let mut head = self.head.load(Relaxed);
        loop {
            // SAFETY: the caller's first condition; INVARIANT: 2.
            unsafe { words.set_next(last, head.map_addr(|address| address & !IDLE)) };
            let pushed = first.as_ptr().map_addr(|address| address | (head.addr() & IDLE));
            match self.head.compare_exchange_weak(head, pushed, Release, Relaxed) {
                Ok(_) => return is_marked(head),
                Err(found) => head = found,
            }
        }
    }

    /// Takes all messages, last added first. Only the owner may: it would take the mark too.
    #[inline]
    pub(crate) fn take(&self) -> *mut u8 {
        if self.head.load(Relaxed).is_null() {
            return ptr::null_mut();
        }
        self.head.swap(ptr::null_mut(), Acquire)
    }

    /// Takes all messages for the owner, who may be taking some at the same time.
    ///
    /// # Safety
    ///
    /// The lock is held, and the heap is not idle: there is no mark that would be taken too.
    pub(crate) unsafe fn take_for_owner(&self) -> *mut u8 {
        self.take()
    }

    /// Whether the heap is idle; only under the lock is that so for longer than this call.
    pub(crate) fn is_idle(&self) -> bool {
        is_marked(self.head.load(Relaxed))
    }

    /// Marks the heap idle, under the lock; not where there are messages, which is told by false.
    pub(super) fn set_idle(&self) -> bool {
        let idle = ptr::without_provenance_mut(IDLE);
        self.head.compare_exchange(ptr::null_mut(), idle, Relaxed, Relaxed).is_ok()
    }

    /// Takes the mark away, under the lock.
    pub(super) fn set_owned(&self) {
        let mut head = self.head.load(Relaxed);
        loop {
            let owned = head.map_addr(|address| address & !IDLE);
            match self.head.compare_exchange_weak(head, owned, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }
}

fn is_marked(head: *mut u8) -> bool {
    head.addr() & IDLE != 0
}
