//! Allocators chosen at run time, as `std::pmr` has them: a handle over `&dyn Allocator`, and
//! allocators over caller bytes with another allocator behind them.
//!
//! ```text
//!   Owned<T, &dyn Allocator>
//!        │
//!   PoolAllocator<&Monotonic>      free lists by size              unsynchronized_pool_resource
//!        │ upstream
//!   Monotonic<'bytes, U>           caller bytes, then chunks       monotonic_buffer_resource
//!        │ upstream
//!   NullAllocator, Malloc, …       refuses everything, …           null_memory_resource, …
//! ```
//!
//! In C++ the sizes that go back are those of the static type: `delete_object` through a base
//! gives back the base's. Here they are those of the object, through a trait too.

mod monotonic;
mod pool;

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

pub use monotonic::Monotonic;
pub use pool::PoolAllocator;

/// Refuses everything: what stands behind bytes that must do.
///
/// # Examples
///
/// ```
/// use heapwright_new::polymorphic::NullAllocator;
/// use heapwright_new::{BadAlloc, Owned};
///
/// let refused = Owned::try_new_in([0_u8; 16], NullAllocator).unwrap_err();
/// assert_eq!(refused, BadAlloc::Exhausted { size: 16, align: 1 });
/// assert!(Owned::try_new_in((), NullAllocator).is_ok()); // needs no memory
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NullAllocator;

// SAFETY: it hands nothing out.
unsafe impl Allocator for NullAllocator {
    fn allocate(&self, _: Layout) -> Result<NonNull<[u8]>, AllocError> {
        Err(AllocError)
    }

    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
}

/// One piece of memory from an upstream, in the list of its owner.
///
/// # Invariants
///
/// 1. `memory` came from the upstream of the owner for `layout`.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    memory: NonNull<u8>,
    layout: Layout,
    next: Option<NonNull<Chunk>>,
}

/// Gives a list of chunks back.
///
/// # Safety
///
/// - The list is `upstream`'s, each with invariant 1.
/// - Nobody uses a byte of it afterwards.
unsafe fn give_back<U: Allocator>(mut list: Option<NonNull<Chunk>>, upstream: &U) {
    while let Some(chunk) = list {
        // SAFETY: a chunk in a list is valid (the caller's first condition).
        let Chunk { memory, layout, next } = unsafe { chunk.read() };
        // SAFETY: invariant 1; nobody uses it afterwards.
        unsafe { upstream.deallocate(memory, layout) };
        list = next;
    }
}
