//! The header in front of every block: its size and three flags, packed in one word.
//!
//! ```text
//!   header            payload                    next header
//!   ├─ size | flags ─┼──────────────────────────┼─ size | flags ─ ...
//!                    ▲ pointer given to the user, a multiple of the granule
//! ```
//!
//! This file knows the bits of one header. It does not know where neighbours are (`block.rs`),
//! which size is written at a block's end (`tag.rs`), or which block to pick (`fit`).

/// The unit of block sizes and the alignment of every payload, in bytes: four words, the room
/// that a free block needs for a header, two links and a tag. So what is left of a block that is
/// split is nothing or a block.
pub const GRANULE: usize = 4 * size_of::<usize>();

/// The bytes that every block spends on its header.
pub const HEADER_BYTES: usize = size_of::<Header>();

const IN_USE: usize = 1;
const PREVIOUS_IN_USE: usize = 2;
const FENCE: usize = 4;
const FLAGS: usize = GRANULE - 1;

// The flags must fit under the granule, or they would corrupt the size.
const _: () = assert!(GRANULE.is_power_of_two());
const _: () = assert!(IN_USE < GRANULE && PREVIOUS_IN_USE < GRANULE && FENCE < GRANULE);

/// Size and state of one block, packed in one word.
///
/// # Invariants
///
/// 1. `size()` is a multiple of [`GRANULE`].
/// 2. No bit other than the size and the three flags is set.
///
/// Both hold for headers that this type packs. A header that was read from memory may have been
/// overwritten by the user, so whoever reads one checks it before trusting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Header(usize);

impl Header {
    /// A block that is handed out.
    pub(crate) const fn in_use(size: usize) -> Self {
        debug_assert!(size.is_multiple_of(GRANULE));
        // INVARIANT: 1 is the caller's, checked above in debug builds; 2 as only flags are added.
        Self(size | IN_USE)
    }

    /// A free block. What stands before it is in use, or the two would be one. One of no bytes
    /// is the mark at the end of the span.
    pub(crate) const fn free(size: usize) -> Self {
        debug_assert!(size.is_multiple_of(GRANULE));
        // INVARIANT: as in `in_use`.
        Self(size | PREVIOUS_IN_USE)
    }

    /// The size of a block whose header [`Header::free`] made; of any other header, a number that
    /// is no block's size.
    pub(crate) const fn size_if_free(self) -> usize {
        self.0.wrapping_sub(PREVIOUS_IN_USE)
    }

    /// A gap that belongs to somebody else: in use for ever, and never given back.
    pub(crate) const fn fence(size: usize) -> Self {
        debug_assert!(size.is_multiple_of(GRANULE));
        // INVARIANT: as in `in_use`.
        Self(size | IN_USE | FENCE)
    }

    /// No header: what memory that was never written holds.
    pub(crate) const ZERO: Self = Self(0);

    /// The same header, with the state of the block before it as in `other`.
    pub(crate) const fn with_previous_of(self, other: Self) -> Self {
        // INVARIANT: no size bit changes; 2 as the mask is one of the flags.
        Self(self.0 & !PREVIOUS_IN_USE | other.0 & PREVIOUS_IN_USE)
    }

    /// The same header, after a block in use.
    pub(crate) const fn after_used(self) -> Self {
        Self(self.0 | PREVIOUS_IN_USE)
    }

    /// The same header, after a free block.
    pub(crate) const fn after_free(self) -> Self {
        Self(self.0 & !PREVIOUS_IN_USE)
    }

    /// The header of a block that was freed and now lies inside a larger free block: kept only
    /// so that freeing it again is recognised.
    pub(crate) const fn freed(self) -> Self {
        Self(self.0 & !IN_USE)
    }

    /// The size of the whole block in bytes, header included.
    pub(crate) const fn size(self) -> usize {
        self.0 & !FLAGS
    }

    /// Whether the block is handed out, a fence, or the end.
    pub(crate) const fn is_in_use(self) -> bool {
        self.0 & IN_USE != 0
    }

    /// Whether the block before this one is handed out, a fence, or absent.
    pub(crate) const fn is_previous_in_use(self) -> bool {
        self.0 & PREVIOUS_IN_USE != 0
    }

    /// Whether the block is a fence.
    pub(crate) const fn is_fence(self) -> bool {
        self.0 & FENCE != 0
    }

    /// Whether the flags are those of a free block, whatever stands before it.
    pub(crate) const fn is_free(self) -> bool {
        self.0 & (FLAGS & !PREVIOUS_IN_USE) == 0
    }

    /// Whether the flags are those of a block that a user holds, whatever stands before it.
    pub(crate) const fn is_held_by_user(self) -> bool {
        self.0 & (FLAGS & !PREVIOUS_IN_USE) == IN_USE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_flags_survive_packing() {
        let size = 3 * GRANULE;
        for (header, used, fence) in [
            (Header::in_use(size), true, false),
            (Header::free(size), false, false),
            (Header::fence(size), true, true),
        ] {
            for (header, previous) in [(header.after_used(), true), (header.after_free(), false)] {
                assert_eq!(header.size(), size);
                assert_eq!(header.is_in_use(), used);
                assert_eq!(header.is_fence(), fence);
                assert_eq!(header.is_previous_in_use(), previous);
                assert_eq!(header.is_held_by_user(), used && !fence);
            }
        }
    }

    #[test]
    fn a_freed_header_is_no_block_that_a_user_holds() {
        assert!(!Header::in_use(GRANULE).freed().is_held_by_user());
    }

    #[test]
    fn a_stray_bit_under_the_granule_is_no_block_that_a_user_holds() {
        assert!(!Header((3 * GRANULE) | IN_USE | 8).is_held_by_user());
    }
}
