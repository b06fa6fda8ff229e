//! When free memory goes back to the system.
//!
//! ```text
//!   in use │ free and dirty                │ free and clean
//!          ├─ budget ─────┼─ purged before  │
//!                           the heap grows
//!                           beyond its peak
//! ```
//!
//! A page that goes back and is needed again costs a page fault, as much as a hundred pairs of
//! malloc and free. So free memory is kept
//!
//! - while the heap does not grow beyond its *peak*, the most that was in use and dirty at once:
//!   only where it would, what is free beyond the *budget* goes back first, so that the peak rises
//!   by no more than the budget;
//! - for a time: what stays free for longer decays. In every interval half of what is beyond the
//!   budget goes back, and a sixteenth of the budget; the calls that come to the shared heap anyway
//!   notice that it is time.
//!
//! All of it goes back at once by `trim`.

use crate::region::Run;
use crate::slice::Slice;
use crate::span::Spans;
use crate::sys;

/// The free dirty slices that are kept for long: 1 MiB.
const BUDGET_SLICES_MIN: u32 = 64;
/// The part of what is in use that may be free and dirty besides.
const BUDGET_DIVISOR: u32 = 4;
/// By how much less than its peak the heap has when it grows, so that not every growth purges.
const SLACK_SLICES: u32 = 64;
/// How often decay is looked at, in milliseconds.
const INTERVAL_MILLISECONDS: u64 = 100;
/// The parts of what is idle that go back in an interval, beyond the budget and within it.
const DECAY_DIVISOR: u32 = 2;
const DECAY_DIVISOR_IN_BUDGET: u32 = 16;
/// How many calls pass between two looks at the clock.
const CALLS_PER_LOOK: u32 = 16;

/// What is known of the free memory that could go back.
#[derive(Debug)]
pub(crate) struct Purge {
    dirty: u32,
    /// The least that was dirty since the interval began: nobody needed that much.
    dirty_min: u32,
    /// The most slices that were in use or dirty when the heap grew.
    peak: u32,
    interval: u64,
    calls: u32,
}

impl Purge {
    pub(crate) const NONE: Self = Self { dirty: 0, dirty_min: 0, peak: 0, interval: 0, calls: 0 };

    /// The free slices that purging would give back, at the most.
    pub(crate) fn dirty(&self) -> u32 {
        self.dirty
    }

    pub(crate) fn add(&mut self, slices: u32) {
        self.dirty += slices;
    }

    pub(crate) fn remove(&mut self, slices: u32) {
        self.dirty = self.dirty.wrapping_sub(slices);
        self.dirty_min = self.dirty_min.min(self.dirty);
    }
}

impl Spans {
    /// The free dirty slices that are kept for long.
    fn budget(&self) -> u32 {
        (self.live() / BUDGET_DIVISOR).max(BUDGET_SLICES_MIN)
    }

    /// Purges what is free beyond the budget, as far as the heap would have more than ever when
    /// it grows by `count` slices.
    pub(crate) fn purge_before_growth(&mut self, count: u32) {
        let resident = self.live().saturating_add(self.purge.dirty());
        self.purge.peak = self.purge.peak.max(resident);
        let below_peak = self.purge.peak.saturating_sub(self.live().saturating_add(count));
        let budget = self.budget();
        if self.purge.dirty() > budget.max(below_peak) {
            self.purge_down_to((budget / 2).max(below_peak.saturating_sub(SLACK_SLICES)));
        }
    }

    /// Lets free memory decay, where it is time for that.
    pub(crate) fn purge_now_and_then(&mut self) {
        self.purge.calls += 1;
        if self.purge.calls >= CALLS_PER_LOOK {
            self.purge.calls = 0;
            self.decay();
        }
    }

    /// Lets free memory decay, where an interval has ended.
    pub(crate) fn decay(&mut self) {
        let interval = sys::milliseconds() / INTERVAL_MILLISECONDS;
        if interval != self.purge.interval {
            self.purge.interval = interval;
            self.end_interval();
        }
    }

    /// Purges a part of what nobody needed since the last interval.
    fn end_interval(&mut self) {
        let idle = self.purge.dirty_min;
        let in_budget = idle.min(self.budget());
        let part = (idle - in_budget).div_ceil(DECAY_DIVISOR)
            + in_budget.div_ceil(DECAY_DIVISOR_IN_BUDGET);
        self.purge_down_to(self.purge.dirty() - part);
        self.purge.dirty_min = self.purge.dirty();
    }

