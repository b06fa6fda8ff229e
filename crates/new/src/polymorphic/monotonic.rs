//! `Monotonic`: memory that only ever grows, until all of it goes back at once.
//!
//! ```text
//!   the caller's bytes   │ in use        │ rest │
//!   from the upstream    │ chunk │ in use │ rest            │      each twice as large
//! ```

use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

use super::{Chunk, give_back};

/// The first chunk where the caller's bytes are few.
const CHUNK_BYTES_MIN: usize = 1024;

/// The size of the first chunk, by the caller's bytes.
const fn first_chunk_bytes(bytes: usize) -> usize {
    if bytes < CHUNK_BYTES_MIN { CHUNK_BYTES_MIN } else { bytes }
}

/// Hands out the caller's bytes one after the other, then chunks of an upstream. What is given
/// back is not used again before [`release`](Self::release): C++'s `monotonic_buffer_resource`.
///
/// # Invariants
///
/// 1. The `len` bytes from `rest` on are of the caller's bytes or of the newest chunk, and in
///    nobody's use.
/// 2. `chunks` lists what came from `upstream`.
///
/// # Examples
///
/// Objects of two types, deleted through their trait, without a heap:
///
/// ```
/// use core::fmt::Display;
/// use core::mem::MaybeUninit;
/// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
/// use heapwright_new::{Allocator, Owned, unsize};
///
/// let mut bytes = [MaybeUninit::uninit(); 256];
/// let arena = Monotonic::new(&mut bytes, NullAllocator);
/// let memory: &dyn Allocator = &arena;
///
/// let number = unsize!(Owned::try_new_in(7, memory)? => dyn Display);
/// let letter = unsize!(Owned::try_new_in('x', memory)? => dyn Display);
/// assert_eq!(format!("{number}{letter}"), "7x");
/// assert!(Owned::try_new_in([0_u8; 1000], memory).is_err());
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub struct Monotonic<'bytes, U: Allocator> {
    rest: Cell<NonNull<u8>>,
    len: Cell<usize>,
    chunks: Cell<Option<NonNull<Chunk>>>,
    /// The size of the next chunk.
    chunk_bytes: Cell<usize>,
    bytes: NonNull<[u8]>,
    upstream: U,
    lent: PhantomData<&'bytes mut [MaybeUninit<u8>]>,
}

// SAFETY: the bytes and chunks are this value's alone, and go with it.
unsafe impl<U: Allocator + Send> Send for Monotonic<'_, U> {}

