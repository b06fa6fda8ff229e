//! The malloc family as associated functions, by the startup that makes the heap.
//!
//! The fast paths stand here: of `malloc` for small sizes, and of `free` for a slot of a slab
//! whose first slice holds it. Every other way leads through `slow.rs`.
//!
//! What is known of C stops here: these functions take no null pointers and set no `errno`
//! (`heapwright-abi` does).

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::Relaxed;

use crate::size_class::GRANULE;
use crate::thread_heap::thread_heap;
use crate::{AllocError, DefaultStartup, Startup, slow, sys};

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
        crate::process_heap::with_heap::<S, _>(|_| ());
    }

    /// A block of at least `size` bytes, aligned to 16. A block of no bytes has an address of its
    /// own. `None` where the size is more than any heap can hold, or the system has no more.
    #[inline]
    #[must_use]
    pub fn malloc(size: usize) -> Option<NonNull<u8>> {
        let heap = thread_heap();
        let Some(class) = heap.small_class(size) else { return slow::malloc::<S>(size) };
        heap.pop(class).or_else(|| slow::refill::<S>(class, size))
    }

    /// As [`malloc`](Family::malloc) where that is done in a few instructions and no call, else
    /// `None`, which says nothing.
    #[inline(always)]
    #[must_use]
    pub fn malloc_quickly(size: usize) -> Option<NonNull<u8>> {
        let heap = thread_heap();
        heap.pop(heap.small_class(size)?)
    }

    /// A block for a value of type `T`: as [`malloc`](Family::malloc) and
    /// [`aligned_alloc`](Family::aligned_alloc), with all that depends on the type known when the
    /// program is compiled.
    #[inline]
    #[must_use]
    pub fn malloc_for<T>() -> Option<NonNull<T>> {
        let (size, align) = const { (size_of::<T>(), align_of::<T>()) };
        let block = match const { slow::class_of(Layout::new::<T>()) } {
            Some(class) => thread_heap()
                .pop_any(class)
                .or_else(|| slow::refill::<S>(class, class.slot_bytes())),
            None => Self::aligned_alloc(align, size),
        };
        block.map(NonNull::cast)
    }

    /// A zeroed block for `count` values of `size` bytes each. `None` also where the product is
    /// more than a `usize`.
    #[inline]
    #[must_use]
    pub fn calloc(count: usize, size: usize) -> Option<NonNull<u8>> {
        let size = count.checked_mul(size)?;
        if let Some(block) = Self::malloc_quickly(size) {
            // SAFETY: it has at least as many bytes, and they are this call's.
            unsafe { block.write_bytes(0, size) };
            slow::count_calloc();
            return Some(block);
        }
        let layout = Layout::from_size_align(size, GRANULE).ok()?;
        Self::allocate_zeroed(layout).ok().map(NonNull::cast)
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
        let new = Layout::from_size_align(size, GRANULE).ok()?;
        // SAFETY: the caller's conditions.
        unsafe { slow::resize::<S>(block, usize::MAX, new) }.ok().map(NonNull::cast)
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// `block` came from this heap, was not freed since, and nobody uses it any more.
    #[inline]
    pub unsafe fn free(block: NonNull<u8>) {
        // SAFETY: the caller's conditions; the pointer that is null is never a block.
        unsafe { Self::free_or_null(block.as_ptr()) }
    }

    /// [`free`](Family::free), but null is no block and ignored: the test costs nothing here, as
    /// null lies in no slice.
    ///
    /// # Safety
    ///
    /// `block` is null, or as for [`free`](Family::free).
    #[inline]
    pub unsafe fn free_or_null(block: *mut u8) {
        let Some((line, free)) = thread_heap().quick_slot(block) else {
            // SAFETY: the caller's conditions, or it ends the process.
            return unsafe { slow::free::<S>(block) };
        };
        // SAFETY: a slot of this heap that its user gave back.
        unsafe { block.cast::<*mut u8>().write(free) };
        line.free.store(block, Relaxed);
        if sys::count_down(line) {
            slow::slab_event(block);
        }
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
        if unsafe { Self::usable_size(block) } < size {
            crate::misuse::wrong_size(block);
        }
        // SAFETY: the caller's conditions.
        unsafe { Self::free(block) }
    }

    /// Takes a block back whose alignment and size the caller knows.
    ///
    /// # Safety
    ///
    /// As [`free`](Family::free), and the alignment and `size` are what was asked for.
    #[inline]
    pub unsafe fn free_aligned_sized(block: NonNull<u8>, _align: usize, size: usize) {
        // SAFETY: the caller's conditions.
        unsafe { Self::free_sized(block, size) }
    }

    /// A block of at least `size` bytes whose address is a multiple of `align`, and of 16.
    /// `None` also where `align` is no power of two.
    #[inline]
    #[must_use]
    pub fn aligned_alloc(align: usize, size: usize) -> Option<NonNull<u8>> {
        if align <= GRANULE && align.is_power_of_two() {
            return Self::malloc(size);
        }
        let layout = Layout::from_size_align(size, align).ok()?;
        slow::aligned::<S>(layout).ok()
    }

    /// The bytes of a block that its holder may write: at least what was asked for.
    ///
    /// # Safety
    ///
    /// `block` came from this heap and was not freed since.
    #[must_use]
    pub unsafe fn usable_size(block: NonNull<u8>) -> usize {
        slow::usable_size(block)
    }

    /// Gives free memory back to the system, but for `keep_bytes`. Returns the bytes that went
    /// back.
    pub fn trim(keep_bytes: usize) -> usize {
        crate::trim::trim::<S>(keep_bytes)
    }

    /// A block for `layout`; the slice has all the bytes that its holder may write.
    ///
    /// # Errors
    ///
    /// [`AllocError`] where no heap can hold the block, or the system has no more.
    #[inline]
    pub fn allocate(layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = Self::aligned_alloc(layout.align(), layout.size());
        let block = block.ok_or_else(|| AllocError::of(layout.size()))?;
        Ok(NonNull::slice_from_raw_parts(block, slow::usable_for(layout, block)))
    }

    /// A block for `layout` whose first `layout.size()` bytes are zero.
    ///
    /// # Errors
    ///
    /// As [`allocate`](Family::allocate).
    #[inline]
    pub fn allocate_zeroed(layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        slow::allocate_zeroed::<S>(layout)
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// As [`free`](Family::free); the layout is the one it was handed out with, or has any other
    /// size up to the block's usable one.
    #[inline]
    pub unsafe fn deallocate(block: NonNull<u8>, _layout: Layout) {
        // SAFETY: the caller's conditions.
        unsafe { Self::free(block) }
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
        // SAFETY: the caller's conditions.
        unsafe { slow::resize::<S>(block, old.size(), new) }
    }
}
