//! A heap behind a lock of the user's choice, as the allocator that Rust's traits ask for.

use core::alloc::{GlobalAlloc, Layout};
use core::ops::Deref;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_break::Break;
use lock_api::{Mutex, MutexGuard, RawMutex};

use crate::BlockHeap;
use crate::block::HEADER_BYTES;
use crate::fit::Fit;
use crate::sys::prefetch;

/// A heap behind a lock: [`GlobalAlloc`] and [`Allocator`].
///
/// The lock must not allocate from this heap. On a board without threads, a lock that masks
/// interrupts serves; in a process, one that waits without allocating.
///
/// As an [`Allocator`], a block of no bytes is no more than an aligned address, which other such
/// blocks may share, and taking back whatever has no size does nothing: collections give back
/// addresses that they never asked for.
///
/// # Examples
///
/// A heap in a `static`, inside a buffer of the program:
///
/// ```
/// use heapwright_block::{BlockHeap, Locked};
/// use heapwright_break::{FixedBreak, StaticBuffer};
/// use spinning_top::RawSpinlock;
///
/// static BUFFER: StaticBuffer<4096> = StaticBuffer::new();
/// static HEAP: Locked<RawSpinlock, BlockHeap<FixedBreak<'static>>> =
///     Locked::new(BlockHeap::new(FixedBreak::from_static(&BUFFER)));
///
/// let mut numbers = allocator_api2::vec::Vec::new_in(&HEAP);
/// numbers.extend(0..100);
/// assert_eq!(numbers.len(), 100);
/// ```
#[derive(Debug)]
pub struct Locked<R: RawMutex, H> {
    heap: Mutex<R, H>,
}

impl<R: RawMutex, H> Locked<R, H> {
    /// Puts a heap behind a lock.
    pub const fn new(heap: H) -> Self {
        Self { heap: Mutex::from_raw(R::INIT, heap) }
    }

    /// Waits for the lock, and lends the heap as long as the guard lives.
    ///
    /// To allocate through `self` while holding the guard is a deadlock.
    pub fn lock(&self) -> Guard<'_, R, H> {
        Guard(self.heap.lock())
    }

    /// The lock itself: for those who hold it over a `fork`.
    ///
    /// # Safety
    ///
    /// As [`lock_api::Mutex::raw`]: the lock is not released while a guard lives.
    pub unsafe fn raw(&self) -> &R {
        // SAFETY: the caller's condition.
        unsafe { self.heap.raw() }
    }

    /// The heap, without its lock.
    pub fn into_inner(self) -> H {
        self.heap.into_inner()
    }
}

/// The heap as long as the lock is held. Made by [`Locked::lock`].
///
/// It lends the heap to be looked at, and has the methods that change it. It does not lend it to
/// be replaced: blocks that were handed out through the lock live as long as the [`Locked`] does.
///
/// ```compile_fail
/// use heapwright_block::{BlockHeap, Locked, fit::FirstFit};
/// use heapwright_break::ReservedBreak;
/// use spinning_top::RawSpinlock;
///
/// type Heap = BlockHeap<ReservedBreak, FirstFit>;
/// let heap: Locked<RawSpinlock, Heap> = Locked::new(Heap::new(ReservedBreak::new(1 << 20)));
/// let numbers = allocator_api2::vec::Vec::<u8, _>::with_capacity_in(100, &heap);
/// *heap.lock() = Heap::new(ReservedBreak::new(1 << 20)); // would pull the memory from under them
/// ```
#[derive(Debug)]
pub struct Guard<'locked, R: RawMutex, H>(MutexGuard<'locked, R, H>);

impl<R: RawMutex, H> Deref for Guard<'_, R, H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.0
    }
}

impl<R: RawMutex, B: Break, F: Fit> Guard<'_, R, BlockHeap<B, F>> {
    /// As [`BlockHeap::allocate`].
    ///
    /// # Errors
    ///
    /// As there.
    #[inline]
    pub fn allocate(&mut self, layout: Layout) -> Result<NonNull<[u8]>, crate::AllocError> {
        self.0.allocate(layout)
    }

    /// As [`BlockHeap::allocate_zeroed`].
    ///
    /// # Errors
    ///
    /// As there.
    #[inline]
    pub fn allocate_zeroed(&mut self, layout: Layout) -> Result<NonNull<[u8]>, crate::AllocError> {
        self.0.allocate_zeroed(layout)
    }

    /// As [`BlockHeap::deallocate`].
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn deallocate(&mut self, payload: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions.
        unsafe { self.0.deallocate(payload, layout) }
    }

    /// As [`BlockHeap::resize`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn resize(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, crate::AllocError> {
        // SAFETY: the caller's conditions.
        unsafe { self.0.resize(payload, old, new) }
    }

    /// As [`BlockHeap::trim`].
    pub fn trim(&mut self, keep_bytes: usize) -> usize {
        self.0.trim(keep_bytes)
    }
}

