//! A break that somebody else moves: growth above gaps, without a second malloc.
//!
//! ```text
//!   start                                                        break
//!   ├─ growth 0 ─┼─ growth 1 ─┼▒ gap ▒┼─ growth 2 ─┼─ growth 3 ─┼▒ gap ▒┼─ growth 4 ─┤
//!                              pattern: checked by `check_gaps`
//! ```
//!
//! The gaps are memory of the break behind it, filled with a pattern, so that a heap that
//! writes, discards or hands out memory that it does not own is seen.

use core::ops::Range;
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, Growth};

use crate::pattern;

/// Gaps that one break can hold; later growth has none.
const GAP_COUNT_MAX: usize = 64;

/// A gap whose contents changed: the heap touched memory that is not its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapDamaged {
    /// Where the gap starts.
    pub gap: usize,
    /// The offset of the first byte that changed.
    pub offset: usize,
}

/// A break above whose end somebody else takes memory now and then.
///
/// # Invariants
///
/// 1. The first `gap_count` of `gaps` are in ascending order, inside the memory of `inner`, and
///    hold the pattern of their number as long as nobody breaks the rules.
/// 2. No gap ends above the break.
#[derive(Debug)]
pub struct GappyBreak<B> {
    inner: B,
    gaps: [Gap; GAP_COUNT_MAX],
    gap_count: usize,
    grow_count: usize,
    every: usize,
    gap_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Gap {
    start: NonNull<u8>,
    len: usize,
}

impl Gap {
    fn range(&self) -> Range<usize> {
        let start = self.start.addr().get();
        start..start + self.len
    }
}

// SAFETY: the gaps point into memory that the inner break owns, and nobody else has them.
unsafe impl<B: Send> Send for GappyBreak<B> {}

impl<B: Break> GappyBreak<B> {
    /// A break that grows above a gap of `gap_bytes`, rounded up to whole pages of `inner`, at
    /// every `every`-th growth but the first of all.
    ///
    /// # Panics
    ///
    /// Where `every` is 0.
    #[must_use]
    pub const fn new(inner: B, every: usize, gap_bytes: usize) -> Self {
        assert!(every > 0, "a gap at every 0th growth means nothing");
        let gap = Gap { start: NonNull::dangling(), len: 0 };
        let gaps = [gap; GAP_COUNT_MAX];
        Self { inner, gaps, gap_count: 0, grow_count: 0, every, gap_bytes }
    }

    /// The ranges that belong to somebody else, in ascending order.
    pub fn gaps(&self) -> impl Iterator<Item = Range<usize>> {
        self.gaps[..self.gap_count].iter().map(Gap::range)
    }

    /// Checks that nobody wrote to a gap.
    ///
    /// # Errors
    ///
    /// [`GapDamaged`] with the first byte that changed.
    pub fn check_gaps(&self) -> Result<(), GapDamaged> {
        for (number, gap) in (0..).zip(&self.gaps[..self.gap_count]) {
            // SAFETY: by invariant 1 the gap is memory of `inner`, filled when it was made.
            if let Some(offset) = unsafe { pattern::first_damage(gap.start, gap.len, number) } {
                return Err(GapDamaged { gap: gap.start.addr().get(), offset });
            }
        }
        Ok(())
    }

    /// Takes memory at the break as somebody else would. Where there is none, there is no gap.
    fn make_gap(&mut self) -> usize {
        if self.gap_count == GAP_COUNT_MAX {
            return 0;
        }
        let Ok(growth) = self.inner.grow(self.gap_bytes) else {
            return 0;
        };
        let number = u64::try_from(self.gap_count).unwrap_or(0);
        // SAFETY: the memory was just granted to us and nobody else knows it.
        unsafe { pattern::fill(growth.memory, number) };
        // INVARIANT: 1, it lies above all earlier gaps and is filled; 2, it ends at the break.
        self.gaps[self.gap_count] = Gap { start: growth.memory.cast(), len: growth.memory.len() };
        self.gap_count += 1;
        growth.gap_bytes + growth.memory.len()
    }

    /// Gives the newest gap back, as if it had never been.
    fn unmake_gap(&mut self) {
        self.gap_count -= 1;
        let len = self.gaps[self.gap_count].len;
        // SAFETY: the gap is the last `len` bytes of the span, and only we know it. Where the
        // inner break refuses, the memory stays unused, which is harmless.
        let _ = unsafe { self.inner.shrink(len) };
    }
}

// SAFETY: the guarantees, by number. 1: memory is the inner break's and never a gap's. 2: the
// inner start. 3: the inner length, gaps included. 4: the gap that was made is reported. 5: a gap
// made for a growth that fails is given back. 6: nothing here allocates; `fill` cannot panic.
// 7: the fields are plain values.
unsafe impl<B: Break> Break for GappyBreak<B> {
    fn start(&self) -> Option<NonNull<u8>> {
        self.inner.start()
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    fn page_size(&self) -> usize {
        self.inner.page_size()
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        let wants_gap = self.grow_count != 0 && self.grow_count.is_multiple_of(self.every);
        let gap_bytes = if wants_gap { self.make_gap() } else { 0 };
        match self.inner.grow(bytes) {
            Ok(growth) => {
                self.grow_count += 1;
                Ok(Growth { gap_bytes: gap_bytes + growth.gap_bytes, ..growth })
            }
            Err(error) => {
                if gap_bytes > 0 {
                    self.unmake_gap();
                }
                Err(error)
            }
        }
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let start = self.inner.start().map_or(0, |start| start.addr().get());
        let end = start + self.len();
        if let Some(newest) = self.gaps().last()
            && end - bytes < newest.end
        {
            return Err(BreakError::Moved { expected: end - bytes, found: newest.end });
        }
        // SAFETY: the caller's conditions, and by the check above no gap is given back.
        unsafe { self.inner.shrink(bytes) }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: the caller's conditions are those of the inner break.
        unsafe { self.inner.discard(pages) }
    }
}
