//! Why a break could not be made or moved.

use thiserror::Error;

/// Why a break could not be made or moved.
///
/// Operating errors only: after any of them the break is as it was before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BreakError {
    /// The span would exceed its capacity, or the system has no more memory to give.
    #[error("the break cannot grow by {needed} bytes")]
    Exhausted {
        /// The bytes asked for.
        needed: usize,
    },
    /// Another break already owns this memory.
    #[error("another break already owns this memory")]
    Claimed,
    /// Somebody else moved the program break, so that it cannot be moved by us as asked.
    #[error("the break was expected at {expected:#x} and found at {found:#x}")]
    Moved {
        /// The address where our span ends; in a shrink across a gap, where it would end.
        expected: usize,
        /// The address of the break as found; in a shrink across a gap, the end of that gap.
        found: usize,
    },
    /// The buffer does not start at a multiple of the granule.
    #[error("the buffer at {address:#x} is not aligned to {align} bytes")]
    Misaligned {
        /// The address of the buffer.
        address: usize,
        /// The alignment that it needs, in bytes.
        align: usize,
    },
    /// The buffer is smaller than one page of its break.
    #[error("a buffer of {size} bytes is too small, {size_min} are needed")]
    TooSmall {
        /// The size of the buffer in bytes.
        size: usize,
        /// The smallest size that serves, in bytes.
        size_min: usize,
    },
    /// The system refused to reserve address space, down to the smallest reservation tried, or
    /// would not take memory back.
    #[error("the system refused to reserve or take back {size} bytes of address space")]
    Refused {
        /// The smallest reservation that was tried, or what was to be given back, in bytes.
        size: usize,
    },
}
