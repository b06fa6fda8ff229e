//! A break of one's own: address space reserved once, memory taken from it step by step.
//!
//! ```text
//!   start                    break                       start + capacity
//!   ├─ readable and writable ─┼─ reserved, no access, no memory ─┤
//! ```
//!
//! Nobody else moves it, so there are no gaps, and many may live side by side.

use core::cmp::{max, min};
use core::ptr::NonNull;

use crate::align::{round_down, round_up};
use crate::{Break, BreakError, Growth, sys};

/// A break inside address space that is reserved at the first growth.
///
/// Reserved address space costs no memory. Where the system refuses the capacity asked for (a
/// limit on address space, strict overcommit, a small address space), the break asks for half,
/// and again, down to [`ReservedBreak::CAPACITY_BYTES_MIN`]; [`capacity`](Break::capacity) tells
/// what it got. Dropped, it gives everything back.
///
/// # Invariants
///
/// 1. `reservation` is a mapping of our own, of exactly `capacity` bytes.
/// 2. `len <= capacity`; both are multiples of `page_size` once there is a reservation.
/// 3. The first `len` bytes of the reservation are readable and writable, the rest was never
///    written since it was last mapped.
///
/// # Examples
///
/// ```
/// use heapwright_break::{Break, ReservedBreak};
///
/// let mut source = ReservedBreak::new(1 << 30);
/// let growth = source.grow(1)?;
/// assert_eq!(growth.memory.len(), source.page_size());
/// assert_eq!(source.capacity(), 1 << 30);
/// # Ok::<(), heapwright_break::BreakError>(())
/// ```
#[derive(Debug)]
pub struct ReservedBreak {
    reservation: Option<NonNull<u8>>,
    len: usize,
    capacity: usize,
    /// 0 until the system is asked.
    page_size: usize,
}

// SAFETY: the mapping is this break's own and bound to no thread.
unsafe impl Send for ReservedBreak {}
// SAFETY: the methods on `&self` read plain fields; `discard` touches only what its caller owns.
unsafe impl Sync for ReservedBreak {}

impl ReservedBreak {
    /// The capacity of [`ReservedBreak::default`]: 1 TiB, or a quarter of a small address space.
    pub const CAPACITY_BYTES_DEFAULT: usize = {
        let quarter = usize::MAX / 4 + 1;
        if quarter.ilog2() > 40 { 1_usize.wrapping_shl(40) } else { quarter }
    };

    /// The smallest reservation that is tried where the system refuses larger ones: 1 MiB.
    /// A first growth beyond it raises it, a smaller capacity asked for lowers it.
    pub const CAPACITY_BYTES_MIN: usize = 1 << 20;

    /// A break that will reserve `capacity_bytes`, rounded up to whole pages, at its first growth.
    #[must_use]
    pub const fn new(capacity_bytes: usize) -> Self {
        Self { reservation: None, len: 0, capacity: capacity_bytes, page_size: 0 }
    }

    /// The reservation, its capacity and page size: what there is, or a new one for `bytes`.
    fn reserved(&self, bytes: usize) -> Result<(NonNull<u8>, usize, usize), BreakError> {
        match self.reservation {
            Some(start) => Ok((start, self.capacity, self.page_size)),
            None => reserve(self.capacity, bytes),
        }
    }
}

/// Reserves `capacity` bytes, or half, and again, while `bytes` fit.
#[cold]
fn reserve(capacity: usize, bytes: usize) -> Result<(NonNull<u8>, usize, usize), BreakError> {
    let page_size = sys::page_size();
    let capacity_max = round_down(isize::MAX.unsigned_abs(), page_size);
    let capacity =
        round_up(capacity, page_size).map_or(capacity_max, |size| min(size, capacity_max));
    let exhausted = BreakError::Exhausted { needed: bytes };
    let bytes = round_up(bytes, page_size).ok_or(exhausted)?;
    if capacity == 0 || bytes > capacity {
        return Err(exhausted);
    }
    let smallest =
        max(bytes, min(capacity, round_down(ReservedBreak::CAPACITY_BYTES_MIN, page_size)));
    let mut size = capacity;
    loop {
        if let Some(start) = sys::reserve(size) {
            return Ok((start, size, page_size));
        }
        if size <= smallest {
            return Err(BreakError::Refused { size });
        }
        size = max(round_down(size / 2, page_size), smallest);
    }
}

impl Default for ReservedBreak {
    fn default() -> Self {
        Self::new(Self::CAPACITY_BYTES_DEFAULT)
    }
}

// SAFETY: the guarantees, by number. 1: the mapping is private, fresh pages are zero, and
// `shrink` replaces what it takes by fresh ones. 2, 3, 4: the reservation is fixed, `len` moves
// by whole pages within it. 5: `grow` changes no field before its last call has succeeded and
// ends a reservation that did not serve. 6: `sys` keeps `errno`, the rest is checked arithmetic.
// 7: a private mapping is copied on write.
unsafe impl Break for ReservedBreak {
    fn start(&self) -> Option<NonNull<u8>> {
        self.reservation
    }

    fn len(&self) -> usize {
        self.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn page_size(&self) -> usize {
        if self.page_size == 0 { sys::page_size() } else { self.page_size }
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        let exhausted = BreakError::Exhausted { needed: bytes };
        let (start, capacity, page_size) = self.reserved(bytes)?;
        let bytes = round_up(bytes, page_size).ok_or(exhausted)?;
        if bytes > capacity.saturating_sub(self.len) {
            return Err(exhausted);
        }
        // SAFETY: `len <= capacity`, so the sum stays inside the reservation (invariants 1, 2).
        let end = unsafe { start.add(self.len) };
        let memory = NonNull::slice_from_raw_parts(end, bytes);
        // SAFETY: `bytes` fit between `end` and the end of the reservation (checked above), and
        // nobody holds what lies beyond `len`.
        let is_committed = bytes == 0 || unsafe { sys::commit(memory) };
        if !is_committed {
            if self.reservation.is_none() {
                // SAFETY: it was reserved above as a whole, and nothing refers to it yet.
                unsafe { sys::release(NonNull::slice_from_raw_parts(start, capacity)) };
            }
            return Err(exhausted);
        }
        self.reservation = Some(start);
        (self.capacity, self.page_size) = (capacity, page_size);
        self.len = self.len.saturating_add(bytes);
        Ok(Growth { gap_bytes: 0, memory })
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let bytes = min(round_down(bytes, self.page_size()), self.len);
        let (Some(start), true) = (self.reservation, bytes > 0) else { return Ok(()) };
        let len = self.len.saturating_sub(bytes);
        // SAFETY: `len <= capacity`, so the sum stays inside the reservation.
        let end = unsafe { start.add(len) };
        // SAFETY: whole pages inside the reservation, to which nothing refers (the caller's
        // condition).
        let is_given_back = unsafe { sys::decommit(NonNull::slice_from_raw_parts(end, bytes)) };
        if !is_given_back {
            return Err(BreakError::Refused { size: bytes });
        }
        self.len = len;
        Ok(())
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: whole pages of our mapping that nobody uses meanwhile (the caller's
        // conditions); private and writable by invariant 3.
        unsafe { sys::discard(pages) };
    }
}

impl Drop for ReservedBreak {
    fn drop(&mut self) {
        if let Some(start) = self.reservation {
            // SAFETY: the whole reservation, ours by invariant 1; what was handed out ends with
            // the break (guarantee 1 of `Break`).
            unsafe { sys::release(NonNull::slice_from_raw_parts(start, self.capacity)) };
        }
    }
}