impl<'bytes, U: Allocator> Monotonic<'bytes, U> {
    /// Hands out `bytes`, and then what `upstream` has.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::polymorphic::Monotonic;
    /// use heapwright_new::{Malloc, Owned};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 16];
    /// let memory = Monotonic::new(&mut bytes, Malloc);
    /// let small = Owned::try_new_in([1_u8; 16], &memory)?; // the bytes of the stack
    /// assert_eq!(memory.remaining_bytes(), 0);
    /// let large = Owned::try_new_in([2_u8; 1000], &memory)?; // a chunk from `Malloc`
    /// assert_eq!((small[15], large[999]), (1, 2));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn new(bytes: &'bytes mut [MaybeUninit<u8>], upstream: U) -> Self {
        let len = bytes.len();
        // SAFETY: a reference is not null.
        let start = unsafe { NonNull::new_unchecked(bytes.as_mut_ptr().cast::<u8>()) };
        // INVARIANT: 1 holds of the caller's bytes; 2 of nothing.
        Self {
            rest: Cell::new(start),
            len: Cell::new(len),
            chunks: Cell::new(None),
            chunk_bytes: Cell::new(first_chunk_bytes(len)),
            bytes: NonNull::slice_from_raw_parts(start, len),
            upstream,
            lent: PhantomData,
        }
    }

    /// Takes everything back at once, and gives the chunks to the upstream. Nobody uses a block
    /// any more: handles borrow this, or were forgotten.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 64];
    /// let mut memory = Monotonic::new(&mut bytes, NullAllocator);
    /// for frame in 0..100_u8 {
    ///     let pixels = Owned::try_new_in([frame; 48], &memory)?; // there is no room for two
    ///     assert_eq!(pixels[47], frame);
    ///     drop(pixels);
    ///     memory.release();
    /// }
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn release(&mut self) {
        // INVARIANT: 1 holds of the caller's bytes, also where the upstream panics below; 2 of
        // nothing.
        self.rest.set(self.bytes.cast());
        self.len.set(self.bytes.len());
        self.chunk_bytes.set(first_chunk_bytes(self.bytes.len()));
        // SAFETY: invariant 2; nobody borrows this any more, so nobody uses a block.
        unsafe { give_back(self.chunks.take(), &self.upstream) };
    }

    /// The bytes that are left before the upstream is asked. A block may need some of them to be
    /// aligned.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 64];
    /// let memory = Monotonic::new(&mut bytes, NullAllocator);
    /// drop(Owned::try_new_in([0_u8; 40], &memory)?);
    /// assert_eq!(memory.remaining_bytes(), 24); // what was given back is not used again
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn remaining_bytes(&self) -> usize {
        self.len.get()
    }

    /// The allocator behind the bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 4096];
    /// let connection = Monotonic::new(&mut bytes, NullAllocator);
    /// let request = Monotonic::new(&mut [], &connection);
    /// let header = Owned::try_new_in([0_u8; 100], &request)?;
    /// assert!(request.upstream().remaining_bytes() <= 4096 - header.len());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn upstream(&self) -> &U {
        &self.upstream
    }

    fn carve(&self, layout: Layout) -> Option<NonNull<[u8]>> {
        let rest = self.rest.get();
        // An alignment is a power of two; `align_offset` would panic where it is not.
        let gap = rest.addr().get().wrapping_neg() & (layout.align() - 1);
        let taken = gap.checked_add(layout.size())?;
        let left = self.len.get().checked_sub(taken)?;
        // SAFETY: inside the rest (invariant 1), which has as many bytes.
        let block = unsafe { rest.add(gap) };
        // SAFETY: inside the rest or at its end.
        self.rest.set(unsafe { rest.add(taken) });
        // INVARIANT: 1 holds of what is left.
        self.len.set(left);
        Some(NonNull::slice_from_raw_parts(block, layout.size()))
    }

    /// Has the upstream make room for `layout`.
    #[cold]
    fn add_chunk(&self, layout: Layout) -> Option<()> {
        let header = Layout::new::<Chunk>();
        let (needed, _) = header.extend(layout).ok()?;
        let size = needed.size().max(self.chunk_bytes.get());
        let layout = Layout::from_size_align(size, needed.align()).ok()?;
        let memory = self.upstream.allocate(layout).ok()?.cast::<u8>();
        let chunk = memory.cast::<Chunk>();
        // SAFETY: the memory is larger than a header, as aligned, and ours.
        unsafe { chunk.write(Chunk { memory, layout, next: self.chunks.get() }) };
        // INVARIANT: 2 holds, with the new one.
        self.chunks.set(Some(chunk));
        // SAFETY: the header lies inside the memory.
        self.rest.set(unsafe { memory.add(header.size()) });
        // INVARIANT: 1 holds of what is behind the header.
        self.len.set(size - header.size());
        self.chunk_bytes.set(size.saturating_mul(2));
        Some(())
    }
}

// SAFETY: blocks are apart (invariant 1), of the layout asked for, and stay until this is released
// or dropped, which nobody can do who holds a reference. Moving this moves no block.
unsafe impl<U: Allocator> Allocator for Monotonic<'_, U> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if let Some(block) = self.carve(layout) {
            return Ok(block);
        }
        self.add_chunk(layout).and_then(|()| self.carve(layout)).ok_or(AllocError)
    }

    #[inline]
    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
}

impl<U: Allocator> Drop for Monotonic<'_, U> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<U: Allocator + fmt::Debug> fmt::Debug for Monotonic<'_, U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Monotonic")
            .field("remaining_bytes", &self.len.get())
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}
