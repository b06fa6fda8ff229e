//! The size classes: which sizes share a slab, and how large that slab is.
//!
//! ```text
//!   size in bytes   1..16  17..32  ...  113..128 | 129..160  161..192  193..224  225..256 | ...
//!   class             0      1     ...     7     |    8         9        10        11     | ...
//!                   one class every 16 bytes     | four classes a doubling, up to 32 KiB
//! ```
//!
//! Four classes a doubling waste 8 % on average and 20 % at worst; more classes waste less inside
//! of slots and more in slabs that are partly used.

use crate::slice::SLICE_BYTES;

/// The number of classes.
pub(crate) const CLASS_COUNT: usize =
    FINE_COUNT + (SLOT_BYTES_MAX / FINE_BYTES).ilog2() as usize * PER_DOUBLING;
/// The largest size that slabs serve, in bytes.
pub(crate) const SLOT_BYTES_MAX: usize = 32 << 10;
/// The largest size whose class is looked up in a table, in bytes.
pub(crate) const SMALL_BYTES_MAX: usize = 1024;
/// The entries of that table: one for each 16 bytes, and one for no bytes.
pub(crate) const SMALL_COUNT: usize = SMALL_BYTES_MAX / GRANULE + 1;
/// The alignment of every slot and the step of the small classes, in bytes.
pub(crate) const GRANULE: usize = 16;

/// Classes in each doubling of sizes; a power of two.
const PER_DOUBLING: usize = 4;
/// Classes that are a granule apart: those of the sizes where a doubling has no more granules.
const FINE_COUNT: usize = 2 * PER_DOUBLING;
/// The largest size of those, in bytes.
const FINE_BYTES: usize = FINE_COUNT * GRANULE;
/// The most slices that a slab has, so that a slice's distance to the first fits in the low bits
/// of a heap's address.
pub(crate) const SLAB_SLICES_MAX: usize = 16;

/// A size class.
///
/// # Invariants
///
/// 1. It is less than [`CLASS_COUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct SizeClass(u8);

impl SizeClass {
    /// All classes, smallest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // INVARIANT: 1 by the end of the range, which fits in a `u8`.
        #[expect(clippy::cast_possible_truncation, reason = "there are fewer than 256 classes")]
        (0..CLASS_COUNT as u8).map(Self)
    }

    /// The class of a slot of `size` bytes, which are [`SLOT_BYTES_MAX`] at most.
    #[inline]
    pub(crate) const fn of(size: usize) -> Self {
        debug_assert!(size <= SLOT_BYTES_MAX);
        let last = size.saturating_sub(1);
        let class = if last < FINE_BYTES {
            last / GRANULE
        } else {
            // The power of two below, and the bits behind its first one.
            let power = last.ilog2();
            let part = last >> (power - PER_DOUBLING.ilog2());
            FINE_COUNT + (power - FINE_BYTES.ilog2()) as usize * PER_DOUBLING + part - PER_DOUBLING
        };
        // INVARIANT: 1 as 32 KiB has the last class, and no larger size is asked for.
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 256")]
        Self(if class < CLASS_COUNT { class as u8 } else { CLASS_COUNT as u8 - 1 })
    }

    /// The class whose number an earlier [`number`](SizeClass::number) told.
    #[inline]
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        // INVARIANT: 1 is checked.
        if (number as usize) < CLASS_COUNT { Some(Self(number)) } else { None }
    }

    /// The class with this index, where there is one.
    #[inline(always)]
    pub(crate) const fn from_index(index: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "fewer than 256")]
        // INVARIANT: 1 is checked.
        if index < CLASS_COUNT { Some(Self(index as u8)) } else { None }
    }

    /// The class of the smallest slots.
    pub(crate) const SMALLEST: Self = Self(0);

    /// The number of the class.
    #[inline]
    pub(crate) const fn number(self) -> u8 {
        self.0
    }

    /// The number of the class as an index that is less than [`CLASS_COUNT`].
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether its slots are larger than the small sizes, of which a slab has few.
    #[inline]
    pub(crate) const fn is_medium(self) -> bool {
        self.0 > const { Self::of(SMALL_BYTES_MAX).0 }
    }

    /// The size of a slot, in bytes.
    #[inline]
    pub(crate) fn slot_bytes(self) -> usize {
        self.shape().slot_bytes as usize
    }

    /// 2³² divided by the size of a slot, rounded up: see [`is_multiple`].
    #[inline]
    pub(crate) fn reciprocal(self) -> u32 {
        self.shape().reciprocal
    }

    /// Whether a slot could begin `offset` bytes behind the start of a slab.
    #[inline(always)]
    pub(crate) fn has_slot_at(self, offset: usize) -> bool {
        is_multiple(offset, self.reciprocal())
    }

    /// The slices of a slab.
    #[inline]
    pub(crate) fn slices(self) -> u32 {
        u32::from(self.shape().slices)
    }

    /// How many slots may be freed into the bin of a medium class.
    #[inline]
    pub(crate) fn bin_slots(self) -> u8 {
        self.shape().bin_slots
    }

    /// The slots of a slab.
    #[inline]
    pub(crate) fn capacity(self) -> u32 {
        u32::from(self.shape().capacity)
    }

    /// The class in the table for small sizes, for `size` up to [`SMALL_BYTES_MAX`].
    pub(crate) const TABLE: [Self; SMALL_COUNT] = {
        let mut table = [Self(0); SMALL_COUNT];
        let mut granules = 0;
        while granules < SMALL_COUNT {
            table[granules] = Self::of(granules * GRANULE);
            granules += 1;
        }
        table
    };

    #[inline]
    fn shape(self) -> &'static Shape {
        // SAFETY: invariant 1.
        unsafe { SHAPES.get_unchecked(self.index()) }
    }
}

