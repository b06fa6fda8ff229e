//! The memory of a pool: chunks from an allocator, given back all together and not before.

use core::mem::{self, MaybeUninit};
use core::ops::Range;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;
use heapwright_new::{BadAlloc, OwnedArray};

use super::directory::{CHUNKS, Directory, first_index};
use super::shared_chunks::SharedChunks;
use super::slot::Slot;

/// A directory and the memory that it leads to, for who has both alone.
///
/// Whoever shares them has [`SharedChunks`] of them, which know how they grow.
///
/// # Invariants
///
/// 1. Each chunk that has memory has a block of `allocator`, for the slots from its first index to
///    its limit.
pub(super) struct Chunks<T, A: Allocator> {
    pub(super) directory: Directory<T>,
    pub(super) allocator: A,
}

impl<T, A: Allocator> Chunks<T, A> {
    pub(super) const fn new(allocator: A) -> Self {
        // INVARIANT: 1 holds of none.
        Self { directory: Directory::new(), allocator }
    }

    pub(super) const fn allocator(&self) -> &A {
        &self.allocator
    }

    /// Sees to it that there is memory for so many slots.
    ///
    /// What is missing is one chunk, unless it is more than a chunk holds. Where there is no memory
    /// for all of it, all is as before.
    pub(super) fn reserve(&mut self, slots: usize) -> Result<(), BadAlloc> {
        self.reserve_with(slots, |_, _| Ok(()))
    }

    /// As [`reserve`](Self::reserve), and `then` is told how many slots there are, and may refuse.
    pub(super) fn reserve_with(
        &mut self,
        slots: usize,
        then: impl FnOnce(usize, &A) -> Result<(), BadAlloc>,
    ) -> Result<(), BadAlloc> {
        let chunks = self.chunks_with_memory();
        let reserved = SharedChunks::of(self)
            .reserve_from(chunks, slots)
            .and_then(|()| then(self.directory.capacity(), &self.allocator));
        if reserved.is_err() {
            // No slot of these was taken: chunks are used in their order.
            for number in chunks..self.chunks_with_memory() {
                self.give_back(number);
            }
        }
        reserved
    }

    /// How many chunks have memory: the first ones.
    fn chunks_with_memory(&self) -> usize {
        self.directory.limits.iter().take_while(|limit| **limit != 0).count()
    }

    /// Gives the memory of a chunk back, in which nobody uses a slot any more.
    fn give_back(&mut self, number: usize) {
        let origin = mem::replace(&mut self.directory.origins[number], ptr::null_mut());
        let Some(origin) = NonNull::new(origin) else { return };
        let first = first_index(number);
        // INVARIANT: 1 holds without this chunk.
        let len = mem::take(&mut self.directory.limits[number]) - first;
        let origin_of_slots = origin.as_ptr().wrapping_sub(Slot::<T>::OBJECT_OFFSET);
        let start = origin_of_slots.cast::<MaybeUninit<Slot<T>>>();
        // SAFETY: where the block begins (invariant 1), which is not at address 0.
        let start = unsafe { NonNull::new_unchecked(start.wrapping_add(first as usize)) };
        // SAFETY: a block of this allocator for so many slots (invariant 1), which nobody
        // uses any more.
        drop(unsafe { OwnedArray::from_raw_parts(start, len as usize, &self.allocator) });
    }

    /// The indices of the slots that are taken next, one at least. They have no headers, and stay
    /// unused until they are [taken](Self::take_fresh).
    pub(super) fn next_fresh(&mut self) -> Result<Range<u32>, BadAlloc> {
        loop {
            let current = self.directory.current as usize;
            let index = self.directory.ends[current % CHUNKS];
            let limit = self.directory.limits[current % CHUNKS];
            if index < limit {
                return Ok(index..limit);
            }
            SharedChunks::of(self).next_chunk(current, limit)?;
        }
    }

    /// Takes the first one of the slots that [`next_fresh`](Self::next_fresh) returned.
    ///
    /// # Safety
    ///
    /// It was not taken, and has a header by now.
    #[inline]
    pub(super) unsafe fn take_fresh(&mut self, index: u32) {
        let current = self.directory.current as usize;
        // INVARIANT: 2 of the directory holds, as the index is below the limit.
        self.directory.ends[current % CHUNKS] = index + 1;
    }
}

impl<T, A: Allocator> Drop for Chunks<T, A> {
    fn drop(&mut self) {
        for number in 0..self.chunks_with_memory() {
            self.give_back(number);
        }
    }
}
