//! The two flat tables: what is known of each slice of the region, outside of it.
//!
//! ```text
//!   region      ┊ slice 1 │ slice 2 │ slice 3 │ ...           SLICE_BYTES each
//!   owners      │ 0  │ heap  │ heap + 1 │ 0  │ ...            a word a slice, read by everybody
//!   lines       │ -  │ slab  │ slab     │ free │ ...          64 bytes a slice, written by one
//! ```
//!
//! The address of both entries is computed from the pointer, so a thread that frees a slot of
//! another heap reads the owner and never a line that the owner writes. An overflow of a user's
//! block cannot reach either.
//!
//! Every field is an atomic that is read and written relaxed, which costs no more than a plain
//! one: statistics read the lines of heaps that run. Who may *write* a field is told below.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicUsize};

use crate::owner::OwnerEntry;
use crate::size_class::is_multiple;

/// The unit of the tables, in bytes. A multiple of the page where pages have up to 16 KiB.
pub(crate) const SLICE_BYTES: usize = 1 << SLICE_SHIFT;
pub(crate) const SLICE_SHIFT: u32 = 14;

/// A slice of the region, by its number. Number 0 is no slice: in the tables it means none.
///
/// # Invariants
///
/// 1. It is not 0, and both tables have an entry for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct Slice(u32);

impl Slice {
    /// The slice with this number.
    ///
    /// # Safety
    ///
    /// The number is not 0 and both tables have an entry for it.
    #[inline]
    pub(crate) const unsafe fn new(number: u32) -> Self {
        Self(number)
    }

    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// The slice `count` further on.
    ///
    /// # Safety
    ///
    /// Both tables have an entry for it.
    #[inline]
    pub(crate) const unsafe fn add(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// The slice `count` before.
    ///
    /// # Safety
    ///
    /// There are as many before it, slice 0 not counted.
    #[inline]
    pub(crate) const unsafe fn sub(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }
}

/// What a slice is the first or the last of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing of ours, or the inside of something.
    None = 0,
    /// The first slice of a free span.
    Free = 1,
    /// The last slice of a free span of two or more.
    FreeEnd = 2,
    /// The first slice of a slab.
    Slab = 3,
    /// The first slice of a block of its own.
    Large = 4,
}

/// A number that one thread writes and any thread may read.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Field(AtomicU32);

impl Field {
    #[inline]
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }
}

/// A link to another slice's line.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Link(AtomicU32);

impl Link {
    /// A link to nothing.
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const NONE: Self = Self(AtomicU32::new(0));

    #[inline]
    pub(crate) fn get(&self) -> Option<Slice> {
        // INVARIANT: only slices and 0 are ever stored.
        Some(Slice(self.0.load(Relaxed))).filter(|slice| slice.0 != 0)
    }

    #[inline]
    pub(crate) fn set(&self, slice: Option<Slice>) {
        self.0.store(slice.map_or(0, Slice::number), Relaxed);
    }
}

/// What is known of one slice.
///
/// The heap that owns a slab writes `free`, `countdown`, `floor`, `carved` and the links of its
/// first slice. All else, and all of every other slice, is written under the lock of the shared
/// heap, or by the holder of a block of its own.
///
/// # Invariants
///
/// Of the first slice of a slab:
///
/// 1. `free` leads through free slots of this slab, each by its first word, to null.
/// 2. `countdown + floor`, wrapping, is the number of carved slots that are neither in `free` nor
///    withdrawn.
/// 3. `carved` slots from the start of the slab on were handed out before; what is behind them
///    was not touched since the slab was made.
///
/// Of a free span:
///
/// 4. `length` of its first and of its last slice is its length in slices.
/// 5. Where `is_zero` is set, all of it reads as zero.
/// 6. `dirty` of its first slice is no less than 0 and no more than its length; the sum over all
///    free spans is what purging them would give back, at the most, in slices.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Line {
    /// Free slots of a slab, last freed first.
    pub(crate) free: AtomicPtr<u8>,
    /// See [`SizeClass::reciprocal`](crate::size_class::SizeClass::reciprocal).
    pub(crate) reciprocal: Field,
    /// How many slots may be freed until something is to be done about the slab.
    pub(crate) countdown: Field,
    /// How many slots are in use when `countdown` is 0, modulo 2³².
    pub(crate) floor: Field,
    /// The next in the queue of a heap, or in the index of free spans.
    pub(crate) next: Link,
    /// The one before.
    pub(crate) previous: Link,
    /// The length of a span, in slices.
    pub(crate) length: Field,
    /// The slices of a free span that were written, at the most.
    pub(crate) dirty: Field,
    /// The usable bytes of a block of its own; of a slab, its purged pages.
    pub(crate) bytes: AtomicUsize,
    /// Free slots of a slab that are not in its free list, because a page of theirs was purged.
    pub(crate) withdrawn: AtomicU16,
    /// Slots of a slab that were ever handed out.
    pub(crate) carved: AtomicU16,
    /// Slots of a slab that `trim` found on their way home, in another thread than the owner's.
    pub(crate) came_home: AtomicU16,
    kind: AtomicU8,
    /// The number of a slab's class.
    pub(crate) class: AtomicU8,
    is_zero: AtomicU8,
    /// Where the slab stands with its heap; see `slab.rs`.
    pub(crate) place: AtomicU8,
    is_moved: AtomicU8,
}

