//! A `GlobalAlloc` value as an `Allocator`, so that the same checks serve both.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

/// A [`GlobalAlloc`] value as an [`Allocator`].
///
/// `grow` and `shrink` go to `realloc` wherever the alignment stays the same, and zeroed memory
/// comes from `alloc_zeroed`, so that all four methods are reached. Size 0, which a `GlobalAlloc`
/// must not be asked for, is a dangling pointer.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByGlobalAlloc<G>(pub G);

impl<G: GlobalAlloc> ByGlobalAlloc<G> {
    /// # Safety
    ///
    /// `payload` is a live block of `self` that `old` fits.
    unsafe fn resize(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        if old.align() == new.align() && old.size() != 0 && new.size() != 0 {
            // SAFETY: the block is live and `old` fits it (caller), the new size is not 0, and
            // `new` is a layout of the same alignment, so it does not overflow when rounded up.
            let moved = unsafe { self.0.realloc(payload.as_ptr(), old, new.size()) };
            return block(moved, new.size());
        }
        let fresh = self.allocate(new)?;
        let kept = old.size().min(new.size());
        // SAFETY: both blocks are live, distinct, and at least `kept` bytes long.
        unsafe { payload.copy_to_nonoverlapping(fresh.cast(), kept) };
        // SAFETY: the block is live and `old` fits it (caller).
        unsafe { self.deallocate(payload, old) };
        Ok(fresh)
    }
}

// SAFETY: `GlobalAlloc` promises valid memory until deallocation; the blocks of size 0 are never
// read or written. There is no way to a clone that behaves differently but through `G`'s own.
unsafe impl<G: GlobalAlloc> Allocator for ByGlobalAlloc<G> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(NonNull::slice_from_raw_parts(layout.dangling_ptr(), 0));
        }
        // SAFETY: the size is not 0.
        block(unsafe { self.0.alloc(layout) }, layout.size())
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return self.allocate(layout);
        }
        // SAFETY: the size is not 0.
        block(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn deallocate(&self, payload: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            // SAFETY: the block is live and `layout` fits it (caller); its size is not 0, so it
            // came from `alloc`, `alloc_zeroed` or `realloc`.
            unsafe { self.0.dealloc(payload.as_ptr(), layout) }
        }
    }

    unsafe fn grow(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions include those of `resize`.
        unsafe { self.resize(payload, old, new) }
    }

    unsafe fn shrink(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions include those of `resize`.
        unsafe { self.resize(payload, old, new) }
    }
}

fn block(start: *mut u8, size: usize) -> Result<NonNull<[u8]>, AllocError> {
    let start = NonNull::new(start).ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(start, size))
}
