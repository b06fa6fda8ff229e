//! A break inside a buffer: no system needed.
//!
//! ```text
//!   buffer                                           buffer + capacity
//!   ├─ handed out, zeroed by `grow` ─┬─ not yet used ─┤
//!                                    ▲ break
//! ```
//!
//! The buffer is borrowed from the caller ([`FixedBreak::new`]) or stands in a `static`
//! ([`StaticBuffer`]), where a claim keeps two breaks from owning it at once (`claim.rs`).

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::align::{round_down, round_up};
use crate::claim::{Claim, ClaimFlag};
use crate::{Break, BreakError, Growth};

/// The step of a [`FixedBreak`] in bytes, and the alignment of its buffer.
const STEP: usize = 16;

/// A break inside a buffer of the caller: for boards without a system, shared memory, tests.
///
/// It moves in steps of 16 bytes and writes the zeros itself.
///
/// # Invariants
///
/// 1. `memory` is aligned to 16 bytes and valid for `capacity` bytes for as long as `'a`.
/// 2. `len <= capacity <= isize::MAX`, both multiples of 16.
/// 3. Memory is handed out only while `Ownership` is `Borrowed` or `Claimed`.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_break::{Break, FixedBreak};
///
/// #[repr(align(16))]
/// struct Buffer([MaybeUninit<u8>; 1024]);
///
/// let mut buffer = Buffer([MaybeUninit::uninit(); 1024]);
/// let mut source = FixedBreak::new(&mut buffer.0)?;
/// let growth = source.grow(100)?;
/// assert_eq!(growth.memory.len(), 112); // rounded up to 16 bytes
/// assert_eq!(source.len(), 112);
/// # Ok::<(), heapwright_break::BreakError>(())
/// ```
#[derive(Debug)]
pub struct FixedBreak<'a> {
    memory: NonNull<u8>,
    len: usize,
    capacity: usize,
    is_started: bool,
    ownership: Ownership,
    buffer: PhantomData<&'a mut [MaybeUninit<u8>]>,
}

/// By what right a [`FixedBreak`] writes its buffer.
#[derive(Debug)]
enum Ownership {
    /// The buffer was lent as `&mut`.
    Borrowed,
    /// The buffer is static and the first growth will claim it.
    Unclaimed(&'static ClaimFlag),
    /// The buffer is static and ours until the claim is dropped.
    Claimed(#[expect(dead_code, reason = "held for its Drop")] Claim),
}

// SAFETY: the memory is borrowed exclusively for `'a`, or static and claimed: it is owned by
// whoever owns the break, on whichever thread, as with `&'a mut [u8]`.
unsafe impl Send for FixedBreak<'_> {}
// SAFETY: the methods on `&self` read plain fields; `discard` writes only what its caller owns.
unsafe impl Sync for FixedBreak<'_> {}

impl<'a> FixedBreak<'a> {
    /// A break inside `buffer`, whose capacity is the buffer's length rounded down to 16 bytes.
    ///
    /// # Errors
    ///
    /// - [`BreakError::Misaligned`] where the buffer does not start at a multiple of 16.
    /// - [`BreakError::TooSmall`] where it is shorter than 16 bytes.
    pub fn new(buffer: &'a mut [MaybeUninit<u8>]) -> Result<Self, BreakError> {
        let (address, size) = (buffer.as_ptr().addr(), buffer.len());
        if !address.is_multiple_of(STEP) {
            return Err(BreakError::Misaligned { address, align: STEP });
        }
        if size < STEP {
            return Err(BreakError::TooSmall { size, size_min: STEP });
        }
        // INVARIANT: 1 and 2 are checked above, the borrow lasts for `'a`; 3 as it is exclusive.
        Ok(Self::over(NonNull::from_mut(buffer).cast(), size, Ownership::Borrowed))
    }

    const fn over(memory: NonNull<u8>, size: usize, ownership: Ownership) -> Self {
        let capacity = round_down(size, STEP);
        Self { memory, len: 0, capacity, is_started: false, ownership, buffer: PhantomData }
    }

    /// Makes the buffer ours, if it is not yet.
    fn claim(&mut self) -> Result<(), BreakError> {
        if let Ownership::Unclaimed(flag) = self.ownership {
            self.ownership = Ownership::Claimed(flag.take().ok_or(BreakError::Claimed)?);
        }
        Ok(())
    }
}

impl FixedBreak<'static> {
    /// A break inside a buffer that stands in a `static`.
    ///
    /// The first [`grow`](Break::grow) claims the buffer: while this break lives, a second
    /// break's growth answers [`BreakError::Claimed`]. Dropped, it leaves the buffer to the next.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_break::{Break, BreakError, FixedBreak, StaticBuffer};
    ///
    /// static BUFFER: StaticBuffer<4096> = StaticBuffer::new();
    ///
    /// let mut first = FixedBreak::from_static(&BUFFER);
    /// let mut second = FixedBreak::from_static(&BUFFER);
    /// first.grow(64)?;
    /// assert_eq!(second.grow(64), Err(BreakError::Claimed));
    /// # Ok::<(), BreakError>(())
    /// ```
    #[must_use]
    pub const fn from_static<const N: usize>(buffer: &'static StaticBuffer<N>) -> Self {
        // INVARIANT: 1 as the static is aligned, lives for ever and has `N >= 16` bytes;
        // 3 as the claim is still to be taken.
        Self::over(buffer.memory(), N, Ownership::Unclaimed(&buffer.claim))
    }
}

// SAFETY: the guarantees, by number. 1: the buffer is ours by invariant 3, `grow` zeroes what it
// hands out. 2, 3, 4: `memory` is fixed, `len` moves by whole steps within `capacity`. 5: `grow`
// changes nothing before its last check but a claim, which it hands back. 6: plain arithmetic
// and writes. 7: a copy of the buffer is as good as the buffer.
unsafe impl Break for FixedBreak<'_> {
    fn start(&self) -> Option<NonNull<u8>> {
        self.is_started.then_some(self.memory)
    }

