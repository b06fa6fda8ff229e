//! The trait `Break`: one span of memory whose end moves.
//!
//! ```text
//!   start                                    start + len          start + capacity
//!   ├─ memory handed out by `grow` ─┬─ gap ─┬─ memory ─┤ ─ ─ ─ ─ ─ ─ ─ ─ ┤
//!                                   └ only where somebody else moved the break
//! ```
//!
//! This file is the contract alone. Who keeps it: `program_break.rs` (the process's own break),
//! `reserved_break.rs` (address space reserved once), `fixed_break.rs` (a buffer of the caller).

use core::ptr::NonNull;

use crate::BreakError;

/// What one successful [`Break::grow`] added to the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// Bytes between the old end of the span and `memory`: they belong to somebody else and
    /// must never be touched. Zero unless the break was moved behind our back.
    pub gap_bytes: usize,
    /// The new memory: zeroed, whole pages, and its end is the new end of the span.
    pub memory: NonNull<[u8]>,
}

/// A span of memory with a movable end, the *break*.
///
/// A heap takes memory by moving the end up and gives it back by moving it down; between the
/// two it owns every byte from `start` to the end, gaps excepted.
///
/// # Guarantees
///
/// An implementation promises:
///
/// 1. Memory returned by [`grow`](Break::grow) is valid for reads and writes, zeroed, owned by
///    the holder of this break alone, and stays where it is until it is given back by
///    [`shrink`](Break::shrink) or the break is dropped. Moving the break value moves no memory.
/// 2. `start` is `None` until the first successful `grow`, fixed from then on, and a multiple of
///    [`page_size`](Break::page_size).
/// 3. `start + len` is the end of the last growth and a multiple of the page size;
///    `len <= capacity`; `capacity` never changes after the first successful `grow`.
/// 4. A growth begins at the old end, or, above a gap, at `gap_bytes` beyond it.
/// 5. A failed call changes nothing.
/// 6. No method allocates, panics, unwinds or changes `errno`.
/// 7. After `fork` the parent and the child each own a copy and may go on using it, if no other
///    thread was inside a method of this break at the time.
///
/// # Safety
///
/// Implementing this trait is a promise to keep the guarantees above: a heap hands out the
/// memory on their strength.
pub unsafe trait Break {
    /// The first address of the span, or `None` before the first successful [`grow`](Break::grow).
    fn start(&self) -> Option<NonNull<u8>>;

    /// The bytes from `start` to the break, gaps included.
    fn len(&self) -> usize;

    /// Whether nothing was ever handed out, or all of it was given back.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The most that `len` can become, in bytes: a stated bound, not a promise that the system
    /// has so much. Before the first growth it is what will be asked for.
    fn capacity(&self) -> usize;

    /// The unit in bytes by which this break moves: a power of two, at least 16, asked of the
    /// system at run time where there is one.
    fn page_size(&self) -> usize;

    /// Moves the break up by `bytes`, rounded up to whole pages.
    ///
    /// # Errors
    ///
    /// - [`BreakError::Exhausted`] beyond the capacity, or where the system has no more.
    /// - [`BreakError::Moved`] where somebody else took memory of ours away.
    /// - [`BreakError::Claimed`] or [`BreakError::Refused`] on the first call, where the memory
    ///   belongs to another break or the system grants no address space.
    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError>;

    /// Moves the break down by `bytes`, rounded down to whole pages.
    ///
    /// # Errors
    ///
    /// - [`BreakError::Moved`] where the end of the span is no longer the end of the memory behind
    ///   it, or where the move would cross a gap: what lies below belongs to somebody else.
    /// - [`BreakError::Refused`] where the system would not take the memory back.
    ///
    /// # Safety
    ///
    /// - `bytes <= len()`.
    /// - Nothing refers to the last `bytes` of the span, nor will.
    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError>;

    /// Gives the contents of `pages` back to the system and keeps their addresses: they read as
    /// zero afterwards. May run on disjoint ranges from several threads at once.
    ///
    /// # Safety
    ///
    /// - `pages` starts and ends at multiples of the page size, inside memory that `grow`
    ///   returned and `shrink` has not taken back.
    /// - Nothing reads or writes `pages` during the call, and no value in it is needed afterwards.
    unsafe fn discard(&self, pages: NonNull<[u8]>);
}

// SAFETY: every method is that of the break behind the reference, which keeps the guarantees.
unsafe impl<B: Break + ?Sized> Break for &mut B {
    fn start(&self) -> Option<NonNull<u8>> {
        (**self).start()
    }

    fn len(&self) -> usize {
        (**self).len()
    }

    fn is_empty(&self) -> bool {
        (**self).is_empty()
    }

    fn capacity(&self) -> usize {
        (**self).capacity()
    }

    fn page_size(&self) -> usize {
        (**self).page_size()
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        (**self).grow(bytes)
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        // SAFETY: the caller's conditions are those of the break behind the reference.
        unsafe { (**self).shrink(bytes) }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: the caller's conditions are those of the break behind the reference.
        unsafe { (**self).discard(pages) };
    }
}