/// Whether an offset in a slab is a multiple of the size of its slots: where the product with the
/// reciprocal, modulo 2³², is less than the reciprocal (D. Lemire, O. Kaser and N. Kurz, "Faster
/// Remainder by Direct Computation", 2019).
#[inline(always)]
pub(crate) const fn is_multiple(offset: usize, reciprocal: u32) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "slabs are much smaller")]
    let product = (offset as u32).wrapping_mul(reciprocal);
    product < reciprocal
}

/// What the slabs of a class look like.
struct Shape {
    slot_bytes: u32,
    reciprocal: u32,
    capacity: u16,
    slices: u8,
    bin_slots: u8,
}

static SHAPES: [Shape; CLASS_COUNT] = {
    let mut shapes =
        [const { Shape { slot_bytes: 0, reciprocal: 0, capacity: 0, slices: 0, bin_slots: 0 } };
            CLASS_COUNT];
    let mut class = 0;
    while class < CLASS_COUNT {
        shapes[class] = shape_of(slot_bytes_of(class));
        class += 1;
    }
    shapes
};

const fn slot_bytes_of(class: usize) -> usize {
    if class < FINE_COUNT {
        return (class + 1) * GRANULE;
    }
    let doubling = (class - FINE_COUNT) / PER_DOUBLING;
    let part = (class - FINE_COUNT) % PER_DOUBLING;
    (PER_DOUBLING + part + 1) << (doubling + (FINE_BYTES / PER_DOUBLING).ilog2() as usize)
}

/// What may be freed into a bin: so many slots, of so many bytes together, but two at least.
#[expect(clippy::cast_possible_truncation, reason = "few")]
const fn bin_slots_of(slot_bytes: usize) -> u8 {
    let (count_max, bytes_max) = (32, 64 << 10);
    let count = bytes_max / slot_bytes;
    if count > count_max {
        count_max as u8
    } else if count < 2 {
        2
    } else {
        count as u8
    }
}

/// The smallest slab that loses less than a fortieth at its end.
#[expect(clippy::cast_possible_truncation, reason = "slots, capacities and slices are small")]
const fn shape_of(slot_bytes: usize) -> Shape {
    // Large slots are few to a slab: the slab is address space, its untouched end costs nothing.
    let slots_min = if slot_bytes <= 8 << 10 { 8 } else { 4 };
    let mut slices = 1;
    loop {
        let bytes = slices * SLICE_BYTES;
        let capacity = bytes / slot_bytes;
        let lost = bytes - capacity * slot_bytes;
        if capacity >= slots_min && lost * 40 < bytes {
            assert!(slices <= SLAB_SLICES_MAX);
            return Shape {
                slot_bytes: slot_bytes as u32,
                reciprocal: (1_u64 << 32).div_ceil(slot_bytes as u64) as u32,
                capacity: capacity as u16,
                slices: slices as u8,
                bin_slots: bin_slots_of(slot_bytes),
            };
        }
        slices += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_class_that_holds_it() {
        for size in 0..=SLOT_BYTES_MAX {
            let class = SizeClass::of(size);
            assert!(class.slot_bytes() >= size, "size {size}");
            if let Some(below) = class.index().checked_sub(1) {
                assert!(slot_bytes_of(below) < size, "size {size}");
            }
        }
    }

    #[test]
    fn no_class_wastes_more_than_a_fifth_of_a_large_slot() {
        for size in 129..=SLOT_BYTES_MAX {
            let slot_bytes = SizeClass::of(size).slot_bytes();
            assert!((slot_bytes - size) * 5 <= slot_bytes, "size {size}");
        }
    }

    #[test]
    fn the_reciprocal_tells_every_offset_of_a_slab_that_is_a_slot() {
        for class in SizeClass::all() {
            for offset in 0..class.slices() as usize * SLICE_BYTES {
                let is_slot = offset.is_multiple_of(class.slot_bytes());
                assert_eq!(class.has_slot_at(offset), is_slot, "{class:?} {offset}");
            }
        }
    }

    #[test]
    fn slabs_hold_their_slots_and_little_else() {
        for class in SizeClass::all() {
            let slab_bytes = class.slices() as usize * SLICE_BYTES;
            let used_bytes = class.capacity() as usize * class.slot_bytes();
            assert!(used_bytes <= slab_bytes, "{class:?}");
            assert!((slab_bytes - used_bytes) * 40 < slab_bytes, "{class:?}");
            assert!(class.slot_bytes().is_multiple_of(GRANULE));
        }
    }
}
