//! Why a heap could not serve a request.

use thiserror::Error;

/// Why a heap could not serve a request.
///
/// Operating errors only, and after any of them the heap is as it was before the call. A misuse
/// (double free, foreign pointer, broken header) is a programmer's error: it aborts by way of
/// [`Config::on_misuse`](crate::Config::on_misuse) and never becomes a value of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AllocError {
    /// No heap could ever hold the request: size plus overhead exceeds `isize::MAX`.
    #[error("a block of {size} bytes exceeds the largest block")]
    TooLarge {
        /// The requested payload size in bytes.
        size: usize,
    },
    /// No free block fits and the source refused to grow.
    #[error("the source refused {needed} more bytes")]
    Exhausted {
        /// The bytes the source was asked for.
        needed: usize,
    },
}
