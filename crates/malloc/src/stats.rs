//! What is in the process's heap: figures, a walk over its blocks, a check of its invariants.

use heapwright_block::fit::AnyFit;
use heapwright_block::{Block, Corruption, Fragmentation};

use crate::process_heap::{ProcessHeap, try_with_started_heap, with_started_heap};
use crate::{BreakKind, Calls};

/// The figures of the process's heap at one moment.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Stats {
    /// Where the memory comes from.
    pub break_kind: BreakKind,
    /// Which free block is taken.
    pub fit: AnyFit,
    /// The blocks and the bytes in them.
    pub blocks: heapwright_block::Stats,
    /// What is lost to headers, and how scattered the free memory is.
    pub fragmentation: Fragmentation,
    /// The calls so far, by function.
    pub calls: Calls,
}

impl Stats {
    fn of(heap: &mut ProcessHeap) -> Self {
        Self {
            break_kind: heap.config.break_kind(),
            fit: heap.config.fit,
            blocks: heap.blocks.stats(),
            fragmentation: heap.blocks.fragmentation(),
            calls: heap.calls,
        }
    }
}

/// The figures of the process's heap, or `None` before its first use.
///
/// They are counted by a walk over all blocks, during which other threads wait.
#[must_use]
pub fn stats() -> Option<Stats> {
    with_started_heap(Stats::of)
}

/// As [`stats`], for the end of a process: `None` also where the heap stays locked for a tenth of
/// a second, as by a thread that a signal handler interrupted and never went back to.
#[must_use]
pub fn try_stats() -> Option<Stats> {
    try_with_started_heap(Stats::of)
}

/// Passes every block of the process's heap to `visit`, in the order of addresses.
///
/// The heap is locked meanwhile: `visit` must not allocate from it, or it waits for itself.
pub fn walk(visit: &mut dyn FnMut(Block)) {
    with_started_heap(|heap| heap.blocks.walk().for_each(visit));
}

/// Checks every invariant of the process's heap, by a walk during which other threads wait.
///
/// # Errors
///
/// [`Corruption`] names the first invariant found broken: somebody wrote where nothing was theirs.
pub fn verify() -> Result<(), Corruption> {
    with_started_heap(|heap| heap.blocks.verify()).unwrap_or(Ok(()))
}
