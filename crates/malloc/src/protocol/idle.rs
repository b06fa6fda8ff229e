//! The list of idle heaps: last given, first taken, and any one out of its midst.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::Heap;

/// The heaps without an owner, behind the lock.
///
/// # Invariants
///
/// 1. A heap is in the list exactly while its inbox is marked idle.
/// 2. The links of a heap in the list lead to its neighbours; those of others mean nothing.
#[derive(Debug)]
pub(crate) struct IdleHeaps<H> {
    first: *const H,
}

/// The neighbours of a heap in the list.
#[derive(Debug)]
pub(crate) struct IdleLinks<H> {
    next: Cell<*const H>,
    previous: Cell<*const H>,
}

impl<H> IdleLinks<H> {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const NONE: Self =
        Self { next: Cell::new(ptr::null()), previous: Cell::new(ptr::null()) };
}

impl<H> IdleHeaps<H> {
    pub(crate) const NONE: Self = Self { first: ptr::null() };
}

impl<H: Heap> IdleHeaps<H> {
    /// Takes the heap that was given last. It is the caller's from here on.
    pub(crate) fn take(&mut self) -> Option<NonNull<H>> {
        let heap = NonNull::new(self.first.cast_mut())?;
        // SAFETY: a heap in the list, which stays where it is (guarantee 1 of `Heap`).
        self.remove(unsafe { heap.as_ref() });
        Some(heap)
    }

    /// Takes this heap, where it is idle. Returns whether it is the caller's now.
    pub(super) fn take_this(&mut self, heap: &H) -> bool {
        let is_idle = heap.inbox().is_idle();
        if is_idle {
            self.remove(heap);
        }
        is_idle
    }

    /// Makes a heap idle. Where there are messages for it, it stays the caller's instead, and the
    /// answer is false.
    ///
    /// # Safety
    ///
    /// The heap is the caller's, who does not touch it after that, and of this list.
    pub(super) unsafe fn give(&mut self, heap: &H) -> bool {
        let is_given = heap.inbox().set_idle();
        if is_given {
            // INVARIANT: 1 and 2; the mark was set just now.
            heap.idle_links().next.set(self.first);
            heap.idle_links().previous.set(ptr::null());
            if let Some(next) = self.linked(self.first) {
                next.idle_links().previous.set(heap);
            }
            self.first = heap;
        }
        is_given
    }

    fn remove(&mut self, heap: &H) {
        // INVARIANT: 1; it leaves the list at the same time.
        heap.inbox().set_owned();
        let IdleLinks { next, previous } = heap.idle_links();
        let (next, previous) = (next.get(), previous.get());
        if let Some(next) = self.linked(next) {
            next.idle_links().previous.set(previous);
        }
        match self.linked(previous) {
            Some(previous) => previous.idle_links().next.set(next),
            None => self.first = next,
        }
    }

    /// The heap that a link leads to.
    fn linked(&self, link: *const H) -> Option<&H> {
        // SAFETY: null, or a heap in the list (invariant 2), which stays where it is (guarantee 1
        // of `Heap`).
        unsafe { link.as_ref() }
    }
}
