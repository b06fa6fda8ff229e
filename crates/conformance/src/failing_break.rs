//! A break that refuses: failure injection for everything that grows a heap.
//!
//! ```text
//!   grow      0  1  2  3  4  5          shrink    0  1  2
//!   refused   ·  ·  ✗  ✗  ·  ·          refused   ·  ✗  ·       by number, counted from 0
//! ```

use core::ops::Range;
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, Growth};

/// A break that refuses the calls whose numbers it was told, and passes on the others.
///
/// # Invariants
///
/// 1. `grow_count` and `shrink_count` are the calls so far, refused ones included.
#[derive(Debug)]
pub struct FailingBreak<B> {
    inner: B,
    refused_grows: Range<usize>,
    refused_shrinks: Range<usize>,
    grow_count: usize,
    shrink_count: usize,
}

impl<B: Break> FailingBreak<B> {
    /// A break that refuses nothing yet.
    #[must_use]
    pub const fn new(inner: B) -> Self {
        let nothing = usize::MAX..usize::MAX;
        Self::refusing(inner, nothing, usize::MAX..usize::MAX)
    }

    /// A break whose calls of `grow` and of `shrink` with these numbers, from 0, are refused:
    /// growth as [`BreakError::Exhausted`], shrinking as [`BreakError::Moved`].
    #[must_use]
    pub const fn refusing(
        inner: B,
        refused_grows: Range<usize>,
        refused_shrinks: Range<usize>,
    ) -> Self {
        Self { inner, refused_grows, refused_shrinks, grow_count: 0, shrink_count: 0 }
    }

    /// The same break, which refuses each `grow` with a number in `numbers`.
    #[must_use]
    pub fn refusing_grows(self, numbers: Range<usize>) -> Self {
        Self { refused_grows: numbers, ..self }
    }

    /// The same break, which refuses each `shrink` with a number in `numbers`.
    #[must_use]
    pub fn refusing_shrinks(self, numbers: Range<usize>) -> Self {
        Self { refused_shrinks: numbers, ..self }
    }

    /// How often `grow` was called, refused calls included.
    #[must_use]
    pub const fn grow_count(&self) -> usize {
        self.grow_count
    }

    /// How often `shrink` was called, refused calls included.
    #[must_use]
    pub const fn shrink_count(&self) -> usize {
        self.shrink_count
    }

    /// The break behind it.
    pub const fn inner(&self) -> &B {
        &self.inner
    }
}

// SAFETY: every guarantee is the inner break's; a refused call changes nothing but a count here.
unsafe impl<B: Break> Break for FailingBreak<B> {
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
        let number = self.grow_count;
        self.grow_count += 1;
        if self.refused_grows.contains(&number) {
            return Err(BreakError::Exhausted { needed: bytes });
        }
        self.inner.grow(bytes)
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let number = self.shrink_count;
        self.shrink_count += 1;
        if self.refused_shrinks.contains(&number) {
            let end = self.inner.start().map_or(0, |start| start.addr().get() + self.len());
            return Err(BreakError::Moved { expected: end, found: end + self.page_size() });
        }
        // SAFETY: the caller's conditions are those of the inner break.
        unsafe { self.inner.shrink(bytes) }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: the caller's conditions are those of the inner break.
        unsafe { self.inner.discard(pages) }
    }
}
