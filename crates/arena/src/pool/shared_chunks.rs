//! The memory of a pool that several have, and how it grows.
//!
//! Threads agree on the words of the directory without a lock: who needs a chunk asks for its
//! memory, and where another thread was faster gives the block back.

use core::cell::UnsafeCell;
use core::mem::offset_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use allocator_api2::alloc::Allocator;
use heapwright_new::{BadAlloc, OwnedArray};

use super::chunks::Chunks;
use super::directory::{CHUNKS, Directory, SLOTS_MAX, chunk_len, chunk_of, first_index, object_at};
use super::slot::{Slot, SlotRef};
use super::sync::AtomicU32;

/// How large the first chunk is at most, if it can be, in bytes.
const FIRST_CHUNK_BYTES: usize = 1024;

/// The words of a [`Directory`], as atomics.
#[repr(C)]
struct Words {
    origins: [AtomicPtr<u8>; CHUNKS],
    ends: [AtomicU32; CHUNKS],
    limits: [AtomicU32; CHUNKS],
    current: AtomicU32,
}

const _: () = {
    assert!(align_of::<Words>() == align_of::<Directory<()>>());
    assert!(size_of::<Words>() == size_of::<Directory<()>>());
    assert!(offset_of!(Words, origins) == offset_of!(Directory<()>, origins));
    assert!(offset_of!(Words, ends) == offset_of!(Directory<()>, ends));
    assert!(offset_of!(Words, limits) == offset_of!(Directory<()>, limits));
    assert!(offset_of!(Words, current) == offset_of!(Directory<()>, current));
};

/// [`Chunks`] that grow through a shared reference.
///
/// # Invariants
///
/// 1. While these are borrowed, the words of the directory are read and written as atomics.
#[repr(transparent)]
pub(super) struct SharedChunks<T, A: Allocator>(UnsafeCell<Chunks<T, A>>);

// SAFETY: of what is inside the cell, only words change that are atomics (invariant 1). Without it
// the compiler would name this type, too, to who shares an `ObjectPool`.
unsafe impl<T, A: Allocator> Sync for SharedChunks<T, A> where Chunks<T, A>: Sync {}

impl<T, A: Allocator> SharedChunks<T, A> {
    pub(super) const fn new(allocator: A) -> Self {
        Self(UnsafeCell::new(Chunks::new(allocator)))
    }

    /// These chunks, shared for as long as they are borrowed.
    pub(super) const fn of(chunks: &mut Chunks<T, A>) -> &Self {
        let cell: *const UnsafeCell<Chunks<T, A>> = UnsafeCell::from_mut(chunks);
        // SAFETY: of the same layout (`repr(transparent)`), and borrowed as long.
        // INVARIANT: 1, as nobody else has them meanwhile.
        unsafe { &*cell.cast::<Self>() }
    }

    /// The chunks of who has them alone.
    pub(super) const fn get_mut(&mut self) -> &mut Chunks<T, A> {
        self.0.get_mut()
    }

    pub(super) const fn allocator(&self) -> &A {
        // SAFETY: it is not among what changes (invariant 1).
        unsafe { &(*self.0.get()).allocator }
    }

    #[inline]
    const fn words(&self) -> &Words {
        // SAFETY: inside of the cell.
        let directory = unsafe { &raw mut (*self.0.get()).directory };
        // SAFETY: the same fields in the same places (asserted above): an atomic has the size and
        // alignment of its word. While they are borrowed nobody uses them otherwise (invariant 1).
        unsafe { &*directory.cast::<Words>() }
    }

    /// Whether a chunk has memory; it is known where, and how much.
    fn has_memory(&self, chunk: usize) -> bool {
        self.words().limits[chunk].load(Acquire) != 0
    }

    /// How many slots there is memory for.
    pub(super) fn capacity(&self) -> usize {
        self.capacity_before(CHUNKS)
    }

    /// How many slots there is memory for in the chunks before this one.
    fn capacity_before(&self, chunk: usize) -> usize {
        // No closure: one that borrows the pool would keep the compiler from knowing that nobody
        // else has its address, and words of it from staying in registers.
        let mut slots = 0;
        for number in 0..chunk {
            slots += chunk_len(number, self.words().limits[number].load(Acquire));
        }
        slots
    }

    /// Where the object in the slot of this index is, or will be.
    ///
    /// # Safety
    ///
    /// There is memory for it, which this thread knows of.
    #[inline]
    unsafe fn object(&self, index: u32) -> NonNull<T> {
        // SAFETY: there is such a slot, so it is no larger.
        let origin = self.words().origins[unsafe { chunk_of(index) }].load(Relaxed);
        // SAFETY: this origin leads there (invariant 1 of the directory).
        unsafe { object_at(origin, index) }
    }

