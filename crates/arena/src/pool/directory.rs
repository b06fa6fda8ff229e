//! Where the slots are: from an index to an address, in chunks that never move.
//!
//! ```text
//!   index       0 │ chunk │ number in it │        1 + 5 + 26 bits
//!                     │
//!   directory   [ origin, end, limit ] × 32
//!                     │
//!   chunk       ┄┄┄┄┄┄├─ slot ─┼─ slot ─┼─ slot ─┼─ not used yet ─┤
//!               origin         number grows ▶   end            limit
//! ```
//!
//! The *origin* of a chunk is where the object in the slot of index 0 would be if the chunk reached
//! down so far. From there an object is as many slots away as its index says, so that a look-up is
//! a shift, a comparison with the chunk's `end`, one load and an addition. `end` and `limit` are
//! indices, too.
//!
//! A chunk is as large as all before it together, or as somebody asked for. Nothing is copied when
//! a pool grows, and what no slot was taken from is not touched.
//!
//! Chunks that double are those of the crate boxcar, and older than that. There an index is a plain
//! number and a bit scan finds its chunk. Measured, that scan was the slowest part of a look-up,
//! and in the way of chunks of other sizes.

use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use super::slot::{Slot, SlotRef};

/// The number of bits that tell a slot from the others of its chunk. Unit tests have few, to come
/// to the end of them.
const NUMBER_BITS: u32 = if cfg!(test) { 6 } else { 26 };

/// The number of bits that tell the chunk.
const CHUNK_BITS: u32 = 5;

/// How many chunks there are at most.
pub(super) const CHUNKS: usize = 1 << CHUNK_BITS;

/// How many slots a chunk has at most. One less than there are numbers, so that no slot has the
/// index [`NONE`].
pub(super) const SLOTS_MAX: u32 = (1 << NUMBER_BITS) - 1;

/// The index of no slot: the end of a list. The highest bit is not set, in no index.
pub(super) const NONE: u32 = (1 << (CHUNK_BITS + NUMBER_BITS)) - 1;

const _: () = assert!(NONE < 1 << 31); // Lists between threads need the highest bit.

/// From an index to a slot.
///
/// # Invariants
///
/// Of each chunk:
///
/// 1. Its limit is 0, or there is memory for the slots from its [`first_index`] to the limit, which
///    stays as long as the directory is borrowed, and its origin leads there.
/// 2. Its end is 0, or between its first index and its limit.
///
/// Of all:
///
/// 3. The chunks that have memory are those up to some number, and `current` is one of them, or 0.
///    Its end is not below its first index, and no slot of those behind it was taken.
///
/// All are plain words, so that the compiler may keep what it read of a pool that is borrowed.
/// Where threads share a directory its words are read and written as atomics: see
/// [`SharedChunks`](super::shared_chunks::SharedChunks).
#[repr(C)]
pub(super) struct Directory<T> {
    /// Without their type, as a `*mut T` would not let `T` be taken for a subtype.
    pub(super) origins: [*mut u8; CHUNKS],
    /// One more than the last index in use so far.
    pub(super) ends: [u32; CHUNKS],
    /// One more than the last index that there is memory for.
    pub(super) limits: [u32; CHUNKS],
    /// The chunk that slots are taken from.
    pub(super) current: u32,
    objects: PhantomData<T>,
}

// SAFETY: the origins lead to slots, which go where the pool goes that the objects belong to.
unsafe impl<T: Send> Send for Directory<T> {}
// SAFETY: as above; what is shared changes nothing.
unsafe impl<T: Sync> Sync for Directory<T> {}

/// The index of the first slot of a chunk.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the number of a chunk is below 32")]
pub(super) const fn first_index(chunk: usize) -> u32 {
    (chunk as u32) << NUMBER_BITS
}

/// The chunk that an index is of.
///
/// # Safety
///
/// The index is [`NONE`] at most.
#[inline]
pub(super) const unsafe fn chunk_of(index: u32) -> usize {
    // SAFETY: the caller's condition. It saves the check that the chunk is below `CHUNKS`.
    unsafe { core::hint::assert_unchecked(index <= NONE) };
    (index >> NUMBER_BITS) as usize
}

/// Where the object in the slot of this index is, or will be, in the chunk of this origin.
///
/// # Safety
///
/// There is memory for the slot, and its chunk has that origin.
#[inline]
pub(super) const unsafe fn object_at<T>(origin: *mut u8, index: u32) -> NonNull<T> {
    // SAFETY: inside the chunk (the caller's condition), which is not at address 0.
    unsafe { NonNull::new_unchecked(origin.cast::<Slot<T>>().wrapping_add(index as usize).cast()) }
}