    /// Purges all that nobody needed since the last call of this or the last interval.
    pub(crate) fn purge_idle(&mut self) {
        self.purge_down_to(self.purge.dirty() - self.purge.dirty_min);
        self.purge.dirty_min = self.purge.dirty();
    }

    /// Purges free spans until no more than `dirty_max` slices are dirty. Returns the slices
    /// purged, at the most.
    pub(crate) fn purge_down_to(&mut self, dirty_max: u32) -> u32 {
        let tables = self.tables();
        let reads_as_zero = self.region.slices_are_pages();
        let dirty_before = self.purge.dirty();
        let mut dirty = dirty_before;
        let region = &self.region;
        self.visit_free(&mut |first: Slice| {
            if dirty <= dirty_max {
                return false;
            }
            let line = tables.line(first);
            let is_clean = if dirty_max == 0 { line.is_zero() } else { line.dirty.get() == 0 };
            if !is_clean {
                // SAFETY: a free span of the region; whoever would use it needs the lock.
                unsafe { region.discard(Run { first, count: line.length.get() }) };
                dirty -= line.dirty.get();
                line.dirty.set(0);
                line.set_is_zero(reads_as_zero);
            }
            true
        });
        self.purge.remove(dirty_before - dirty);
        dirty_before - dirty
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::Config;
    use crate::process_heap::ProcessHeap;

    const PIECE_SLICES: u32 = 48;
    const PIECES: u32 = 60;
    const WALL_SLICES: u32 = 32;
    /// A region grows by more than it is asked for.
    const GROWTH_SLICES_MAX: u32 = 64;

    fn resident(spans: &Spans) -> u32 {
        spans.live() + spans.purge.dirty()
    }

    /// A heap with free dirty pieces, slices in use behind each.
    fn in_pieces() -> ProcessHeap {
        let mut process = ProcessHeap::NOT_STARTED;
        process.start(Config::new());
        let spans = &mut process.spans;
        let pieces: Vec<_> = (0..PIECES)
            .map(|_| {
                let piece = spans.take(PIECE_SLICES).unwrap();
                spans.take(WALL_SLICES).unwrap();
                piece.run
            })
            .collect();
        for piece in pieces {
            // No look at the clock.
            spans.purge.calls = 0;
            spans.give(piece);
        }
        assert_eq!(spans.live(), PIECES * WALL_SLICES);
        assert_eq!(spans.purge.dirty(), PIECES * PIECE_SLICES);
        process
    }

    #[test]
    fn growth_purges_only_what_is_beyond_the_peak_and_the_budget() {
        let mut process = in_pieces();
        let spans = &mut process.spans;
        let peak = resident(spans);
        while spans.live() < 2 * peak {
            let dirty_before = spans.purge.dirty();
            let reaches_peak = resident(spans) + PIECE_SLICES + 1 > peak;
            // No free piece has room for it.
            spans.take(PIECE_SLICES + 1).unwrap();
            let kept = peak.saturating_sub(spans.live() + SLACK_SLICES + PIECE_SLICES);
            assert!(spans.purge.dirty() >= kept.min(dirty_before), "{:?}", spans.purge);
            let most = peak.max(spans.live() + spans.budget());
            assert!(resident(spans) <= most + GROWTH_SLICES_MAX, "{:?}", spans.purge);
            assert!(reaches_peak || spans.purge.dirty() == dirty_before, "{:?}", spans.purge);
        }
    }

    #[test]
    fn idle_memory_decays_fast_beyond_the_budget_and_slowly_within() {
        let mut process = in_pieces();
        let spans = &mut process.spans;
        let budget = spans.budget();
        spans.end_interval();
        assert_eq!(spans.purge.dirty(), PIECES * PIECE_SLICES, "it was needed in this interval");
        for _ in 0..6 {
            let dirty_before = spans.purge.dirty();
            let beyond = dirty_before.saturating_sub(budget);
            spans.end_interval();
            let purged = dirty_before - spans.purge.dirty();
            assert!(purged >= beyond / 2, "{purged} of {dirty_before}");
            assert!(purged <= beyond.div_ceil(2) + budget / 16 + PIECE_SLICES, "{purged}");
        }
        for _ in 0..100 {
            spans.end_interval();
        }
        assert_eq!(spans.purge.dirty(), 0);
    }
}