    /// The slot of this index.
    ///
    /// # Safety
    ///
    /// - There is one, which has a header that this thread sees.
    /// - While what is returned is used, no other thread writes that header, nor reads it where
    ///   this thread writes.
    #[inline]
    pub(super) unsafe fn slot(&self, index: u32) -> SlotRef<'_, T> {
        // SAFETY: there is a slot (the first condition), and so there is memory for it.
        let object = unsafe { self.object(index) };
        // SAFETY: it has a header, which this thread has for itself (both conditions), in memory
        // that stays while the chunks are borrowed.
        unsafe { SlotRef::new(object) }
    }

    /// A slot that was never used, and its index, where any thread may ask for one.
    #[inline]
    pub(super) fn fresh(&self) -> Result<(u32, SlotRef<'_, T>), BadAlloc> {
        self.fresh_by(|end, index| {
            end.compare_exchange_weak(index, index + 1, Relaxed, Relaxed).is_ok()
        })
    }

    /// As [`fresh`](Self::fresh), where one thread asks.
    ///
    /// # Safety
    ///
    /// No other thread calls this, or `fresh`, at the same time.
    #[inline]
    pub(super) unsafe fn fresh_for_one(&self) -> Result<(u32, SlotRef<'_, T>), BadAlloc> {
        self.fresh_by(|end, index| {
            end.store(index + 1, Relaxed);
            true
        })
    }

    /// `take` sets the end that is `index` above it, if no other thread did.
    #[inline]
    fn fresh_by(
        &self,
        take: impl Fn(&AtomicU32, u32) -> bool,
    ) -> Result<(u32, SlotRef<'_, T>), BadAlloc> {
        loop {
            let current = self.words().current.load(Acquire) as usize;
            let limit = self.words().limits[current % CHUNKS].load(Acquire);
            let end = &self.words().ends[current % CHUNKS];
            let index = end.load(Relaxed);
            if index >= limit {
                self.next_chunk(current, limit)?;
                continue;
            }
            // INVARIANT: 2 of the directory holds, as the index is below the limit.
            if take(end, index) {
                // SAFETY: below the limit of its chunk, and not below its first index (invariant 3
                // of the directory).
                let object = unsafe { self.object(index) };
                // SAFETY: who sets the end above an index is the only one that has it.
                return Ok((index, unsafe { SlotRef::write(object, 0) }));
            }
        }
    }

    /// Sees to it that there is memory for so many slots, of which those before `chunk` have some.
    pub(super) fn reserve_from(&self, mut chunk: usize, slots: usize) -> Result<(), BadAlloc> {
        if slots > CHUNKS * SLOTS_MAX as usize {
            return Err(out_of_slots::<T>(slots));
        }
        let mut capacity = self.capacity();
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

    /// Goes from the chunk `current` to the next one. `limit` is what the caller saw of `current`,
    /// and no slot below it was left.
    #[cold]
    pub(super) fn next_chunk(&self, current: usize, limit: u32) -> Result<(), BadAlloc> {
        // The very first one had no slot because it had no memory yet. Looked at again, it may have
        // some by now, of which nobody took a slot: it must not be passed over.
        let next = current + usize::from(limit != 0);
        if next == CHUNKS {
            return Err(out_of_slots::<T>(self.capacity()));
        }
        if !self.has_memory(next) {
            // The chunks before it do not change any more, so all threads find the same.
            self.grow(next, usual_len::<T>(self.capacity_before(next)))?;
        }
        // INVARIANT: 3 of the directory. Where this fails, another thread did it before.
        let _ = self.words().ends[next].compare_exchange(0, first_index(next), Relaxed, Relaxed);
        let [current, next] = [current, next].map(|number| u32::try_from(number).unwrap_or(0));
        // Where this fails, another thread was here before.
        let _ = self.words().current.compare_exchange(current, next, AcqRel, Relaxed);
        Ok(())
    }

    /// Sees to it that a chunk has memory for so many slots.
    ///
    /// Threads that do it at the same time agree on `len`. Each gets a block, and all but one give
    /// it back.
    fn grow(&self, number: usize, len: u32) -> Result<(), BadAlloc> {
        let first = first_index(number);
        let block = OwnedArray::<Slot<T>, &A>::try_new_uninit_in(len as usize, self.allocator());
        let (start, slots, allocator) = match block {
            Ok(block) => OwnedArray::into_raw_parts(block),
            // Another thread was served.
            Err(_) if self.has_memory(number) => return Ok(()),
            Err(refused) => return Err(refused),
        };
        let origin_of_slots = start.as_ptr().wrapping_sub(first as usize).cast::<u8>();
        let ours = origin_of_slots.wrapping_add(Slot::<T>::OBJECT_OFFSET);
        let origin = &self.words().origins[number];
        // INVARIANT: 1 of the directory and of the chunks, as the block is for `len` slots.
        if origin.compare_exchange(ptr::null_mut(), ours, AcqRel, Acquire).is_err() {
            // SAFETY: the block from above, which nobody was told of.
            drop(unsafe { OwnedArray::from_raw_parts(start, slots, allocator) });
        }
        self.words().limits[number].store(first + len, Release);
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
