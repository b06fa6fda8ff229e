//! What a heap counts for statistics, off the fast paths.

use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::size_class::CLASS_COUNT;

/// What a heap counted, for statistics.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Slots that were put into bins, less those that were put back into slabs.
    pub(crate) handed_out: [AtomicUsize; CLASS_COUNT],
    pub(crate) calloc: AtomicUsize,
    pub(crate) realloc: AtomicUsize,
    pub(crate) aligned: AtomicUsize,
    pub(crate) large: AtomicUsize,
}

impl Counts {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(super) const NONE: Self = Self {
        handed_out: [const { AtomicUsize::new(0) }; CLASS_COUNT],
        calloc: AtomicUsize::new(0),
        realloc: AtomicUsize::new(0),
        aligned: AtomicUsize::new(0),
        large: AtomicUsize::new(0),
    };
}

/// Counts one more; only the owner of the counter does.
#[inline]
pub(crate) fn count(counter: &AtomicUsize, more: usize) {
    counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed);
}
