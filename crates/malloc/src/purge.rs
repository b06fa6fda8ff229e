//! When free memory goes back to the system.
//!
//! ```text
//!   in use │ free and dirty                │ free and clean
//!          ├─ budget ─────┼─ purged before  │
//!                           the heap grows
//! ```
//!
//! A page that goes back and is needed again costs a page fault, as much as a hundred pairs of
//! malloc and free. So free memory is kept
//!
//! - while the heap does not grow: only where it would, what is free beyond the *budget* goes
//!   back first, so that the peak rises by no more than the budget;
//! - for a time: what stays free for longer decays, half of it in every interval, which the
//!   calls notice that come to the shared heap anyway.
//!
//! All of it goes back at once by `trim`.

use crate::region::Run;
use crate::slice::Slice;
use crate::span::Spans;
use crate::sys;

/// The free dirty slices that are always kept: 1 MiB.
const BUDGET_SLICES_MIN: u32 = 64;
/// The part of what is in use that may be free and dirty besides.
const BUDGET_DIVISOR: u32 = 4;
/// How often decay is looked at, in milliseconds.
const INTERVAL_MILLISECONDS: u64 = 100;
/// How many calls pass between two looks at the clock.
const CALLS_PER_LOOK: u32 = 16;

/// What is known of the free memory that could go back.
#[derive(Debug)]
pub(crate) struct Purge {
    dirty: u32,
    /// The least that was dirty since the interval began: nobody needed that much.
    dirty_min: u32,
    interval: u64,
    calls: u32,
}

impl Purge {
    pub(crate) const NONE: Self = Self { dirty: 0, dirty_min: 0, interval: 0, calls: 0 };

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
    /// Purges what is free beyond the budget.
    pub(crate) fn purge_before_growth(&mut self) {
        let budget = (self.live() / BUDGET_DIVISOR).max(BUDGET_SLICES_MIN);
        if self.purge.dirty() > budget {
            self.purge_down_to(budget / 2);
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

    /// Purges half of what nobody needed since the last interval.
    pub(crate) fn decay(&mut self) {
        let interval = sys::milliseconds() / INTERVAL_MILLISECONDS;
        if interval == self.purge.interval {
            return;
        }
        self.purge.interval = interval;
        let idle = self.purge.dirty_min;
        self.purge_down_to(self.purge.dirty() - idle.div_ceil(2));
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
