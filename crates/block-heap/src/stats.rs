//! How full a heap is: counted by a walk, so that nothing is paid for it otherwise.

use heapwright_break::Break;

use crate::BlockHeap;
use crate::block::HEADER_BYTES;
use crate::fit::Fit;
use crate::walk::BlockState;

/// The figures of a heap at one moment. Sizes of blocks include their headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes from the start of the span to the break, gaps included.
    pub heap_bytes: usize,
    /// The most that `heap_bytes` has been.
    pub heap_bytes_peak: usize,
    /// Bytes in blocks that are handed out.
    pub live_bytes: usize,
    /// The number of blocks that are handed out.
    pub live_count: usize,
    /// Bytes in free blocks, the top included.
    pub free_bytes: usize,
    /// The number of free blocks, the top included.
    pub free_count: usize,
    /// Bytes in the largest free block.
    pub free_bytes_largest: usize,
    /// Bytes in gaps, which belong to somebody else.
    pub fence_bytes: usize,
}

/// How much of a heap's memory serves nobody, as ratios from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Fragmentation {
    /// Of the bytes in blocks that are handed out, the share that is headers. What was granted
    /// beyond the request is not known to a heap that stores no request.
    pub overhead: f64,
    /// External fragmentation: 1 − largest free block / all free bytes. Near 1, there is much
    /// free memory and no large block.
    pub external: f64,
}

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Counts the blocks. It takes time in proportion to their number.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats {
            heap_bytes: self.source.len(),
            heap_bytes_peak: self.heap_bytes_peak,
            ..Stats::default()
        };
        for block in self.walk() {
            match block.state {
                BlockState::InUse => {
                    stats.live_bytes += block.size;
                    stats.live_count += 1;
                }
                BlockState::Free | BlockState::Top => {
                    stats.free_bytes += block.size;
                    stats.free_count += 1;
                    stats.free_bytes_largest = stats.free_bytes_largest.max(block.size);
                }
                BlockState::Fence => stats.fence_bytes += block.size,
            }
        }
        stats
    }

    /// How much memory serves nobody. It takes time in proportion to the number of blocks.
    #[must_use]
    pub fn fragmentation(&self) -> Fragmentation {
        let stats = self.stats();
        Fragmentation {
            overhead: ratio(stats.live_count * HEADER_BYTES, stats.live_bytes),
            external: ratio(stats.free_bytes - stats.free_bytes_largest, stats.free_bytes),
        }
    }
}

/// `part / whole`, and 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a ratio is shown with a few digits")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
