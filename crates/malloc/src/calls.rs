//! How often each function of the family was called.

/// How often each function of the family was called, since the heap was made.
///
/// The fast paths count nothing: `malloc` and `free` are made of what the heaps handed out and of
/// what is in use. So a block that `realloc` moved counts there too, and what threads hold ready
/// in their bins, or send home, counts as handed out and not freed. Whatever allocates with an
/// alignment above 16 counts as `aligned_alloc`, whatever changes a block's size as `realloc`, and
/// the zeroed forms as `calloc`.
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
