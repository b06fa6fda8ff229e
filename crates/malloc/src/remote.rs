//! The heap of a thread in the protocol between threads: slots for messages, and one list for all.
//!
//! What threads do with each other's heaps is in `protocol`. Here is what that works on: the words
//! of slots are where the slots are, the tables tell whose a slab is, and the idle heaps are in
//! the pool behind the lock of the process's heap.

use core::ptr::{self, NonNull};

use crate::process_heap::with_started_heap;
use crate::protocol::{self, Batch, Heap, Home, IdleHeaps, IdleLinks, Inbox, Words};
use crate::slab::Slab;
use crate::slice::Slice;
use crate::sync::AtomicPtr;
use crate::thread_heap::ThreadHeap;

/// What the thread of a heap freed of others, and did not send yet.
pub(crate) type Outgoing = protocol::Outgoing<ThreadHeap>;

impl Inbox {
    /// The inbox of a heap that has an owner.
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const EMPTY: Self = Self { head: AtomicPtr::new(ptr::null_mut()) };
}

// SAFETY: the words of a slot are two of the user's, of whom it was taken back.
unsafe impl Words for ThreadHeap {
    #[inline]
    unsafe fn next(&self, slot: NonNull<u8>) -> *mut u8 {
        // SAFETY: the caller's condition; a slot is aligned to its two words.
        unsafe { slot.cast::<*mut u8>().read() }
    }

    #[inline]
    unsafe fn set_next(&self, slot: NonNull<u8>, next: *mut u8) {
        // SAFETY: the caller's condition; a slot is aligned to its two words.
        unsafe { slot.cast::<*mut u8>().write(next) };
    }

    #[inline]
    unsafe fn note(&self, slot: NonNull<u8>) -> usize {
        // SAFETY: a slot has two words at least.
        let place = unsafe { slot.cast::<usize>().add(1) };
        // SAFETY: the caller's condition.
        unsafe { place.read() }
    }

    #[inline]
    unsafe fn set_note(&self, slot: NonNull<u8>, note: usize) {
        // SAFETY: a slot has two words at least.
        let place = unsafe { slot.cast::<usize>().add(1) };
        // SAFETY: the caller's condition.
        unsafe { place.write(note) };
    }
}

// SAFETY: heaps are never unmapped; the one list is behind the lock of the process's heap; a slab
// keeps its owner until all of its slots are in its free list.
unsafe impl Heap for ThreadHeap {
    #[inline]
    fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    #[inline]
    fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    #[inline]
    fn idle_links(&self) -> &IdleLinks<Self> {
        &self.idle_links
    }

    #[inline]
    fn home_of(&self, slab: u32) -> Option<Home<Self>> {
        let tables = self.tables.get();
        // SAFETY: a slab of some heap begins there, so both tables have an entry for it.
        let first = unsafe { Slice::new(slab) };
        Some(Home {
            heap: tables.owner(first).get().heap(),
            start: tables.address(first).addr().get(),
            slot_bytes: Slab::at(tables, first)?.class.slot_bytes(),
        })
    }

    #[inline]
    unsafe fn take_batch(&self, batch: Batch) {
        let Some(slab) = self.slab_of(batch.last) else { return };
        let first = slab.slot_at(batch.offset);
        // SAFETY: a chain of live slots of this slab, freed by their users and sent to this heap.
        if unsafe { slab.give(first, batch.last, batch.count) } {
            self.slab_event(slab.first);
        }
    }

    fn settle(&self) {
        self.empty_bins();
    }

    #[inline]
    fn with_idle<R>(&self, work: impl FnOnce(&mut IdleHeaps<Self>) -> R) -> Option<R> {
        with_started_heap(|process| work(process.pool.idle()))
    }
}

impl ThreadHeap {
    /// Takes a slot of another heap's slab, which begins at `slab`.
    ///
    /// `false` where it is the one that was taken last: its user gave it back twice.
    #[inline]
    #[must_use]
    pub(crate) fn free_remote(&self, slab: Slice, slot: NonNull<u8>) -> bool {
        // SAFETY: its user gave the slot back by the call that led here.
        unsafe { self.outgoing.add(self, slab.number(), slot) }
    }

    /// Takes back what others freed of this heap. Returns whether that was anything.
    #[inline(never)]
    pub(crate) fn collect(&self) -> bool {
        self.release_emptied();
        protocol::collect(self)
    }

    /// The slab that an address of this heap lies in.
    pub(crate) fn slab_of(&self, slot: NonNull<u8>) -> Option<Slab> {
        let tables = self.tables.get();
        #[expect(clippy::cast_possible_truncation, reason = "slices have numbers of 32 bits")]
        let number = tables.number(slot.as_ptr()) as u32;
        // SAFETY: the slot is one of this heap's slabs, so its slice has entries.
        let slice = unsafe { Slice::new(number) };
        // SAFETY: the distance of a slice to the first of its slab.
        Slab::at(tables, unsafe { slice.sub(tables.owner(slice).get().distance()) })
    }
}
