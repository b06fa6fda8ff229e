//! Spans: runs of slices, cut and joined by boundary tags that stand outside of them.
//!
//! ```text
//!   slices   │ 5 │ 6 │ 7 │ 8 │ 9 │
//!            ├─ slab ┼─ free ────┤
//!   kind     Slab  -  Free -  FreeEnd
//!   length     2   -   3   -   3       so both neighbours of a span are found by their lines
//! ```
//!
//! Free neighbours are joined at once. Which free span is taken is the affair of the fit, one of
//! the six of `heapwright-block`; when free memory goes back to the system is that of `purge.rs`.

mod index;

use heapwright_block::fit::{AnyFit, AnyState, Fit};
use heapwright_break::{BreakError, ProcessBreak};

use self::index::{FreeSpans, index_of, slice_of};
use crate::purge::Purge;
use crate::region::{Region, Run};
use crate::slice::{Kind, Line, SLICE_SHIFT, Slice, Tables};

/// A run of slices just taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) run: Run,
    /// Whether all of it reads as zero.
    pub(crate) is_zero: bool,
}

/// All spans of a region.
///
/// # Invariants
///
/// 1. Every slice below the region's end lies in one span, in use or free, or in a gap.
/// 2. The free ones are in the index, and no two of them are neighbours.
/// 3. `live` is the number of slices in use, `purge.dirty()` the sum of `dirty` over the free.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Spans {
    pub(crate) region: Region,
    live: u32,
    pub(crate) purge: Purge,
    // Last, as most of it is never touched.
    index: AnyState,
}

impl Spans {
    /// No spans, and no memory to take them from.
    pub(crate) const NONE: Self =
        Self { region: Region::NONE, index: AnyFit::Good.state(), live: 0, purge: Purge::NONE };

    /// Takes spans of `source` by `fit` from here on.
    pub(crate) fn start(&mut self, source: ProcessBreak, fit: AnyFit) {
        self.region.start_on(source);
        // SAFETY: nothing was taken or given back before the start.
        unsafe { self.index.choose(fit) };
    }

    pub(crate) fn tables(&self) -> Tables {
        self.region.tables()
    }

    /// Which free span is taken.
    pub(crate) fn fit(&self) -> AnyFit {
        self.index.fit()
    }

    /// The slices in use.
    pub(crate) fn live(&self) -> u32 {
        self.live
    }

    /// Takes `count` slices; the caller says in their lines what they are.
    pub(crate) fn take(&mut self, count: u32) -> Result<Span, BreakError> {
        let found = match self.find(count) {
            Some(found) => found,
            None => {
                self.purge_before_growth(count);
                self.grow(count)?;
                self.find(count).ok_or(BreakError::Exhausted { needed: count as usize })?
            }
        };
        Ok(self.take_from(found, count))
    }

    /// Takes `count` slices and as many more: room to grow, whose pages the caller replaces, so
    /// that it costs addresses and no memory.
    pub(crate) fn take_roomy(&mut self, count: u32) -> Result<Span, BreakError> {
        self.take(count.saturating_mul(2)).or_else(|_| self.take(count))
    }

    /// Takes `count` slices whose first has a number such that its address is a multiple of
    /// `align` bytes, a power of two beyond a slice.
    pub(crate) fn take_aligned(&mut self, count: u32, align: usize) -> Result<Span, BreakError> {
        let exhausted = BreakError::Exhausted { needed: align };
        let slices = u32::try_from(align >> SLICE_SHIFT).map_err(|_| exhausted)?;
        let total = count.checked_add(slices).ok_or(exhausted)?;
        let Span { run, is_zero } = self.take(total)?;
        let address = self.tables().address(run.first);
        #[expect(clippy::cast_possible_truncation, reason = "less than `slices`")]
        let before = ((address.addr().get().wrapping_neg() & (align - 1)) >> SLICE_SHIFT) as u32;
        // SAFETY: `before < slices`, so it is inside the span.
        let first = unsafe { run.first.add(before) };
        // SAFETY: the end of the aligned part, still inside the span.
        let behind = unsafe { first.add(count) };
        self.live = self.live.wrapping_sub(total - count);
        self.give_back(Run { first: run.first, count: before }, is_zero);
        self.give_back(Run { first: behind, count: total - count - before }, is_zero);
        Ok(Span { run: Run { first, count }, is_zero })
    }

