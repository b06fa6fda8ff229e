//! The part of a chunk that is not handed out yet, from which blocks are cut downwards.
//!
//! ```text
//!   start          next           end
//!   ├─ not handed out ─┼─ blocks ──┤
//! ```
//!
//! Downwards, because an address is then aligned by one mask, and because objects that are created
//! in a row lie newest first, the order in which they are destroyed.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;

/// One chunk's memory.
///
/// # Invariants
///
/// 1. `start` ≤ `next`, both inside of one allocation or at its end; what is between was not
///    handed out.
#[derive(Debug)]
pub(super) struct Window {
    start: Cell<NonNull<u8>>,
    next: Cell<NonNull<u8>>,
}

impl Window {
    /// No memory.
    pub(super) const fn empty() -> Self {
        Self { start: Cell::new(NonNull::dangling()), next: Cell::new(NonNull::dangling()) }
    }

    /// Cuts from `memory` from now on.
    pub(super) fn open(&self, memory: NonNull<[u8]>) {
        let start = memory.cast::<u8>();
        self.start.set(start);
        // INVARIANT: 1. SAFETY: one past the end of the memory.
        self.next.set(unsafe { start.add(memory.len()) });
    }

    /// The bytes that are left.
    pub(super) fn len(&self) -> usize {
        self.next.get().addr().get().saturating_sub(self.start.get().addr().get())
    }

    /// A block, where there is room for it.
    #[inline]
    pub(super) fn cut(&self, layout: Layout) -> Option<NonNull<u8>> {
        let next = self.next.get();
        let address = next.addr().get().checked_sub(layout.size())? & !(layout.align() - 1);
        if address < self.start.get().addr().get() {
            return None;
        }
        // SAFETY: at or above the start, so inside of the memory, and not past what is left.
        let block = unsafe { next.sub(next.addr().get() - address) };
        // INVARIANT: 1.
        self.next.set(block);
        Some(block)
    }

    /// Takes a block back, where it is the one cut last.
    #[inline]
    pub(super) fn uncut(&self, block: NonNull<u8>, layout: Layout) {
        if block == self.next.get() {
            // INVARIANT: 1. SAFETY: the end of a block that was cut here.
            self.next.set(unsafe { block.add(layout.size()) });
        }
    }
}
