//! How often each function of the family was called.

/// How often each function of the family was called, since the heap was made.
///
/// A call is counted where it reaches the heap: a `free(NULL)` or a size that no heap can hold
/// does not. Whatever allocates with an alignment above 16 counts as `aligned_alloc`, whatever
/// changes a block's size as `realloc`, the zeroed forms as `calloc`, and all others, `operator
/// new` included, as `malloc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Blocks asked for.
    pub malloc: u64,
    /// Zeroed blocks asked for.
    pub calloc: u64,
    /// Blocks resized.
    pub realloc: u64,
    /// Blocks asked for with an alignment above 16.
    pub aligned_alloc: u64,
    /// Blocks given back.
    pub free: u64,
}

impl Calls {
    /// No calls yet.
    pub(crate) const ZERO: Self =
        Self { malloc: 0, calloc: 0, realloc: 0, aligned_alloc: 0, free: 0 };
}
