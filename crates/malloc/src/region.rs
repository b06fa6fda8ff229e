//! The region: one break, and the two tables that describe its slices.
//!
//! ```text
//!   base ┊ slice 1 │ slice 2 │ ... │ slice end - 1 ┊            ┊
//!        start of the break (rounded up)           break     capacity
//! ```
//!
//! The tables are reserved for the break's capacity and grow with it. Where somebody else moved
//! a program break, growth goes on above the gap; the entries of the gap stay zero, so that
//! nothing is ever joined across it.

use core::cmp::{max, min};
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, ProcessBreak, ReservedBreak};

use crate::BreakKind;
use crate::owner::OwnerEntry;
use crate::slice::{Line, SLICE_BYTES, SLICE_SHIFT, Slice, Tables};

/// The least by which the break moves up; it doubles with the heap up to the most.
const GROW_BYTES_MIN: usize = 64 << 10;
const GROW_BYTES_MAX: usize = 1 << 20;
/// By how much the tables grow at least.
const TABLE_GROW_BYTES: usize = 64 << 10;

/// Consecutive slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first: Slice,
    pub(crate) count: u32,
}

/// The memory of the heap and its tables.
///
/// # Invariants
///
/// 1. Both tables have entries for all slices below `end`, and `tables` leads to them.
/// 2. Slice `end - 1` is the last whole one below the break.
#[derive(Debug)]
pub(crate) struct Region {
    source: ProcessBreak,
    owners: ReservedBreak,
    lines: ReservedBreak,
    tables: Tables,
    end: u32,
    bytes_peak: usize,
}

impl Region {
    /// A region that has no memory and never will.
    pub(crate) const NONE: Self = Self {
        source: ProcessBreak::Reserved(ReservedBreak::new(0)),
        owners: ReservedBreak::new(0),
        lines: ReservedBreak::new(0),
        tables: Tables::NONE,
        end: 0,
        bytes_peak: 0,
    };

    /// Takes memory from `source` from here on.
    pub(crate) fn start_on(&mut self, source: ProcessBreak) {
        self.source = source;
    }

    pub(crate) fn break_kind(&self) -> BreakKind {
        match self.source {
            ProcessBreak::Reserved(_) => BreakKind::Reserved,
            ProcessBreak::Program(_) => BreakKind::Program,
        }
    }

    pub(crate) fn tables(&self) -> Tables {
        self.tables
    }

    /// One more than the number of the last slice.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    /// Bytes from the start of the region to the break, gaps included.
    pub(crate) fn bytes(&self) -> usize {
        self.source.len()
    }

    /// The most that `bytes` was.
    pub(crate) fn bytes_peak(&self) -> usize {
        self.bytes_peak
    }

    /// Moves the break up by `count` slices or more, and returns the new whole ones. They are zero.
    /// Behind a gap there may be one less: the break need not be at the end of a slice.
    pub(crate) fn grow(&mut self, count: u32) -> Result<Run, BreakError> {
        let needed = (count as usize) << SLICE_SHIFT;
        let step = (self.source.len() / 4).clamp(GROW_BYTES_MIN, GROW_BYTES_MAX);
        // The start of the break need not be the start of a slice.
        let slack = if self.end == 0 { SLICE_BYTES } else { 0 };
        let bytes = max(needed, step).next_multiple_of(SLICE_BYTES) + slack;
        self.grow_by(bytes).or_else(|error| {
            let least = needed + slack;
            if least < bytes { self.grow_by(least) } else { Err(error) }
        })
    }

    fn grow_by(&mut self, bytes: usize) -> Result<Run, BreakError> {
        let growth = self.source.grow(bytes)?;
        self.bytes_peak = max(self.bytes_peak, self.source.len());
        self.describe(growth.memory, growth.gap_bytes).ok_or_else(|| {
            // Without its entries the memory is no use. Where it cannot be given back, it is
            // lost, and the next growth begins behind it.
            // SAFETY: that is what the break just grew by, and nothing refers to it.
            let _lost = unsafe { self.source.shrink(growth.memory.len()) };
            BreakError::Exhausted { needed: bytes }
        })
    }

