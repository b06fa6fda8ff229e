//! `Malloc`: the process's heap as Rust sees it.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator};

use crate::{DefaultStartup, Family};

type Heap = Family<DefaultStartup>;

/// The process's heap of this crate, as global allocator and as allocator of a collection.
///
/// A value of it is no more than a name: all are the same heap, and blocks outlive every one.
/// [`Allocator::grow`] and [`shrink`](Allocator::shrink) work in place where they can, and
/// allocations return all the bytes that their holder may write. As an [`Allocator`], a block of no
/// bytes is no more than an aligned address, which other such blocks may share, and taking back
/// whatever has no size does nothing: collections give back addresses that they never asked for.
///
/// Where its is the first call of the process, the heap starts by [`DefaultStartup`]. As
/// `#[global_allocator]` it always is, since the standard library allocates before `main`: a
/// [`Startup`](crate::Startup) of the program's own is then ignored.
///
/// # Examples
///
/// ```
/// use allocator_api2::vec::Vec;
/// use heapwright_malloc::Malloc;
///
/// let mut numbers = Vec::new_in(Malloc);
/// numbers.extend(0..100);
/// assert_eq!(numbers.iter().sum::<i32>(), 4950);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Malloc;

// SAFETY: blocks are of the layout asked for, are nobody else's until they are deallocated, and
// nothing here unwinds.
unsafe impl GlobalAlloc for Malloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        or_null(Heap::allocate(layout))
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        or_null(Heap::allocate_zeroed(layout))
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = NonNull::new(block) else { return };
        // SAFETY: the caller promises a live block of this heap and its layout.
        unsafe { Heap::deallocate(block, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(block) = NonNull::new(block) else { return ptr::null_mut() };
        let Ok(new) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        // SAFETY: the caller promises a live block of this heap and its layout.
        or_null(unsafe { Heap::resize(block, layout, new) })
    }
}

// SAFETY: every value is the same heap, so clones are equivalent and moving one moves no block;
// blocks stay valid until they are deallocated, those of no bytes for ever.
unsafe impl Allocator for Malloc {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        Heap::allocate(layout).map_err(|_| AllocError)
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        let block = Heap::allocate_zeroed(layout).map_err(|_| AllocError)?;
        // SAFETY: the block was handed out just now.
        unsafe { zero_from(block, layout.size()) };
        Ok(block)
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        // SAFETY: the caller promises a live block of this heap and a layout that fits it.
        unsafe { Heap::deallocate(block, layout) };
    }

    #[inline]
    unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        unsafe { resized(block, old, new) }
    }

    #[inline]
    unsafe fn grow_zeroed(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        let grown = unsafe { resized(block, old, new) }?;
        // SAFETY: the block is the caller's, and what is beyond the old size holds nothing yet.
        unsafe { zero_from(grown, old.size()) };
        Ok(grown)
    }

    #[inline]
    unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        unsafe { resized(block, old, new) }
    }
}

/// Gives a block another layout, where either may have no size.
///
/// # Safety
///
/// As [`Family::resize`], but what has no size may be any address.
#[inline]
unsafe fn resized(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    if old.size() == 0 {
        return Malloc.allocate(new);
    }
    if new.size() == 0 {
        // SAFETY: the caller promises a live block of this heap and a layout that fits it.
        unsafe { Heap::deallocate(block, old) };
        return Ok(no_bytes(new));
    }
    // SAFETY: the caller promises a live block of this heap and a layout that fits it.
    unsafe { Heap::resize(block, old, new) }.map_err(|_| AllocError)
}

/// What an [`Allocator`] of this crate hands out for a layout without a size.
#[inline]
pub(crate) const fn no_bytes(layout: Layout) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(layout.dangling_ptr(), 0)
}

#[inline]
fn or_null<E>(block: Result<NonNull<[u8]>, E>) -> *mut u8 {
    block.map_or(ptr::null_mut(), |block| block.cast().as_ptr())
}

/// Zeroes the bytes of a block from `size` on.
///
/// # Safety
///
/// The block is valid for writes, has `size` bytes at least, and nothing beyond is needed.
#[inline]
unsafe fn zero_from(block: NonNull<[u8]>, size: usize) {
    // SAFETY: inside the block or at its end (the caller's condition).
    let rest = unsafe { block.cast::<u8>().add(size) };
    // SAFETY: up to the end of the block.
    unsafe { rest.write_bytes(0, block.len() - size) };
}
