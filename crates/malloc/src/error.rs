//! Why a block could not be had, and what a check of the heap found.

use thiserror::Error;

use crate::large;

/// Why the heap could not serve a request.
///
/// Operating errors only: misuse ends the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AllocError {
    /// No heap could ever hold it.
    #[error("a block of {size} bytes exceeds the largest block")]
    TooLarge {
        /// The size asked for, in bytes.
        size: usize,
    },
    /// The system has no more memory, or the heap no more room.
    #[error("there is no memory for {size} more bytes")]
    Exhausted {
        /// The size asked for, in bytes.
        size: usize,
    },
}

impl AllocError {
    /// Why a block of `size` bytes could not be had.
    #[cold]
    pub(crate) fn of(size: usize) -> Self {
        if large::can_hold(size) { Self::Exhausted { size } } else { Self::TooLarge { size } }
    }
}

/// What a check found where an invariant of the heap is broken: somebody wrote where nothing was
/// theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Corruption {
    /// Two tags of one span tell different lengths.
    #[error("the tags of the span at {address:#x} do not agree")]
    Tags {
        /// Where the span begins.
        address: usize,
    },
    /// Two free spans are neighbours.
    #[error("the free span at {address:#x} should have been joined with the one before it")]
    NotJoined {
        /// Where the second one begins.
        address: usize,
    },
    /// The index does not hold the free spans that there are.
    #[error("{found} free spans are in the index, and {expected} in the region")]
    Index {
        /// Spans in the region.
        expected: usize,
        /// Spans in the index.
        found: usize,
    },
    /// What was counted is not what is there.
    #[error("{expected} slices are counted as in use, and {found} are")]
    Count {
        /// Slices counted.
        expected: usize,
        /// Slices there.
        found: usize,
    },
    /// A slab tells what cannot be: more slots in use than it has, or slices of somebody else.
    #[error("the slab at {address:#x} is broken")]
    Slab {
        /// Where the slab begins.
        address: usize,
    },
    /// The free list of a slab leads elsewhere, in a circle, or to too few slots.
    #[error("the free list of the slab at {address:#x} is broken")]
    FreeSlots {
        /// Where the slab begins.
        address: usize,
    },
}
