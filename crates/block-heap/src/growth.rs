//! When the heap asks its source for more and when it gives back: the policy, and the two moves.

use heapwright_break::Break;

use crate::BlockHeap;
use crate::block::GRANULE;
use crate::fit::Fit;

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Grows the top to at least `bytes`. It may lie elsewhere afterwards, above a gap.
    ///
    /// `None` where the source refuses; the heap is as before, or has a larger top.
    #[cold]
    #[inline(never)]
    pub(crate) fn grow_top(&mut self, bytes: usize) -> Option<()> {
        // A segment also holds the lead and the end mark.
        let was_started = self.span.is_started();
        let mut missing = bytes - self.span.top_bytes() + if was_started { 0 } else { GRANULE };
        loop {
            let top = self.span.top();
            self.grow_source(missing)?;
            if self.span.top_bytes() >= bytes {
                return Some(());
            }
            missing = if was_started && self.span.top() != top {
                // A gap cut the old top off. The next one may do the same, so ask for all at once.
                bytes + GRANULE
            } else {
                // The ends of the segment are no multiples of the granule.
                bytes - self.span.top_bytes()
            };
        }
    }

    /// Lowers the break by what the top has beyond `keep_bytes`, in whole pages and granules.
    /// Returns the bytes that went back to the source.
    pub fn trim(&mut self, keep_bytes: usize) -> usize {
        let page_mask = self.source.page_size().max(GRANULE) - 1;
        let bytes = self.span.top_bytes().saturating_sub(keep_bytes) & !page_mask;
        if bytes == 0 {
            return 0;
        }
        // SAFETY: the last bytes of the span are the top's, which nobody holds, and their number
        // is no more than the top has.
        if unsafe { self.source.shrink(bytes) }.is_err() {
            return 0;
        }
        // SAFETY: the break was lowered by as much.
        unsafe { self.span.lower_end(bytes) };
        self.measure_shortage();
        bytes
    }

    /// Trims where the configuration says so.
    #[inline]
    pub(crate) fn trim_if_large(&mut self) {
        if self.span.top_bytes() >= self.config.trim_bytes_min {
            self.trim(self.config.grow_bytes_min);
        }
    }

    /// Asks the source for a comfortable growth, and where it refuses for what is needed.
    fn grow_source(&mut self, needed: usize) -> Option<()> {
        let left = self.source.capacity().saturating_sub(self.source.len());
        let comfortable = needed.max(self.config.grow_bytes_min.min(left));
        let growth = self.source.grow(comfortable).or_else(|_| self.source.grow(needed));
        let Ok(growth) = growth else {
            self.refused_bytes = needed;
            return None;
        };
        self.heap_bytes_peak = self.heap_bytes_peak.max(self.source.len());
        if growth.gap_bytes == 0 || !self.span.is_started() {
            // SAFETY: returned by the source just now, and there is no gap before it.
            unsafe { self.span.extend(growth.memory) };
            self.measure_shortage();
            return Some(());
        }
        // SAFETY: returned by the source just now.
        let rest = unsafe { self.span.extend_over_gap(growth) };
        self.measure_shortage();
        if let Some((rest, bytes)) = rest {
            // SAFETY: it was the top, which is in no index, and belongs to nobody.
            unsafe { self.insert(rest, bytes) };
        }
        Some(())
    }
}
