//! The slots of a pool that has one owner, with the last chunk at hand.
//!
//! ```text
//!   find    one chunk? ── yes ──▶ index < end? ──▶ origin + index      two words of the pool
//!                      └─ no ───▶ directory.find
//!   fresh   end < limit? ───────▶ origin + end
//! ```
//!
//! A pool whose capacity was given has one chunk, and its look-up is that of a vector then. Which
//! of the two it is does not depend on the index: in a loop over keys the question is asked once.

use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;
use heapwright_new::BadAlloc;

use super::super::chunks::Chunks;
use super::super::directory::{Slots, object_at};
use super::super::slot::SlotRef;
use super::Key;

/// The slots of one pool.
///
/// # Invariants
///
/// 1. The slots below the end of their chunk have headers.
/// 2. `origin`, `end` and `limit` are those of the last chunk of which slots were taken or will be;
///    before there is one, `end` and `limit` are 0. Below the limit, it is the current one.
/// 3. Where `has_several` is not set, that is the first chunk.
pub(super) struct Storage<T, A: Allocator> {
    /// Without its type, as the other origins: a `T` has no say in what a pool may do.
    origin: *mut u8,
    end: u32,
    limit: u32,
    has_several: bool,
    chunks: Chunks<T, A>,
}

// SAFETY: `origin` leads into the chunks and is used as they are, with which it goes.
unsafe impl<T, A: Allocator> Send for Storage<T, A> where Chunks<T, A>: Send {}
// SAFETY: as above; what is shared changes nothing.
unsafe impl<T, A: Allocator> Sync for Storage<T, A> where Chunks<T, A>: Sync {}

impl<T, A: Allocator> Storage<T, A> {
    pub(super) const fn new(allocator: A) -> Self {
        // INVARIANT: 1 to 3 hold of none.
        Self {
            origin: ptr::null_mut(),
            end: 0,
            limit: 0,
            has_several: false,
            chunks: Chunks::new(allocator),
        }
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
        let slot = if self.has_several {
            // SAFETY: a key has an index that may be (its invariant 2); slots that were used have
            // headers (invariant 1); nobody changes them while the pool is borrowed.
            unsafe { self.chunks.directory.find(key.index()) }?
        } else {
            if key.index() >= self.end {
                return None;
            }
            // SAFETY: below the end of the only chunk.
            unsafe { self.at_hand(key.index()) }
        };
        // A key's generation is odd, so an equal one says that an object lives here.
        (slot.generation() == key.generation()).then_some(slot)
    }

    /// Where the object in a slot of the last chunk is, or will be.
    ///
    /// # Safety
    ///
    /// The index is one of that chunk, below its limit.
    #[inline]
    unsafe fn object(&self, index: u32) -> NonNull<T> {
        // SAFETY: there is memory for the slot (the caller's condition), and that is the chunk's
        // origin (invariant 2).
        unsafe { object_at(self.origin, index) }
    }

    /// A slot of the only chunk.
    ///
    /// # Safety
    ///
    /// There are not several, and the index is below the end.
    #[inline]
    unsafe fn at_hand(&self, index: u32) -> SlotRef<'_, T> {
        // SAFETY: of that chunk (the caller's condition, and invariants 2 and 3).
        let object = unsafe { self.object(index) };
        // SAFETY: it has a header (invariant 1), which nobody else writes while the pool is
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
        if self.has_several {
            // SAFETY: it has a header (invariant 1), and nobody changes it while the pool is
            // borrowed.
            unsafe { self.chunks.directory.slot(index) }
        } else {
            // SAFETY: used before, and so below the end.
            unsafe { self.at_hand(index) }
        }
    }

    /// The index of a slot that was never used, and where its object will be. It stays unused until
    /// it is [occupied](Self::occupy_fresh). `None` where none is [at hand](Self::find_fresh).
    #[inline]
    pub(super) fn fresh(&self) -> Option<(u32, NonNull<T>)> {
        if self.end >= self.limit {
            return None;
        }
        // SAFETY: below the limit, and not below the first index of a chunk (invariant 2).
        Some((self.end, unsafe { self.object(self.end) }))
    }

    /// Sees to it that [`fresh`](Self::fresh) has a slot, where it has none.
    ///
    /// `then` is told how many slots there is memory for, and may refuse.
    #[cold]
    pub(super) fn find_fresh(
        &mut self,
        then: impl FnOnce(usize, &A) -> Result<(), BadAlloc>,
    ) -> Result<(), BadAlloc> {
        let fresh = self.chunks.next_fresh()?;
        then(self.capacity(), self.allocator())?;
        // INVARIANT: 2 and 3 hold of the current chunk.
        self.origin = self.chunks.directory.current_origin();
        (self.end, self.limit) = (fresh.start, fresh.end);
        self.has_several = self.chunks.directory.current > 0;
        Ok(())
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
        // SAFETY: not taken (the caller's condition), with a header, and of the current chunk as it
        // is below the limit (invariant 2).
        unsafe { self.chunks.take_fresh(index) };
        // INVARIANT: 2 holds, as that is the end of the chunk now.
        self.end = index + 1;
    }

    /// All slots that were used so far.
    #[inline]
    pub(super) fn used(&self) -> Slots<'_, T> {
        // SAFETY: they have headers (invariant 1); slots are taken by nobody while the pool is
        // borrowed.
        unsafe { self.chunks.directory.slots() }
    }
}
