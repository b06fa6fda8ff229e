//! The program break: the end of the process's data segment, moved by `sbrk`.
//!
//! ```text
//!   data of the      start       floor         end          what the system's break may be
//!   program, foreign ├─ ours ─┬─ gap ─┬─ ours ─┤            when we come back:
//!                                              ▲ found == end   nobody moved it
//!                                              ┊      ▲ found > end   foreign memory: a gap
//!                                     ▲ found < end   our memory was taken: `Moved`
//! ```
//!
//! There is one per process and the C library's own malloc moves it too. What others do
//! *between* our calls is seen here and stepped over; what they do *during* a call nobody can
//! see, as `sbrk` reads and then moves without a lock. Hence [`ProgramBreak::new`] is unsafe.

use core::cmp::{max, min};
use core::ptr::NonNull;

use crate::align::{round_down, round_up};
use crate::claim::{Claim, ClaimFlag};
use crate::{Break, BreakError, Growth, ReservedBreak, sys};

/// Whether a break of this process owns the program break.
static PROGRAM_BREAK: ClaimFlag = ClaimFlag::new();

/// The process's own break.
///
/// The first [`grow`](Break::grow) claims it for this value; while it lives, the growth of a
/// second one answers [`BreakError::Claimed`]. The capacity is the least of 1 TiB,
/// `RLIMIT_DATA` and a quarter of `RLIMIT_AS`, as found at the first growth.
///
/// Where somebody else moved the break up in between, growth goes on above their memory and
/// [`Growth::gap_bytes`] tells how much of it lies between; the gap is never touched, and never
/// given back. [`shrink`](Break::shrink) goes down to the latest gap and no further.
///
/// Dropped, it leaves the break to the next owner. It takes down with it what lies above the
/// latest gap, if that is still the end of the data segment; the rest stays in the process
/// until it ends.
///
/// With musl there is no program break to be had: its `sbrk` refuses every move, and so every
/// growth answers [`BreakError::Exhausted`].
///
/// # Invariants
///
/// 1. With a `span`, this value holds the claim.
/// 2. `span.start <= floor <= start + len`; all three are whole pages, `len <= capacity`.
/// 3. What lies between `floor` and `start + len` is ours without a gap, zeroed by the kernel
///    when it was handed out.
#[derive(Debug)]
pub struct ProgramBreak {
    span: Option<Span>,
}

/// What a break knows once it owns the program break.
#[derive(Debug)]
struct Span {
    start: NonNull<u8>,
    len: usize,
    /// The lowest address down to which `shrink` may go: the end of the latest gap, or `start`.
    floor: usize,
    capacity: usize,
    page_size: usize,
    #[expect(dead_code, reason = "held for its Drop")]
    claim: Claim,
}

// SAFETY: the program break belongs to the process and to no thread.
unsafe impl Send for ProgramBreak {}
// SAFETY: the methods on `&self` read plain fields; `discard` touches only what its caller owns.
unsafe impl Sync for ProgramBreak {}

impl ProgramBreak {
    /// The capacity where no limit of the process is smaller: 1 TiB, or a quarter of a small
    /// address space.
    pub const CAPACITY_BYTES_MAX: usize = ReservedBreak::CAPACITY_BYTES_DEFAULT;

    /// The program break, to be claimed by the first growth.
    ///
    /// # Safety
    ///
    /// While this value lives,
    ///
    /// - no other code moves the program break *at the same time* as its `grow`, `shrink` or
    ///   drop: no other thread is then inside `sbrk`, `brk`, or a malloc that calls them;
    /// - no other code moves the break down below an end that this value has seen, and none
    ///   moves it by the raw system call, behind the C library's back.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_break::{Break, ProgramBreak};
    ///
    /// // SAFETY: this program has one thread.
    /// let mut source = unsafe { ProgramBreak::new() };
    /// let growth = source.grow(10_000)?;
    /// assert_eq!(growth.memory.len() % source.page_size(), 0);
    /// # Ok::<(), heapwright_break::BreakError>(())
    /// ```
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self { span: None }
    }
}

impl Span {
    /// Claims the program break and looks where it is. Nothing is moved yet.
    #[cold]
    fn claim() -> Result<Self, BreakError> {
        let claim = PROGRAM_BREAK.take().ok_or(BreakError::Claimed)?;
        let page_size = sys::page_size();
        let limit = min(sys::data_max(), sys::address_space_max() / 4);
        let capacity = round_down(min(limit, ProgramBreak::CAPACITY_BYTES_MAX), page_size);
        let refused = BreakError::Refused { size: page_size };
        let found = sys::program_break_at().ok_or(refused)?;
        // The data segment may end anywhere; the rest of its last page stays with its owner.
        let address = round_up(found.addr().get(), page_size).ok_or(refused)?;
        let offset = address.checked_sub(found.addr().get()).ok_or(refused)?;
        let start = NonNull::new(found.as_ptr().wrapping_add(offset)).ok_or(refused)?;
        Ok(Self { start, len: 0, floor: address, capacity, page_size, claim })
    }

    fn end(&self) -> usize {
        self.start.addr().get().saturating_add(self.len)
    }