    /// Takes back slices that were in use, and may have been written.
    pub(crate) fn give(&mut self, run: Run) {
        self.live = self.live.wrapping_sub(run.count);
        self.give_back(run, false);
        self.purge_now_and_then();
    }

    /// Takes back slices that were in use and read as zero.
    pub(crate) fn give_clean(&mut self, run: Run) {
        self.live = self.live.wrapping_sub(run.count);
        self.give_back(run, true);
    }

    /// Lets the span in use at `run` have `count` slices, which are more, in its place.
    pub(crate) fn extend(&mut self, run: Run, count: u32) -> bool {
        let missing = count.saturating_sub(run.count);
        // SAFETY: one behind the span; below the end, or the end, where it is not looked at.
        let behind = unsafe { run.first.add(run.count) };
        let at_end = behind.number() == self.region.end();
        let free = if at_end { 0 } else { self.free_at(behind) };
        if free < missing {
            let reaches_end = behind.number() + free == self.region.end();
            if !reaches_end || self.grow(missing).is_err() || self.free_at(behind) < missing {
                return false;
            }
        }
        self.remove(behind);
        self.take_from(behind, missing);
        true
    }

    /// The length of the free span that begins at `slice`, or 0.
    fn free_at(&self, slice: Slice) -> u32 {
        let line = self.tables().line(slice);
        if line.kind() == Kind::Free { line.length.get() } else { 0 }
    }

    fn find(&mut self, count: u32) -> Option<Slice> {
        let spans = FreeSpans(self.tables());
        // SAFETY: the index holds free spans of these tables (invariant 2).
        let found = unsafe { AnyFit::find(&mut self.index, &spans, count as usize) }?;
        let slice = slice_of(found);
        self.remove(slice);
        Some(slice)
    }

    /// Whether `take` would find a span that was written for the most part, and is there.
    pub(crate) fn has_dirty(&mut self, count: u32) -> bool {
        let spans = FreeSpans(self.tables());
        // SAFETY: the index holds free spans of these tables (invariant 2).
        let found = unsafe { AnyFit::find(&mut self.index, &spans, count as usize) };
        found.is_some_and(|found| {
            let line = self.tables().line(slice_of(found));
            line.dirty.get() > line.length.get() / 4 * 3
        })
    }

    fn insert(&mut self, first: Slice, line: &Line) {
        let Some(index) = index_of(first) else { return };
        let length = line.length.get() as usize;
        let mut spans = FreeSpans(self.tables());
        // SAFETY: a free span of that length, not in the index.
        unsafe { AnyFit::insert(&mut self.index, &mut spans, index, length) };
    }

    fn remove(&mut self, first: Slice) {
        let Some(index) = index_of(first) else { return };
        let mut spans = FreeSpans(self.tables());
        let length = self.tables().line(first).length.get() as usize;
        // SAFETY: a free span of that length, in the index.
        unsafe { AnyFit::remove(&mut self.index, &mut spans, index, length) };
    }

    /// Takes the first `count` slices of a free span that is in the index no more.
    fn take_from(&mut self, first: Slice, count: u32) -> Span {
        let line = self.tables().line(first);
        let (length, dirty, is_zero) = (line.length.get(), line.dirty.get(), line.is_zero());
        let rest = length.saturating_sub(count);
        let dirty_rest = share_of(dirty, rest, length);
        self.purge.remove(dirty - dirty_rest);
        self.live += count;
        if rest > 0 {
            // SAFETY: `count < length`, so it is inside the span.
            let first_of_rest = unsafe { first.add(count) };
            self.describe(Run { first: first_of_rest, count: rest }, dirty_rest, is_zero);
            self.insert(first_of_rest, self.tables().line(first_of_rest));
        }
        line.set_kind(Kind::None);
        // SAFETY: the last slice of what is taken, which holds at least one.
        self.tables().line(unsafe { first.add(count - 1) }).set_kind(Kind::None);
        Span { run: Run { first, count }, is_zero }
    }

