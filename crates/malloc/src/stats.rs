//! The figures of the process's heap.

use core::sync::atomic::Ordering::Relaxed;

use heapwright_block::fit::AnyFit;

use crate::pool::with_thread_heap_if_any;
use crate::process_heap::{ProcessHeap, try_with_started_heap, with_started_heap};
use crate::thread_heap::ThreadHeap;
use crate::walk::Area;
use crate::{BreakKind, Calls};

/// The figures of the process's heap at one moment.
///
/// They are made by a walk over all areas; the fast paths count nothing. What a thread holds
/// ready, or sends home to another thread's heap, counts as live.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Stats {
    /// Where the memory comes from.
    pub break_kind: BreakKind,
    /// Which free span is taken.
    pub fit: AnyFit,
    /// Bytes from the start of the heap to its break.
    pub heap_bytes: usize,
    /// The most that `heap_bytes` was.
    pub heap_bytes_peak: usize,
    /// Bytes of slots and large blocks in use.
    pub live_bytes: usize,
    /// Slots and large blocks in use.
    pub live_count: usize,
    /// Bytes that are free: slots of slabs and spans.
    pub free_bytes: usize,
    /// Free spans.
    pub free_count: usize,
    /// The largest free span.
    pub free_bytes_largest: usize,
    /// Free bytes that may hold memory of the system, at the most.
    pub dirty_bytes: usize,
    /// Slabs, in use or partly so.
    pub slab_count: usize,
    /// Blocks of their own.
    pub large_count: usize,
    /// Heaps of threads, those without a thread included.
    pub thread_heap_count: usize,
    /// What is lost, and how scattered the free memory is.
    pub fragmentation: Fragmentation,
    /// The calls so far, by function.
    pub calls: Calls,
}

/// How much memory is no use to anybody.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fragmentation {
    /// The part of the slabs and large blocks that is not in use, from 0 to 1.
    pub overhead: f64,
    /// 1 − largest free span / all free spans, or 0 where nothing is free.
    pub external: f64,
}

impl Stats {
    fn of(process: &mut ProcessHeap) -> Self {
        let mut stats = Self {
            break_kind: process.break_kind(),
            fit: process.spans.fit(),
            heap_bytes: process.spans.region.bytes(),
            heap_bytes_peak: process.spans.region.bytes_peak(),
            live_bytes: 0,
            live_count: 0,
            free_bytes: 0,
            free_count: 0,
            free_bytes_largest: 0,
            dirty_bytes: 0,
            slab_count: 0,
            large_count: 0,
            thread_heap_count: 0,
            fragmentation: Fragmentation { overhead: 0.0, external: 0.0 },
            calls: Calls::ZERO,
        };
        let mut span_bytes = 0;
        let mut used_bytes = 0;
        process.walk(&mut |_, area| match area {
            Area::Slab { bytes, slot_bytes, live, .. } => {
                stats.slab_count += 1;
                stats.live_count += live;
                stats.live_bytes += live * slot_bytes;
                stats.free_bytes += bytes.saturating_sub(live * slot_bytes);
                used_bytes += bytes;
            }
            Area::Large { bytes, usable_bytes, .. } => {
                stats.large_count += 1;
                stats.live_count += 1;
                stats.live_bytes += usable_bytes;
                used_bytes += bytes;
            }
            Area::Free { bytes, dirty_bytes, .. } => {
                stats.free_count += 1;
                stats.free_bytes += bytes;
                stats.dirty_bytes += dirty_bytes;
                stats.free_bytes_largest = stats.free_bytes_largest.max(bytes);
                span_bytes += bytes;
            }
        });
        stats.fragmentation = Fragmentation {
            overhead: ratio(used_bytes.saturating_sub(stats.live_bytes), used_bytes),
            external: ratio(span_bytes - stats.free_bytes_largest, span_bytes),
        };
        stats.count_calls(process);
        stats
    }

    /// Adds up what the heaps counted. All that was handed out and is not live was freed.
    fn count_calls(&mut self, process: &ProcessHeap) {
        let mut handed_out = 0;
        for heap in process.pool.heaps() {
            self.thread_heap_count += 1;
            // SAFETY: heaps are never unmapped, and their counters are atomics.
            let counts = unsafe { &(*heap.as_ptr()).counts };
            handed_out +=
                counts.handed_out.iter().map(|counter| counter.load(Relaxed) as u64).sum::<u64>();
            handed_out += counts.large.load(Relaxed) as u64;
            self.calls.calloc += counts.calloc.load(Relaxed) as u64;
            self.calls.aligned_alloc += counts.aligned.load(Relaxed) as u64;
            self.calls.realloc += counts.realloc.load(Relaxed) as u64;
        }
        self.calls.malloc = handed_out.saturating_sub(self.calls.calloc + self.calls.aligned_alloc);
        self.calls.free = handed_out.saturating_sub(self.live_count as u64);
    }
}

/// `part / whole`, or 0 of nothing.
fn ratio(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of sizes needs no last bits")]
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The figures of the process's heap, or `None` before its first use.
///
/// What the calling thread holds ready is put back first. Other threads wait where they come to
/// what all share.
#[must_use]
pub fn stats() -> Option<Stats> {
    with_thread_heap_if_any(ThreadHeap::tidy);
    with_started_heap(Stats::of)
}

/// As [`stats`], for the end of a process: `None` also where the heap stays locked for a tenth of
/// a second, as by a thread that a signal handler interrupted and never went back to. Nothing is
/// put back, so what the thread holds ready counts as live.
#[must_use]
pub fn try_stats() -> Option<Stats> {
    try_with_started_heap(Stats::of)
}