    /// Where the next growth begins, if the system's break is at `found`.
    fn growth_base(&self, found: usize) -> Result<usize, BreakError> {
        let end = self.end();
        if found < end && self.floor < end {
            // What we own above `found` is gone: nothing can be built on it.
            return Err(BreakError::Moved { expected: end, found });
        }
        // Below our end with nothing of ours above the gap, somebody took back what was theirs,
        // and growth goes on from our end. Above it, their last page may be partly used.
        let base = round_up(max(found, end), self.page_size);
        base.ok_or(BreakError::Moved { expected: end, found })
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        let exhausted = BreakError::Exhausted { needed: bytes };
        let bytes = round_up(bytes, self.page_size).ok_or(exhausted)?;
        let start = self.start.addr().get();
        if bytes == 0 {
            return Ok(Growth { gap_bytes: 0, memory: self.slice(self.len, 0) });
        }
        let found = sys::program_break_at().ok_or(exhausted)?.addr().get();
        let base = self.growth_base(found)?;
        let offset = base.checked_sub(start).ok_or(exhausted)?;
        let len = offset.checked_add(bytes).filter(|len| *len <= self.capacity).ok_or(exhausted)?;
        let end = start.checked_add(len).ok_or(exhausted)?;
        let distance = end.checked_sub(found).and_then(|distance| isize::try_from(distance).ok());
        // SAFETY: upwards, and nobody moves the break with us (the condition of `new`).
        let before = unsafe { sys::move_program_break(distance.ok_or(exhausted)?) };
        let before = before.ok_or(exhausted)?.addr().get();
        if before != found {
            // Somebody broke the condition of `new`. Whose the pages are now cannot be told:
            // better lost than shared.
            return Err(BreakError::Moved { expected: found, found: before });
        }
        let gap_bytes = offset.saturating_sub(self.len);
        if gap_bytes > 0 {
            self.floor = base;
        }
        self.len = len;
        Ok(Growth { gap_bytes, memory: self.slice(offset, bytes) })
    }

    /// `bytes` of the span from `offset`, with the provenance of `start` for all of them, so
    /// that a heap may step from one growth to the next.
    fn slice(&self, offset: usize, bytes: usize) -> NonNull<[u8]> {
        // SAFETY: `offset` lies within the span, whose end is a valid address.
        let memory = unsafe { self.start.add(offset) };
        NonNull::slice_from_raw_parts(memory, bytes)
    }

    /// Moves the break down by `bytes`, whole pages.
    ///
    /// # Safety
    ///
    /// - Nobody else moves the break meanwhile.
    /// - Nothing refers to the last `bytes` of the span.
    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let end = self.end();
        let refused = BreakError::Refused { size: bytes };
        let target = end.checked_sub(bytes).ok_or(refused)?;
        if target < self.floor {
            return Err(BreakError::Moved { expected: target, found: self.floor });
        }
        let found = sys::program_break_at().ok_or(refused)?.addr().get();
        if found != end {
            return Err(BreakError::Moved { expected: end, found });
        }
        let distance = isize::try_from(bytes).ok().and_then(isize::checked_neg).ok_or(refused)?;
        // SAFETY: nobody moves the break with us and nothing refers to what is taken (the
        // caller's conditions); it is ours down to `floor` (invariant 3).
        unsafe { sys::move_program_break(distance) }.ok_or(refused)?;
        self.len = self.len.saturating_sub(bytes);
        Ok(())
    }
}

// SAFETY: the guarantees, by number. 1: the pages lie above every break that was seen before, so
// the kernel made them, zeroed, for this growth; the claim keeps other breaks of ours away, the
// condition of `new` keeps everybody else away. 2, 3, 4: `start` is set with the span, `len` and
// `floor` move by whole pages. 5: fields change after the last call that can fail, and a claim
// whose first growth fails is dropped. 6: `sys` keeps `errno`, the arithmetic is checked.
// 7: the kernel copies the data segment and its end.
unsafe impl Break for ProgramBreak {
    fn start(&self) -> Option<NonNull<u8>> {
        self.span.as_ref().map(|span| span.start)
    }

    fn len(&self) -> usize {
        self.span.as_ref().map_or(0, |span| span.len)
    }

    fn capacity(&self) -> usize {
        self.span.as_ref().map_or(Self::CAPACITY_BYTES_MAX, |span| span.capacity)
    }

    fn page_size(&self) -> usize {
        self.span.as_ref().map_or_else(sys::page_size, |span| span.page_size)
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        if let Some(span) = &mut self.span {
            return span.grow(bytes);
        }
        let mut span = Span::claim()?;
        let growth = span.grow(bytes)?;
        self.span = Some(span);
        Ok(growth)
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let Some(span) = &mut self.span else { return Ok(()) };
        let bytes = min(round_down(bytes, span.page_size), span.len);
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: nobody moves the break with us (the condition of `new`), and nothing refers
        // to the end of the span (the caller's condition).
        unsafe { span.shrink(bytes) }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: whole pages that `grow` returned and nobody uses meanwhile (the caller's
        // conditions); the data segment is private and writable.
        unsafe { sys::discard(pages) };
    }
}

impl Drop for ProgramBreak {
    fn drop(&mut self) {
        if let Some(span) = &mut self.span {
            let bytes = span.end().saturating_sub(span.floor);
            // SAFETY: nobody moves the break with us (the condition of `new`), and what was
            // handed out ends with the break (guarantee 1 of `Break`).
            let _left_to_the_process = unsafe { span.shrink(bytes) };
        }
    }
}
