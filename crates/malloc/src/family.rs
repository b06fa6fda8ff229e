//! The malloc family as associated functions, by the startup that makes the heap.
//!
//! Each function is one visit to the locked heap. What is known of C stops here: these functions
//! take no null pointers and set no `errno` (`heapwright-abi` does).

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use heapwright_block::AllocError;

use crate::process_heap::with_heap;
use crate::{DefaultStartup, Startup};

/// The alignment of every block.
const ALIGN_MIN: usize = 16;

/// For blocks whose layout the caller does not tell: the heap knows their sizes by itself.
const LAYOUT_UNKNOWN: Layout = Layout::new::<()>();

/// The malloc family over the process's heap, which `S` configures where it makes the first call
/// of the process. Where another face made it, `S` is ignored.
///
/// # Examples
///
/// ```
/// use heapwright_malloc::{AnyFit, Config, Family, Startup};
///
/// struct Tight;
/// impl Startup for Tight {
///     fn config() -> Config {
///         let mut config = Config::new();
///         config.fit = AnyFit::Best;
///         config
///     }
/// }
///
/// let block = Family::<Tight>::malloc(100).expect("100 bytes are there");
/// // SAFETY: `block` came from the same heap and is freed once.
/// unsafe { Family::<Tight>::free(block) };
/// ```
#[derive(Debug)]
pub struct Family<S: Startup = DefaultStartup>(PhantomData<fn() -> S>);

impl<S: Startup> Family<S> {
    /// Makes the heap, where no call did yet. It takes no memory before the first block.
    ///
    /// Where the heap is made already, by any face, this does nothing and `S` is ignored. So it
    /// is in a program whose `#[global_allocator]` is [`Malloc`](crate::Malloc).
    pub fn start() {
        with_heap::<S, _>(|_| ());
    }

    /// A block of at least `size` bytes, aligned to 16. A block of no bytes has an address of its
    /// own. `None` where the size is more than any heap can hold, or the system has no more.
    #[inline]
    #[must_use]
    pub fn malloc(size: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(size, ALIGN_MIN).ok()?;
        Self::allocate(layout).ok().map(NonNull::cast)
    }

    /// A zeroed block for `count` values of `size` bytes each. `None` also where the product is
    /// more than a `usize`.
    #[inline]
    #[must_use]
    pub fn calloc(count: usize, size: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(count.checked_mul(size)?, ALIGN_MIN).ok()?;
        with_heap::<S, _>(|heap| {
            heap.calls.calloc += 1;
            heap.blocks.allocate_zeroed(layout)
        })
        .ok()
        .map(NonNull::cast)
    }

    /// Gives the block another size; its contents stay, up to the smaller of the two. On `None`
    /// the block is as before, and still the caller's.
    ///
    /// # Safety
    ///
    /// - `block` came from this heap and was not freed since.
    /// - After a success nobody uses `block` any more.
    #[inline]
    #[must_use]
    pub unsafe fn realloc(block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        let new = Layout::from_size_align(size, ALIGN_MIN).ok()?;
        with_heap::<S, _>(|heap| {
            heap.calls.realloc += 1;
            // SAFETY: the block is of this heap and live (the caller's first condition).
            let usable_bytes = unsafe { heap.blocks.usable_size(block) };
            let old = Layout::from_size_align(usable_bytes, 1).ok()?;
            // SAFETY: as above, `old` has the block's own size, and nobody uses the old block
            // afterwards (the caller's second condition).
            unsafe { heap.blocks.resize(block, old, new) }.ok().map(NonNull::cast)
        })
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// `block` came from this heap, was not freed since, and nobody uses it any more.
    #[inline]
    pub unsafe fn free(block: NonNull<u8>) {
        // SAFETY: the caller's conditions; a layout of no bytes fits every block.
        unsafe { Self::deallocate(block, LAYOUT_UNKNOWN) }
    }

    /// Takes a block back whose size the caller knows. A size that the block does not have is
    /// misuse, and found where it is larger than the block.
    ///
    /// # Safety
    ///
    /// As [`free`](Family::free), and `size` is what was asked for.
    #[inline]
    pub unsafe fn free_sized(block: NonNull<u8>, size: usize) {
        // SAFETY: the caller's conditions.
        unsafe { Self::free_aligned_sized(block, 1, size) }
    }

    /// Takes a block back whose alignment and size the caller knows.
    ///
    /// # Safety
    ///
    /// As [`free`](Family::free), and `align` and `size` are what was asked for.
    #[inline]
    pub unsafe fn free_aligned_sized(block: NonNull<u8>, align: usize, size: usize) {
        // No block has a layout that is none; the heap then finds the size by itself.
        let layout = Layout::from_size_align(size, align).unwrap_or(LAYOUT_UNKNOWN);
        // SAFETY: the caller's conditions.
        unsafe { Self::deallocate(block, layout) }
    }

    /// A block of at least `size` bytes whose address is a multiple of `align`, and of 16.
    /// `None` also where `align` is no power of two.
    #[inline]
    #[must_use]
    pub fn aligned_alloc(align: usize, size: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(size, align).ok()?;
        Self::allocate(layout).ok().map(NonNull::cast)
    }

    /// The bytes of a block that its holder may write: at least what was asked for.
    ///
    /// # Safety
    ///
    /// `block` came from this heap and was not freed since.
    #[must_use]
    pub unsafe fn usable_size(block: NonNull<u8>) -> usize {
        // SAFETY: the caller's condition.
        with_heap::<S, _>(|heap| unsafe { heap.blocks.usable_size(block) })
    }

    /// Lowers the break by the free memory below it, but for `keep_bytes`. Returns the bytes that
    /// went back to the system.
    pub fn trim(keep_bytes: usize) -> usize {
        with_heap::<S, _>(|heap| heap.blocks.trim(keep_bytes))
    }

    /// A block for `layout`; the slice has all the bytes that its holder may write.
    ///
    /// # Errors
    ///
    /// [`AllocError`] where no heap can hold the block, or the system has no more.
    #[inline]
    pub fn allocate(layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        with_heap::<S, _>(|heap| {
            if layout.align() <= ALIGN_MIN {
                heap.calls.malloc += 1;
            } else {
                heap.calls.aligned_alloc += 1;
            }
            heap.blocks.allocate(layout)
        })
    }

    /// A block for `layout` whose first `layout.size()` bytes are zero.
    ///
    /// # Errors
    ///
    /// As [`allocate`](Family::allocate).
    #[inline]
    pub fn allocate_zeroed(layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        with_heap::<S, _>(|heap| {
            heap.calls.calloc += 1;
            heap.blocks.allocate_zeroed(layout)
        })
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// As [`free`](Family::free); `layout` is the one it was handed out with, or has any other
    /// size up to the block's usable one.
    #[inline]
    pub unsafe fn deallocate(block: NonNull<u8>, layout: Layout) {
        with_heap::<S, _>(|heap| {
            heap.calls.free += 1;
            // SAFETY: the caller's conditions.
            unsafe { heap.blocks.deallocate(block, layout) }
        });
    }

    /// Gives a block another layout, alignment included; its contents stay, up to the smaller of
    /// the two sizes.
    ///
    /// # Errors
    ///
    /// As [`allocate`](Family::allocate); the block is as before, and still the caller's.
    ///
    /// # Safety
    ///
    /// As [`deallocate`](Family::deallocate) with `old`, but for a failure.
    #[inline]
    pub unsafe fn resize(
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        with_heap::<S, _>(|heap| {
            heap.calls.realloc += 1;
            // SAFETY: the caller's conditions.
            unsafe { heap.blocks.resize(block, old, new) }
        })
    }
}