    fn len(&self) -> usize {
        self.len
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn page_size(&self) -> usize {
        STEP
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        let exhausted = BreakError::Exhausted { needed: bytes };
        let bytes = round_up(bytes, STEP).ok_or(exhausted)?;
        if bytes > self.capacity.saturating_sub(self.len) {
            return Err(exhausted);
        }
        self.claim()?;
        // SAFETY: `len <= capacity`, so the sum stays inside the buffer (invariants 1 and 2).
        let end = unsafe { self.memory.add(self.len) };
        // SAFETY: `bytes` fit between `end` and the end of the buffer (checked above), which is
        // ours to write (invariant 3), and nobody holds what lies beyond `len`.
        unsafe { end.write_bytes(0, bytes) };
        self.len = self.len.saturating_add(bytes);
        self.is_started = true;
        Ok(Growth { gap_bytes: 0, memory: NonNull::slice_from_raw_parts(end, bytes) })
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        self.len = self.len.saturating_sub(round_down(bytes, STEP));
        Ok(())
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: `pages` is memory that `grow` returned, and nothing uses it meanwhile (the
        // caller's conditions).
        unsafe { pages.cast::<u8>().write_bytes(0, pages.len()) };
    }
}

/// `N` bytes for a heap in a `static`, without `static mut`.
///
/// `N` is at least 16, which is checked at build time; a remainder beyond a multiple of 16 is
/// not used. It is left out of the executable file, as zeroed statics are.
///
/// # Examples
///
/// ```
/// use heapwright_break::{FixedBreak, StaticBuffer};
///
/// static BUFFER: StaticBuffer<65536> = StaticBuffer::new();
/// const SOURCE: fn() -> FixedBreak<'static> = || FixedBreak::from_static(&BUFFER);
/// # let _ = SOURCE();
/// ```
///
/// ```compile_fail
/// static BUFFER: heapwright_break::StaticBuffer<8> = heapwright_break::StaticBuffer::new();
/// ```
#[derive(Debug)]
#[repr(C, align(16))]
pub struct StaticBuffer<const N: usize> {
    bytes: UnsafeCell<[MaybeUninit<u8>; N]>,
    claim: ClaimFlag,
}

// `repr(C)` puts `bytes` first, so the alignment of the whole is that of the bytes.
const _: () = assert!(align_of::<StaticBuffer<STEP>>() == STEP);

// SAFETY: the bytes are reached only by the break that holds the claim.
unsafe impl<const N: usize> Sync for StaticBuffer<N> {}

impl<const N: usize> StaticBuffer<N> {
    /// An unclaimed buffer.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N >= STEP, "a StaticBuffer holds at least 16 bytes") };
        Self { bytes: UnsafeCell::new([MaybeUninit::uninit(); N]), claim: ClaimFlag::new() }
    }

    const fn memory(&'static self) -> NonNull<u8> {
        // SAFETY: the address of a field is never null.
        unsafe { NonNull::new_unchecked(self.bytes.get().cast::<u8>()) }
    }
}

impl<const N: usize> Default for StaticBuffer<N> {
    fn default() -> Self {
        Self::new()
    }
}
