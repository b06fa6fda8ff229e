//! Allocators whose blocks outlive every handle, forgotten ones too.

use allocator_api2::alloc::Allocator;

/// An allocator whose blocks stay until they are given back, whatever becomes of the allocator.
///
/// What is pinned must not be moved, nor its memory be used for anything else, before it is
/// destroyed. A handle may be forgotten and never destroy it. So memory that goes with its
/// allocator, as that of an arena on the stack does, is no place for a pinned object.
///
/// Nightly Rust's trait of the same name is the same promise.
///
/// # Safety
///
/// A block handed out by a value of this type is valid, and not handed out again, until it is
/// deallocated: also where that value and all its clones are dropped or forgotten.
///
/// # Examples
///
/// A heap in a `static`, by reference:
///
/// ```
/// use heapwright_new::{Owned, StaticAllocator};
///
/// fn is_static<A: StaticAllocator>(_: &A) {}
///
/// let heap: &'static _ = Box::leak(Box::new(allocator_api2::alloc::Global));
/// is_static(&heap);
/// let pinned = Owned::into_pin(Owned::try_new_in(7, heap)?);
/// assert_eq!(*pinned, 7);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not promise to keep its memory under a forgotten handle: pinning \
               needs `Malloc`, an allocator in a `static`, or `Global` with heapwright-new's \
               feature `alloc`"
)]
pub unsafe trait StaticAllocator: Allocator {}

// SAFETY: an allocator that is borrowed for ever is never dropped, moved or lent exclusively, so
// the blocks it handed out stay valid, as `Allocator` promises of one that lives.
unsafe impl<A: Allocator + ?Sized> StaticAllocator for &'static A {}

#[cfg(feature = "malloc")]
// SAFETY: the value is no more than a name of the process's heap, which is never unmapped.
unsafe impl StaticAllocator for heapwright_malloc::Malloc {}

#[cfg(feature = "malloc")]
// SAFETY: the value is no more than a name of the process's heap.
unsafe impl StaticAllocator for heapwright_malloc::ProcessMalloc {}

#[cfg(feature = "alloc")]
// SAFETY: the value is no more than a name of the program's global allocator.
unsafe impl StaticAllocator for allocator_api2::alloc::Global {}