const _: () = assert!(size_of::<Line>() == 64);

impl Line {
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        match self.kind.load(Relaxed) {
            1 => Kind::Free,
            2 => Kind::FreeEnd,
            3 => Kind::Slab,
            4 => Kind::Large,
            _ => Kind::None,
        }
    }

    #[inline]
    pub(crate) fn set_kind(&self, kind: Kind) {
        self.kind.store(kind as u8, Relaxed);
    }

    #[inline]
    pub(crate) fn is_zero(&self) -> bool {
        self.is_zero.load(Relaxed) != 0
    }

    #[inline]
    pub(crate) fn set_is_zero(&self, is_zero: bool) {
        self.is_zero.store(u8::from(is_zero), Relaxed);
    }

    /// Whether the pages of a block of its own were moved here from elsewhere.
    pub(crate) fn is_moved(&self) -> bool {
        self.is_moved.load(Relaxed) != 0
    }

    pub(crate) fn set_is_moved(&self, is_moved: bool) {
        self.is_moved.store(u8::from(is_moved), Relaxed);
    }

    /// Whether a slot could begin `offset` bytes behind the start of this slab.
    #[inline(always)]
    pub(crate) fn has_slot_at(&self, offset: usize) -> bool {
        is_multiple(offset, self.reciprocal.get())
    }

    /// Carved slots of a slab that are not free.
    #[inline]
    pub(crate) fn live(&self) -> u32 {
        self.countdown.get().wrapping_add(self.floor.get())
    }
}

/// Where the region and its tables begin. They stay where they are until the process ends.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Tables {
    /// The address of slice 0, which lies before the region.
    pub(crate) base: *mut u8,
    pub(crate) owners: *const OwnerEntry,
    pub(crate) lines: *const Line,
}

// SAFETY: they are addresses; what the tables hold are atomics, and the region's memory is
// touched by unsafe code alone.
unsafe impl Send for Tables {}

impl Tables {
    /// The tables of no region.
    pub(crate) const NONE: Self =
        Self { base: ptr::null_mut(), owners: ptr::null(), lines: ptr::null() };

    /// The number of the slice that an address lies in, if it lies in one at all.
    #[inline]
    pub(crate) fn number(&self, address: *const u8) -> usize {
        address.addr().wrapping_sub(self.base.addr()) >> SLICE_SHIFT
    }

    #[inline]
    pub(crate) fn line(&self, slice: Slice) -> &'static Line {
        // SAFETY: both tables have an entry for every `Slice` (its invariant).
        unsafe { self.line_at(slice.0 as usize) }
    }

    #[inline]
    pub(crate) fn owner(&self, slice: Slice) -> &'static OwnerEntry {
        // SAFETY: both tables have an entry for every `Slice` (its invariant).
        unsafe { self.owner_at(slice.0 as usize) }
    }

    /// The line of the slice with a certain number, 0 included.
    ///
    /// # Safety
    ///
    /// Both tables have an entry for it.
    #[inline]
    pub(crate) unsafe fn line_at(&self, number: usize) -> &'static Line {
        // SAFETY: inside of the table (the caller's condition).
        let line = unsafe { self.lines.add(number) };
        // SAFETY: the table is never unmapped; its fields are atomics, so zeroed memory is a line
        // and sharing it is sound.
        unsafe { &*line }
    }

    /// The owner of the slice with a certain number, 0 included.
    ///
    /// # Safety
    ///
    /// Both tables have an entry for it.
    #[inline]
    pub(crate) unsafe fn owner_at(&self, number: usize) -> &'static OwnerEntry {
        // SAFETY: inside of the table (the caller's condition).
        let owner = unsafe { self.owners.add(number) };
        // SAFETY: as in `line_at`.
        unsafe { &*owner }
    }

    /// The first byte of a slice.
    #[inline]
    pub(crate) fn address(&self, slice: Slice) -> NonNull<u8> {
        let address = self.base.wrapping_add((slice.0 as usize) << SLICE_SHIFT);
        // SAFETY: a slice lies in the region, which does not begin at null.
        unsafe { NonNull::new_unchecked(address) }
    }

    /// How far an address lies behind the first byte of a slice, in bytes.
    #[inline]
    pub(crate) fn distance(&self, first: Slice, address: NonNull<u8>) -> usize {
        address.addr().get().wrapping_sub(self.address(first).addr().get())
    }

    /// The memory of `count` slices from `first` on.
    #[inline]
    pub(crate) fn memory(&self, first: Slice, count: u32) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.address(first), (count as usize) << SLICE_SHIFT)
    }
}
