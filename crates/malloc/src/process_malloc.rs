//! `ProcessMalloc`: the `malloc` that the process has, whoever provides it.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator};

use crate::malloc::no_bytes;

/// The alignment that `malloc` gives by itself to blocks that are as large at least.
const ALIGN_MIN: usize = 16;

/// Whether `malloc` aligns a block as `layout` asks. C lets it align a block only for what fits
/// into it: 8 bytes to 8.
const fn is_aligned_by_malloc(layout: Layout) -> bool {
    layout.align() <= ALIGN_MIN && layout.align() <= layout.size()
}

/// The process's own `malloc`, by its C symbols: glibc's, or libheapwright's where that is
/// loaded.
///
/// For memory that crosses into C or C++, where the other side calls `free`. It has nothing to do
/// with the heap behind [`Malloc`](crate::Malloc). As an [`Allocator`], a block of no bytes is an
/// aligned address that `free` must not see; [`Allocator::deallocate`] ignores it.
///
/// # Examples
///
/// ```
/// use std::alloc::{GlobalAlloc, Layout};
/// use heapwright_malloc::ProcessMalloc;
///
/// // SAFETY: the layout has a size.
/// let block = unsafe { ProcessMalloc.alloc(Layout::new::<u64>()) };
/// // SAFETY: allocated just now by the same `malloc`, and `free` takes null too.
/// unsafe { libc::free(block.cast()) };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ProcessMalloc;

// SAFETY: the C library's blocks are as large as asked for and nobody else's until they are
// freed; those of `posix_memalign` are as aligned as asked for, all others to 16 or to what fits.
unsafe impl GlobalAlloc for ProcessMalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A size of 0 may be answered by null, which would be read as a failure.
        let size = layout.size().max(1);
        if is_aligned_by_malloc(layout) {
            // SAFETY: the call has no conditions.
            return unsafe { libc::malloc(size) }.cast();
        }
        let mut block = ptr::null_mut();
        let align = layout.align().max(size_of::<*mut u8>());
        // SAFETY: `block` is valid for the write; the alignment is a power of two (a `Layout`'s)
        // and at least the size of a pointer.
        let code = unsafe { libc::posix_memalign(&raw mut block, align, size) };
        if code == 0 { block.cast() } else { ptr::null_mut() }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_aligned_by_malloc(layout) {
            // SAFETY: the call has no conditions.
            return unsafe { libc::calloc(layout.size().max(1), 1) }.cast();
        }
        // SAFETY: the caller's condition.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: handed out just now with that size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller promises a live block of this allocator.
        unsafe { libc::free(block.cast()) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(new) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        // SAFETY: the caller promises a live block of this allocator and its layout.
        unsafe { reallocated(block, layout, new) }
    }
}

/// Moves a block to a new one.
///
/// # Safety
///
/// `block` is a live block of [`ProcessMalloc`] with the layout `old`; nobody uses it after a
/// success.
unsafe fn moved(block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
    // SAFETY: `alloc` of this type takes every layout.
    let moved = unsafe { ProcessMalloc.alloc(new) };
    if !moved.is_null() {
        let kept_bytes = old.size().min(new.size());
        // SAFETY: both blocks are live and different, and have `kept_bytes` at least.
        unsafe { block.copy_to_nonoverlapping(moved, kept_bytes) };
        // SAFETY: the caller gives it up.
        unsafe { ProcessMalloc.dealloc(block, old) };
    }
    moved
}

/// Resizes a block, its alignment included; null where there is no memory.
///
/// # Safety
///
/// As [`moved`].
unsafe fn reallocated(block: *mut u8, old: Layout, new: Layout) -> *mut u8 {
    // A block that is aligned beyond its size need not come from `malloc`; it is moved as well.
    if is_aligned_by_malloc(old) && is_aligned_by_malloc(new) {
        // SAFETY: the caller's condition.
        unsafe { libc::realloc(block.cast(), new.size().max(1)) }.cast()
    } else {
        // SAFETY: the caller's condition.
        unsafe { moved(block, old, new) }
    }
}

/// Resizes a block, its alignment included, where either layout may have no size.
///
/// # Safety
///
/// As [`moved`], but what has no size may be any address.
unsafe fn resized(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    if old.size() == 0 {
        return ProcessMalloc.allocate(new);
    }
    if new.size() == 0 {
        // SAFETY: the caller promises a live block of this allocator, and gives it up.
        unsafe { ProcessMalloc.dealloc(block.as_ptr(), old) };
        return Ok(no_bytes(new));
    }
    // SAFETY: the caller's condition.
    as_slice(unsafe { reallocated(block.as_ptr(), old, new) }, new)
}

fn as_slice(block: *mut u8, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
    let block = NonNull::new(block).ok_or(AllocError)?;
    Ok(NonNull::slice_from_raw_parts(block, layout.size()))
}

// SAFETY: every value is the same allocator, so clones are equivalent and moving one moves no
// block; blocks stay valid until they are deallocated.
unsafe impl Allocator for ProcessMalloc {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        // SAFETY: `alloc` of this type takes every layout.
        as_slice(unsafe { self.alloc(layout) }, layout)
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        // SAFETY: `alloc_zeroed` of this type takes every layout.
        as_slice(unsafe { self.alloc_zeroed(layout) }, layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        // SAFETY: the caller promises a live block of this allocator.
        unsafe { self.dealloc(block.as_ptr(), layout) };
    }

    unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller promises a live block of this allocator and its layout.
        unsafe { resized(block, old, new) }
    }

    unsafe fn grow_zeroed(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller promises a live block of this allocator and its layout.
        let grown = unsafe { resized(block, old, new) }?;
        // SAFETY: the caller promises that the new size is at least the old one.
        let rest = unsafe { grown.cast::<u8>().add(old.size()) };
        // SAFETY: up to the end of the block.
        unsafe { rest.write_bytes(0, new.size() - old.size()) };
        Ok(grown)
    }

    unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller promises a live block of this allocator and its layout.
        unsafe { resized(block, old, new) }
    }
}