    /// Makes entries for the slices of new memory. `None` where there is no room for them.
    fn describe(&mut self, memory: NonNull<[u8]>, gap_bytes: usize) -> Option<Run> {
        if self.end == 0 {
            self.start(memory.cast())?;
        }
        let base = self.tables.base.addr();
        let start = memory.addr().get().checked_sub(base)?;
        let end = start.checked_add(memory.len())? >> SLICE_SHIFT;
        // What is left of the last slice before now belongs to a whole one, but across a gap.
        let first = if gap_bytes == 0 {
            self.end
        } else {
            u32::try_from(start.div_ceil(SLICE_BYTES)).ok()?
        };
        let end = u32::try_from(end).ok()?;
        let count = end.checked_sub(first)?;
        cover(&mut self.owners, (end as usize).checked_mul(size_of::<OwnerEntry>())?)?;
        cover(&mut self.lines, (end as usize).checked_mul(size_of::<Line>())?)?;
        self.tables.owners = self.owners.start()?.as_ptr().cast();
        self.tables.lines = self.lines.start()?.as_ptr().cast();
        // INVARIANT: 1 by `cover`, 2 as `end` is rounded down.
        self.end = end;
        // SAFETY: not 0, as slice 1 is the first, and below `end` unless the run is empty.
        Some(Run { first: unsafe { Slice::new(first) }, count })
    }

    /// Lays the slices over the break, whose first memory begins at `start`.
    fn start(&mut self, start: NonNull<u8>) -> Option<()> {
        let offset = start.addr().get().wrapping_neg() % SLICE_BYTES;
        // Slice 0 lies before the region, and may lie before all addresses there are.
        self.tables.base = start.as_ptr().wrapping_add(offset).wrapping_sub(SLICE_BYTES);
        let slices = (self.source.capacity() >> SLICE_SHIFT).checked_add(2)?;
        self.owners = ReservedBreak::new(slices.checked_mul(size_of::<OwnerEntry>())?);
        self.lines = ReservedBreak::new(slices.checked_mul(size_of::<Line>())?);
        self.end = 1;
        Some(())
    }

    /// Whether slices are whole pages, so that what is discarded reads as zero.
    pub(crate) fn slices_are_pages(&self) -> bool {
        self.source.page_size() <= SLICE_BYTES
    }

    /// Gives the contents of slices back to the system, but for pages that they share with others.
    ///
    /// # Safety
    ///
    /// They are slices of the region, and nobody uses them.
    pub(crate) unsafe fn discard(&self, run: Run) {
        // SAFETY: the caller's condition.
        unsafe { self.discard_pages(self.tables.memory(run.first, run.count)) };
    }

    /// Gives the contents of memory back to the system, but for pages that lie in it in part.
    ///
    /// # Safety
    ///
    /// It is memory of the region, and nobody uses it.
    pub(crate) unsafe fn discard_pages(&self, memory: NonNull<[u8]>) {
        // A power of two; `align_offset` would be a way to panic.
        let page_size = self.source.page_size();
        let start = memory.addr().get().wrapping_neg() & page_size.wrapping_sub(1);
        let Some(rest) = memory.len().checked_sub(start) else { return };
        // SAFETY: not beyond the end of the memory, as just checked.
        let start = unsafe { memory.cast::<u8>().add(start) };
        let pages = NonNull::slice_from_raw_parts(start, rest & !page_size.wrapping_sub(1));
        // SAFETY: whole pages inside what `grow` returned; nobody uses them (the caller's
        // condition).
        unsafe { self.source.discard(pages) };
    }
}

/// Makes the first `bytes` of a table readable.
fn cover(table: &mut ReservedBreak, bytes: usize) -> Option<()> {
    let Some(missing) = bytes.checked_sub(table.len()).filter(|missing| *missing > 0) else {
        return Some(());
    };
    let rest = table.capacity().checked_sub(table.len())?;
    let step = min(max(missing, TABLE_GROW_BYTES), max(rest, missing));
    table.grow(step).or_else(|_| table.grow(missing)).ok()?;
    Some(())
}
