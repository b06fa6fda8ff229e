//! The figures of the heap by their names, as the report and `malloc_stats` tell them.
//!
//! | name | meaning |
//! |---|---|
//! | `heap_bytes_peak`, `heap_bytes` | from the start of the heap to its break: the most, and now |
//! | `live_bytes`, `live_count` | slots and large blocks in use, with what they are rounded up by |
//! | `free_bytes` | all the rest of the slabs, and the free spans |
//! | `free_count`, `free_bytes_largest` | free spans, and the largest of them |
//! | `dirty_bytes` | of the free spans: what may hold memory of the system, at the most |
//! | `slab_count`, `large_count` | slabs in use, wholly or partly, and blocks too large for them |
//! | `thread_heap_count` | heaps of threads, with those that wait for a new thread |
//! | `overhead_permille` | of the slabs and large blocks: what is not in use, of 1000 |
//! | `external_permille` | 1 − largest free span / all free spans, of 1000 |
//! | `malloc`, `calloc`, `realloc`, `aligned_alloc`, `free` | calls that reached the heap |
//!
//! Slots count as in use also while a thread holds them ready for its next `malloc`, or did not
//! send them home yet to the thread whose slab they are of. The counts of `malloc` and `free` have
//! as many too many.

use heapwright_malloc::Stats;

/// The names and the figures, in the order of the table.
#[cold]
#[inline(never)]
pub(crate) fn of(stats: &Stats) -> [(&'static str, u64); 18] {
    let calls = &stats.calls;
    [
        ("heap_bytes_peak", stats.heap_bytes_peak as u64),
        ("heap_bytes", stats.heap_bytes as u64),
        ("live_bytes", stats.live_bytes as u64),
        ("live_count", stats.live_count as u64),
        ("free_bytes", stats.free_bytes as u64),
        ("free_count", stats.free_count as u64),
        ("free_bytes_largest", stats.free_bytes_largest as u64),
        ("dirty_bytes", stats.dirty_bytes as u64),
        ("slab_count", stats.slab_count as u64),
        ("large_count", stats.large_count as u64),
        ("thread_heap_count", stats.thread_heap_count as u64),
        ("overhead_permille", permille(stats.fragmentation.overhead)),
        ("external_permille", permille(stats.fragmentation.external)),
        ("malloc", calls.malloc),
        ("calloc", calls.calloc),
        ("realloc", calls.realloc),
        ("aligned_alloc", calls.aligned_alloc),
        ("free", calls.free),
    ]
}

fn permille(ratio: f64) -> u64 {
    // The cast rounds down and saturates; a ratio is at most 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    let permille = (ratio * 1000.0) as u64;
    permille
}