impl<T> Directory<T> {
    pub(super) const fn new() -> Self {
        // INVARIANT: 1 to 3 hold of none.
        Self {
            origins: [ptr::null_mut(); CHUNKS],
            ends: [0; CHUNKS],
            limits: [0; CHUNKS],
            current: 0,
            objects: PhantomData,
        }
    }

    /// Where the object in the slot of this index is, or will be.
    ///
    /// # Safety
    ///
    /// There is memory for it.
    #[inline]
    pub(super) unsafe fn object(&self, index: u32) -> NonNull<T> {
        // SAFETY: there is such a slot, so it is no larger.
        let origin = self.origins[unsafe { chunk_of(index) }];
        // SAFETY: this origin leads there (invariant 1).
        unsafe { object_at(origin, index) }
    }

    /// The origin of the chunk that slots are taken from.
    pub(super) const fn current_origin(&self) -> *mut u8 {
        self.origins[self.current as usize % CHUNKS]
    }

    /// The slot of this index, if there is one and it was used before.
    ///
    /// # Safety
    ///
    /// - The index is [`NONE`] at most.
    /// - Slots below the end of their chunk have headers, which this thread sees.
    /// - No other thread writes headers while what is returned is used.
    #[inline]
    pub(super) unsafe fn find(&self, index: u32) -> Option<SlotRef<'_, T>> {
        // SAFETY: the first condition.
        let chunk = unsafe { chunk_of(index) };
        if index >= self.ends[chunk] {
            return None;
        }
        // SAFETY: there is one, as the index is below its limit (invariant 2), with a header, which
        // nobody else writes (the other conditions).
        Some(unsafe { self.slot(index) })
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
        // that stays while the directory is borrowed (invariant 1).
        unsafe { SlotRef::new(object) }
    }

    /// All slots that were used so far, by their index.
    ///
    /// # Safety
    ///
    /// - Slots below the end of their chunk have headers, which this thread sees.
    /// - While the iterator, or what it yields, is used, no other thread writes headers, nor reads
    ///   them where this thread writes.
    #[inline]
    pub(super) unsafe fn slots(&self) -> Slots<'_, T> {
        Slots { directory: self, next_chunk: 0, next: 0, end: 0, place: NonNull::dangling() }
    }

    /// How many slots there is memory for.
    pub(super) fn capacity(&self) -> usize {
        (0..CHUNKS).map(|chunk| chunk_len(chunk, self.limits[chunk])).sum()
    }
}

/// How many slots there are in the chunk that has this limit.
pub(super) const fn chunk_len(chunk: usize, limit: u32) -> usize {
    limit.saturating_sub(first_index(chunk)) as usize
}

/// The slots of a directory, from the first on.
///
/// # Invariants
///
/// 1. The slots of the indices from `next` to `end` have headers, and lie side by side from `place`
///    on.
pub(super) struct Slots<'pool, T> {
    directory: &'pool Directory<T>,
    next_chunk: usize,
    next: u32,
    end: u32,
    place: NonNull<Slot<T>>,
}

impl<T> Slots<'_, T> {
    /// Goes to the next chunk that has slots. False where there is none.
    #[cold]
    fn next_chunk(&mut self) -> bool {
        let Some(end) = self.directory.ends.get(self.next_chunk) else { return false };
        let (first, end) = (first_index(self.next_chunk), *end);
        if end <= first {
            return false; // And neither do those behind it.
        }
        self.next_chunk += 1;
        // INVARIANT: 1 holds, as slots below the end have headers (the condition of `slots`).
        (self.next, self.end) = (first, end);
        // SAFETY: below the end, and so below the limit.
        let object = unsafe { self.directory.object(first) };
        // SAFETY: that of a slot.
        self.place = unsafe { Slot::of_object(object) };
        true
    }
}

impl<T> Clone for Slots<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'pool, T> Iterator for Slots<'pool, T> {
    type Item = (u32, SlotRef<'pool, T>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end && !self.next_chunk() {
            return None;
        }
        // SAFETY: a slot (invariant 1).
        let object = unsafe { Slot::object(self.place) };
        // SAFETY: invariant 1; the memory stays while the directory is borrowed. That nobody else
        // writes the header is the condition of `slots`.
        let slot = unsafe { SlotRef::new(object) };
        let index = self.next;
        self.next += 1;
        // SAFETY: the end of this slot, inside its chunk or at its end.
        self.place = unsafe { self.place.add(1) };
        Some((index, slot))
    }
}