    /// Makes the slices of `run`, which nobody uses, a free span, joined with free neighbours.
    fn give_back(&mut self, run: Run, is_zero: bool) {
        let Run { mut first, mut count } = run;
        if count == 0 {
            return;
        }
        let mut dirty = if is_zero { 0 } else { count };
        let mut is_zero = is_zero;
        self.purge.add(dirty);
        let tables = self.tables();
        tables.line(first).set_kind(Kind::None);
        // SAFETY: one behind the run: the end is not looked at.
        let behind = unsafe { first.add(count) };
        if behind.number() < self.region.end() && self.free_at(behind) > 0 {
            let line = tables.line(behind);
            self.remove(behind);
            count += line.length.get();
            dirty += line.dirty.get();
            is_zero &= line.is_zero();
            line.set_kind(Kind::None);
        }
        if let Some(before) = self.free_before(first) {
            let line = tables.line(before);
            self.remove(before);
            // SAFETY: the last slice of the span before.
            tables.line(unsafe { first.sub(1) }).set_kind(Kind::None);
            count += line.length.get();
            dirty += line.dirty.get();
            is_zero &= line.is_zero();
            first = before;
        }
        self.describe(Run { first, count }, dirty, is_zero);
        self.insert(first, tables.line(first));
    }

    /// The start of the free span that ends right before `slice`.
    fn free_before(&self, slice: Slice) -> Option<Slice> {
        if slice.number() <= 1 {
            return None;
        }
        // SAFETY: `slice` is not the first one.
        let last = unsafe { slice.sub(1) };
        let line = self.tables().line(last);
        match line.kind() {
            Kind::Free => Some(last),
            // SAFETY: the last slice of a free span tells its length (invariant 4 of `Line`).
            Kind::FreeEnd => Some(unsafe { slice.sub(line.length.get()) }),
            _ => None,
        }
    }

    /// Writes both tags of a free span.
    fn describe(&mut self, run: Run, dirty: u32, is_zero: bool) {
        // SAFETY: the last slice of the run, which holds at least one.
        let last = self.tables().line(unsafe { run.first.add(run.count - 1) });
        last.set_kind(Kind::FreeEnd);
        last.length.set(run.count);
        let line = self.tables().line(run.first);
        // Last, as it may be the same slice.
        line.set_kind(Kind::Free);
        line.length.set(run.count);
        line.dirty.set(dirty);
        line.set_is_zero(is_zero);
    }

    /// Moves the break up until a free span of `count` slices ends there.
    fn grow(&mut self, count: u32) -> Result<(), BreakError> {
        // Above a gap nothing is joined with what is below, and the first growth may be one slice
        // short.
        const ATTEMPTS_MAX: usize = 3;
        for _ in 0..ATTEMPTS_MAX {
            let run = self.region.grow(count.saturating_sub(self.free_at_end()).max(1))?;
            self.give_back(run, true);
            if self.free_at_end() >= count {
                return Ok(());
            }
        }
        Err(BreakError::Exhausted { needed: (count as usize) << SLICE_SHIFT })
    }

    /// The length of the free span at the end of the region, or 0.
    pub(crate) fn free_at_end(&self) -> u32 {
        let end = self.region.end();
        if end == 0 {
            return 0;
        }
        // SAFETY: the end of the region has a slice before it, and is not looked at itself.
        let end = unsafe { Slice::new(end) };
        self.free_before(end).map_or(0, |first| end.number() - first.number())
    }

    /// Passes the free spans to `visit`, until it returns `false`.
    pub(crate) fn visit_free(&self, visit: &mut dyn FnMut(Slice) -> bool) {
        let spans = FreeSpans(self.tables());
        // SAFETY: the index holds free spans of these tables (invariant 2).
        unsafe { AnyFit::visit(&self.index, &spans, &mut |index| visit(slice_of(index))) };
    }
}

/// How many of `dirty` slices among `length` lie in a part of `rest` of them. Which ones were
/// written is not known, so as many as the mean; never none of some, or they would be forgotten.
fn share_of(dirty: u32, rest: u32, length: u32) -> u32 {
    let product = u64::from(dirty) * u64::from(rest);
    // A share is no larger than `dirty`.
    u32::try_from(product.div_ceil(u64::from(length).max(1))).unwrap_or(dirty)
}

#[cfg(test)]
mod tests;
