//! The memory of a pool: chunks from an allocator, given back all together and not before.

use core::mem::{self, MaybeUninit};
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use allocator_api2::alloc::Allocator;
use heapwright_new::{BadAlloc, OwnedArray};

use super::directory::{CHUNKS, Directory, SLOTS_MAX, first_index};
use super::slot::{Slot, SlotRef};

/// How large the first chunk is at most, if it can be, in bytes.
const FIRST_CHUNK_BYTES: usize = 1024;

/// A directory and the memory that it leads to.
///
/// # Invariants
///
/// 1. Each chunk that has memory has a block of `allocator`, for the slots from its first index to
///    its limit.
pub(super) struct Chunks<T, A: Allocator> {
    pub(super) directory: Directory<T>,
    allocator: A,
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
        let chunks = self.chunks_with_memory();
        let reserved = self.reserve_from(chunks, slots);
        if reserved.is_err() {
            // No slot of these was taken: chunks are used in their order.
            for number in chunks..self.chunks_with_memory() {
                self.give_back(number);
            }
        }
        reserved
    }

    fn reserve_from(&self, mut chunk: usize, slots: usize) -> Result<(), BadAlloc> {
        if slots > CHUNKS * SLOTS_MAX as usize {
            return Err(out_of_slots::<T>(slots));
        }
        let mut capacity = self.directory.capacity();
        while capacity < slots {
            if chunk == CHUNKS {
                return Err(out_of_slots::<T>(slots));
            }
            let missing = u32::try_from(slots - capacity).unwrap_or(u32::MAX);
            let len = missing.max(usual_len::<T>(capacity)).min(SLOTS_MAX);
            self.grow(chunk, len)?;
            capacity += len as usize;
            chunk += 1;
        }
        Ok(())
    }

    /// How many chunks have memory: the first ones.
    fn chunks_with_memory(&self) -> usize {
        (0..CHUNKS).take_while(|number| self.directory.has_memory(*number)).count()
    }

    /// Gives the memory of a chunk back, in which nobody uses a slot any more.
    fn give_back(&mut self, number: usize) {
        let origin = self.directory.origins[number].get_mut();
        let Some(origin) = NonNull::new(mem::replace(origin, ptr::null_mut())) else { return };
        let first = first_index(number);
        // INVARIANT: 1 holds without this chunk.
        let len = mem::take(self.directory.limits[number].get_mut()) - first;
        let origin_of_slots = origin.as_ptr().wrapping_sub(Slot::<T>::OBJECT_OFFSET);
        let start = origin_of_slots.cast::<MaybeUninit<Slot<T>>>();
        // SAFETY: where the block begins (invariant 1), which is not at address 0.
        let start = unsafe { NonNull::new_unchecked(start.wrapping_add(first as usize)) };
        // SAFETY: a block of this allocator for so many slots (invariant 1), which nobody
        // uses any more.
        drop(unsafe { OwnedArray::from_raw_parts(start, len as usize, &self.allocator) });
    }

    /// The index of a slot that was never used, and where its object will be, for a pool that one
    /// thread has. There is no header, and the slot stays unused until it is
    /// [taken](Self::take_fresh).
    #[inline]
    pub(super) fn next_fresh(&self) -> Result<(u32, NonNull<T>), BadAlloc> {
        loop {
            let current = self.directory.current.load(Relaxed) as usize;
            let index = self.directory.ends[current % CHUNKS].load(Relaxed);
            let limit = self.directory.limits[current % CHUNKS].load(Relaxed);
            if index < limit {
                // SAFETY: below the limit of its chunk, and not below its first index (invariant 3
                // of the directory).
                return Ok((index, unsafe { self.directory.place(index) }));
            }
            self.next_chunk(current, limit)?;
        }
    }

    /// Takes the slot that [`next_fresh`](Self::next_fresh) returned.
    ///
    /// # Safety
    ///
    /// - It was not taken, and no other thread takes any.
    /// - It has a header by now.
    #[inline]
    pub(super) unsafe fn take_fresh(&self, index: u32) {
        let current = self.directory.current.load(Relaxed) as usize;
        // INVARIANT: 2 of the directory holds, as the index is below the limit.
        self.directory.ends[current % CHUNKS].store(index + 1, Relaxed);
    }

    /// A slot that was never used, and its index, for a pool that one thread has.
    ///
    /// # Safety
    ///
    /// No other thread calls this at the same time.
    #[inline]
    pub(super) unsafe fn fresh(&self) -> Result<(u32, SlotRef<'_, T>), BadAlloc> {
        let (index, object) = self.next_fresh()?;
        // SAFETY: nobody else was given this index (the caller's condition).
        let slot = unsafe { SlotRef::write(object, 0) };
        // SAFETY: from above, and with a header.
        unsafe { self.take_fresh(index) };
        Ok((index, slot))
    }

    /// A slot that was never used, and its index, for a pool that many threads have.
    #[inline]
    pub(super) fn fresh_shared(&self) -> Result<(u32, SlotRef<'_, T>), BadAlloc> {
        loop {
            let current = self.directory.current.load(Acquire) as usize;
            let limit = self.directory.limits[current % CHUNKS].load(Acquire);
            let end = &self.directory.ends[current % CHUNKS];
            let index = end.load(Relaxed);
            if index >= limit {
                self.next_chunk(current, limit)?;
                continue;
            }
            // INVARIANT: 2 of the directory holds, as the index is below the limit.
            if end.compare_exchange_weak(index, index + 1, Relaxed, Relaxed).is_ok() {
                // SAFETY: below the limit of its chunk, and not below its first index (invariant 3
                // of the directory).
                let object = unsafe { self.directory.place(index) };
                // SAFETY: who sets the end above an index is the only one that has it.
                return Ok((index, unsafe { SlotRef::write(object, 0) }));
            }
        }
    }

    /// Goes from the chunk `current` to the next one. `limit` is what the caller saw of `current`,
    /// and no slot below it was left.
    #[cold]
    fn next_chunk(&self, current: usize, limit: u32) -> Result<(), BadAlloc> {
        // The very first one had no slot because it had no memory yet. Looked at again, it may have
        // some by now, of which nobody took a slot: it must not be passed over.
        let next = current + usize::from(limit != 0);
        if next == CHUNKS {
            return Err(out_of_slots::<T>(self.directory.capacity()));
        }
        if !self.directory.has_memory(next) {
            // The chunks before it do not change any more, so all threads find the same.
            self.grow(next, usual_len::<T>(self.directory.capacity_before(next)))?;
        }
        // INVARIANT: 3 of the directory. Where this fails, another thread did it before.
        let end = &self.directory.ends[next];
        let _ = end.compare_exchange(0, first_index(next), Relaxed, Relaxed);
        let [current, next] = [current, next].map(|number| u32::try_from(number).unwrap_or(0));
        // Where this fails, another thread was here before.
        let _ = self.directory.current.compare_exchange(current, next, AcqRel, Relaxed);
        Ok(())
    }

    /// Sees to it that a chunk has memory for so many slots.
    ///
    /// Threads that do it at the same time agree on `len`. Each gets a block, and all but one give
    /// it back.
    fn grow(&self, number: usize, len: u32) -> Result<(), BadAlloc> {
        let first = first_index(number);
        let origin = &self.directory.origins[number];
        let block = OwnedArray::<Slot<T>, &A>::try_new_uninit_in(len as usize, &self.allocator);
        let (start, slots, allocator) = match block {
            Ok(block) => OwnedArray::into_raw_parts(block),
            // Another thread was served.
            Err(_) if self.directory.has_memory(number) => return Ok(()),
            Err(refused) => return Err(refused),
        };
        let origin_of_slots = start.as_ptr().wrapping_sub(first as usize).cast::<u8>();
        let ours = origin_of_slots.wrapping_add(Slot::<T>::OBJECT_OFFSET);
        // INVARIANT: 1 holds here and of the directory, as the block is for `len` slots.
        if origin.compare_exchange(ptr::null_mut(), ours, AcqRel, Acquire).is_err() {
            // SAFETY: the block from above, which nobody was told of.
            drop(unsafe { OwnedArray::from_raw_parts(start, slots, allocator) });
        }
        self.directory.limits[number].store(first + len, Release);
        Ok(())
    }
}

/// How many slots a chunk has where nobody asks for more: as many as there are so far, and at first
/// as many as are not too many bytes, but one at least.
fn usual_len<T>(capacity: usize) -> u32 {
    let first = (FIRST_CHUNK_BYTES / size_of::<Slot<T>>()).max(1);
    u32::try_from(capacity.max(first)).unwrap_or(SLOTS_MAX).min(SLOTS_MAX)
}

/// All indices are in use, or would be.
#[cold]
fn out_of_slots<T>(slots: usize) -> BadAlloc {
    BadAlloc::BadArrayNewLength { len: slots, element_bytes: size_of::<Slot<T>>() }
}

impl<T, A: Allocator> Drop for Chunks<T, A> {
    fn drop(&mut self) {
        for number in 0..self.chunks_with_memory() {
            self.give_back(number);
        }
    }
}