// SAFETY: the heap hands out blocks that fit their layouts, do not overlap and stay until they
// are taken back or the heap goes; no method of the heap panics or unwinds, and the lock lets
// one caller in at a time.
unsafe impl<R: RawMutex, B: Break, F: Fit> GlobalAlloc for Locked<R, BlockHeap<B, F>> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        as_pointer(self.lock().allocate(layout))
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        as_pointer(self.lock().allocate_zeroed(layout))
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller of `dealloc` passes a block, which is at no null address.
        let payload = unsafe { NonNull::new_unchecked(pointer) };
        prefetch_ends(pointer, layout);
        // SAFETY: the caller of `dealloc` passes a block of this heap with its layout.
        unsafe { self.lock().deallocate(payload, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller of `realloc` passes a size that is valid with this alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: the caller of `realloc` passes a block, which is at no null address.
        let payload = unsafe { NonNull::new_unchecked(pointer) };
        prefetch_ends(pointer, layout);
        // SAFETY: the caller of `realloc` passes a block of this heap with its layout.
        as_pointer(unsafe { self.lock().resize(payload, layout, new) })
    }
}

// SAFETY: as for `GlobalAlloc`; moving the value moves no block, and there are no clones. A
// layout "fits" a block if its alignment is that of the request and its size lies between the
// one asked for and the length of the slice, which is what `deallocate` and `resize` accept. A
// block of no bytes stays valid for ever.
unsafe impl<R: RawMutex, B: Break, F: Fit> Allocator for Locked<R, BlockHeap<B, F>> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        self.lock().allocate(layout).map_err(|_| AllocError)
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        let payload = self.lock().allocate_zeroed(layout).map_err(|_| AllocError)?;
        let spare = payload.len() - layout.size();
        // The trait promises a zeroed slice, which is longer than the layout.
        // SAFETY: the end of the layout is within the payload.
        let end = unsafe { payload.cast::<u8>().add(layout.size()) };
        // SAFETY: the rest of the payload.
        unsafe { end.write_bytes(0, spare) };
        Ok(payload)
    }

    #[inline]
    unsafe fn deallocate(&self, payload: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        // SAFETY: the caller's conditions.
        unsafe { self.lock().deallocate(payload, layout) }
    }

    #[inline]
    unsafe fn grow(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        unsafe { self.resized(payload, old, new) }
    }

    #[inline]
    unsafe fn grow_zeroed(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        let grown = unsafe { self.grow(payload, old, new) }?;
        // SAFETY: the old contents are within the grown payload.
        let end = unsafe { grown.cast::<u8>().add(old.size()) };
        // SAFETY: the rest of the payload.
        unsafe { end.write_bytes(0, grown.len() - old.size()) };
        Ok(grown)
    }

    #[inline]
    unsafe fn shrink(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        unsafe { self.resized(payload, old, new) }
    }
}

impl<R: RawMutex, B: Break, F: Fit> Locked<R, BlockHeap<B, F>> {
    /// Gives a block another layout, where either may have no size.
    ///
    /// # Safety
    ///
    /// As [`BlockHeap::resize`], but what has no size may be any address.
    #[inline]
    unsafe fn resized(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        if old.size() == 0 {
            return Allocator::allocate(self, new);
        }
        if new.size() == 0 {
            // SAFETY: the caller's conditions.
            unsafe { self.lock().deallocate(payload, old) };
            return Ok(no_bytes(new));
        }
        // SAFETY: the caller's conditions.
        unsafe { self.lock().resize(payload, old, new) }.map_err(|_| AllocError)
    }
}

/// What the [`Allocator`] hands out for a layout without a size.
const fn no_bytes(layout: Layout) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(layout.dangling_ptr(), 0)
}

fn as_pointer(result: Result<NonNull<[u8]>, crate::AllocError>) -> *mut u8 {
    result.map_or(ptr::null_mut(), |payload| payload.as_ptr().cast())
}

/// Fetches the headers of a block and of what follows it, while the lock is waited for.
#[inline]
fn prefetch_ends(pointer: *const u8, layout: Layout) {
    prefetch(pointer.addr().wrapping_sub(HEADER_BYTES));
    prefetch(pointer.addr().wrapping_add(layout.size()));
}
