//! Memory for objects: one way to ask, with the new-handler behind it, and one to give back.
//!
//! What has no size gets no memory: its address is the alignment. The allocators of this crate do
//! the same, and ignore it when it comes back: the `Box` of allocator-api2 gives back what it never
//! asked for.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use crate::BadAlloc;
use crate::handler::after_refusal;

/// Memory for one `T`.
#[inline]
pub(crate) fn block_for<T, A: Allocator>(allocator: &A) -> Result<NonNull<T>, BadAlloc> {
    if size_of::<T>() == 0 {
        return Ok(NonNull::dangling());
    }
    block(Layout::new::<T>(), || allocator.allocate(Layout::new::<T>()).ok())
}

/// Memory for `len` of `T`, side by side.
#[inline]
pub(crate) fn blocks_for<T, A: Allocator>(
    len: usize,
    allocator: &A,
) -> Result<NonNull<T>, BadAlloc> {
    let layout = array_layout::<T>(len)?;
    if layout.size() == 0 {
        return Ok(NonNull::dangling());
    }
    block(layout, || allocator.allocate(layout).ok())
}

/// As [`blocks_for`], of zeros.
pub(crate) fn zeroed_blocks_for<T, A: Allocator>(
    len: usize,
    allocator: &A,
) -> Result<NonNull<T>, BadAlloc> {
    let layout = array_layout::<T>(len)?;
    if layout.size() == 0 {
        return Ok(NonNull::dangling());
    }
    block(layout, || allocator.allocate_zeroed(layout).ok())
}

/// Memory for one `T` from Heapwright's malloc, whose size class is known when the program is
/// compiled.
#[cfg(feature = "malloc")]
#[inline]
pub(crate) fn malloc_block_for<T>() -> Result<NonNull<T>, BadAlloc> {
    use heapwright_malloc::{Family, Malloc};

    if size_of::<T>() == 0 {
        return Ok(NonNull::dangling());
    }
    if let Some(block) = Family::<heapwright_malloc::DefaultStartup>::malloc_for::<T>() {
        return Ok(block);
    }
    let layout = Layout::new::<T>();
    after_refusal(layout, || Malloc.allocate(layout).ok()).map(NonNull::cast)
}

/// What an allocator of this crate hands out for a layout without a size.
#[inline]
pub(crate) const fn no_bytes(layout: Layout) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(layout.dangling_ptr(), 0)
}

/// The layout of an array.
#[inline]
pub(crate) const fn array_layout<T>(len: usize) -> Result<Layout, BadAlloc> {
    match Layout::array::<T>(len) {
        Ok(layout) => Ok(layout),
        Err(_) => Err(BadAlloc::BadArrayNewLength { len, element_bytes: size_of::<T>() }),
    }
}

#[inline]
fn block<T>(
    layout: Layout,
    mut allocate: impl FnMut() -> Option<NonNull<[u8]>>,
) -> Result<NonNull<T>, BadAlloc> {
    match allocate() {
        Some(block) => Ok(block.cast()),
        None => after_refusal(layout, allocate).map(NonNull::cast),
    }
}

/// A block that goes back when this is dropped, whatever happens to the object in it.
pub(crate) struct GivesBack<'a, A: Allocator> {
    pub(crate) block: NonNull<u8>,
    pub(crate) layout: Layout,
    pub(crate) allocator: &'a A,
}

impl<'a, A: Allocator> GivesBack<'a, A> {
    /// # Safety
    ///
    /// `block` came from `allocator` for `layout`, or `layout` has no size; it is not given back
    /// otherwise, and nobody uses it after this is dropped.
    #[inline]
    pub(crate) const unsafe fn new(block: NonNull<u8>, layout: Layout, allocator: &'a A) -> Self {
        Self { block, layout, allocator }
    }
}

impl<A: Allocator> Drop for GivesBack<'_, A> {
    #[inline]
    fn drop(&mut self) {
        if self.layout.size() != 0 {
            // SAFETY: the condition of `new`.
            unsafe { self.allocator.deallocate(self.block, self.layout) };
        }
    }
}
