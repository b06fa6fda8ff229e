//! How much a foreign heap's source grows at once.

use crate::{Break, BreakError, Growth};

/// The least growth that is tried, in bytes: a heap that asks for one block at a time must not
/// pay a system call for each.
pub(super) const GROW_BYTES_MIN: usize = 1 << 16;

/// Grows by at least [`GROW_BYTES_MIN`], or, where there is not so much, by `bytes`.
pub(super) fn grow_by_step<B: Break>(source: &mut B, bytes: usize) -> Result<Growth, BreakError> {
    if bytes < GROW_BYTES_MIN
        && let Ok(growth) = source.grow(GROW_BYTES_MIN)
    {
        return Ok(growth);
    }
    source.grow(bytes)
}
