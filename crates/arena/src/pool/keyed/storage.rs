//! The slots of a pool that has one owner, at hand where they are in one chunk.
//!
//! ```text
//!   find    one chunk? ── yes ──▶ index < end? ──▶ origin + index      two words of the pool
//!                      └─ no ───▶ directory.find
//! ```
//!
//! A pool whose capacity was given has one chunk, and its look-up is that of a vector then. Which
//! of the two it is does not depend on the index: in a loop over keys the question is asked once.

use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use heapwright_new::BadAlloc;

use super::super::chunks::Chunks;
use super::super::directory::Slots;
use super::super::slot::{Slot, SlotRef};
use super::Key;

/// The slots of one pool.
///
/// # Invariants
///
/// 1. The slots below the end of their chunk have headers.
/// 2. `end` is 0 if slots of several chunks were used. Otherwise all that were used are those of
///    the indices below it, and the object in that of index 0 is at `origin`.
pub(super) struct Storage<T, A: Allocator> {
    /// Without its type, as the other origins: a `T` has no say in what a pool may do.
    origin: NonNull<u8>,
    end: u32,
    chunks: Chunks<T, A>,
}

// SAFETY: `origin` leads into the chunks and is used as they are, with which it goes.
unsafe impl<T, A: Allocator> Send for Storage<T, A> where Chunks<T, A>: Send {}
// SAFETY: as above; what is shared changes nothing.
unsafe impl<T, A: Allocator> Sync for Storage<T, A> where Chunks<T, A>: Sync {}

impl<T, A: Allocator> Storage<T, A> {
    pub(super) const fn new(allocator: A) -> Self {
        // INVARIANT: 1 and 2 hold of none.
        Self { origin: NonNull::dangling(), end: 0, chunks: Chunks::new(allocator) }
    }

    pub(super) const fn allocator(&self) -> &A {
        self.chunks.allocator()
    }

    /// See [`Chunks::reserve_with`].
    pub(super) fn reserve_with(
        &mut self,
        slots: usize,
        then: impl FnOnce(usize, &A) -> Result<(), BadAlloc>,
    ) -> Result<(), BadAlloc> {
        self.chunks.reserve_with(slots, then)
    }

    /// How many slots there is memory for.
    pub(super) fn capacity(&self) -> usize {
        self.chunks.directory.capacity()
    }

    /// The slot in which the key's object lives.
    #[inline]
    pub(super) fn find(&self, key: Key<T>) -> Option<SlotRef<'_, T>> {
        let slot = if self.end > 0 {
            if key.index() >= self.end {
                return None;
            }
            // SAFETY: below the end.
            unsafe { self.at_hand(key.index()) }
        } else {
            // SAFETY: a key has an index that may be (its invariant 2); slots that were used have
            // headers (invariant 1); nobody changes them while the pool is borrowed.
            unsafe { self.chunks.directory.find(key.index()) }?
        };
        // A key's generation is odd, so an equal one says that an object lives here.
        (slot.generation() == key.generation()).then_some(slot)
    }

    /// A slot of the only chunk.
    ///
    /// # Safety
    ///
    /// The index is below `end`.
    #[inline]
    unsafe fn at_hand(&self, index: u32) -> SlotRef<'_, T> {
        // SAFETY: inside of the chunk (the caller's condition, and invariant 2).
        let object = unsafe { self.origin.cast::<Slot<T>>().add(index as usize) }.cast();
        // SAFETY: it has a header (invariants 1 and 2), which nobody else writes while the pool is
        // borrowed, in memory that stays as long.
        unsafe { SlotRef::new(object) }
    }

    /// The slot of this index.
    ///
    /// # Safety
    ///
    /// It was used before.
    #[inline]
    pub(super) unsafe fn slot(&self, index: u32) -> SlotRef<'_, T> {
        if self.end > 0 {
            // SAFETY: used before, and so below the end (invariant 2).
            unsafe { self.at_hand(index) }
        } else {
            // SAFETY: it has a header (invariant 1), and nobody changes it while the pool is
            // borrowed.
            unsafe { self.chunks.directory.slot(index) }
        }
    }

    /// The index of a slot that was never used, and where its object will be. It stays unused until
    /// it is [occupied](Self::occupy_fresh).
    #[inline]
    pub(super) fn fresh(&mut self) -> Result<(u32, NonNull<T>), BadAlloc> {
        self.chunks.next_fresh()
    }

    /// An object lives in the slot that [`fresh`](Self::fresh) returned from now on.
    ///
    /// # Safety
    ///
    /// It was not occupied yet.
    #[inline]
    pub(super) unsafe fn occupy_fresh(&mut self, index: u32, object: NonNull<T>, generation: u32) {
        // SAFETY: nobody else uses the slot, or was told of it.
        unsafe { SlotRef::write(object, generation) };
        // SAFETY: it was not taken (the caller's condition), and the pool is borrowed by this
        // function alone. It has a header.
        unsafe { self.chunks.take_fresh(index) };
        if self.chunks.directory.current == 0 {
            // SAFETY: the first slot of the chunk.
            self.origin = unsafe { object.cast::<Slot<T>>().sub(index as usize) }.cast();
            // INVARIANT: 2 holds, as the slot is the next one of the first chunk.
            self.end = index + 1;
        } else {
            // INVARIANT: 2 holds, as the first chunk is used, too.
            self.end = 0;
        }
    }

    /// All slots that were used so far.
    #[inline]
    pub(super) fn used(&self) -> Slots<'_, T> {
        // SAFETY: they have headers (invariant 1); slots are taken by nobody while the pool is
        // borrowed.
        unsafe { self.chunks.directory.slots() }
    }
}
