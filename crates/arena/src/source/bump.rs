//! bumpalo as a source of memory.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2_02::alloc::Allocator;
use bumpalo::Bump;

use super::{Source, Spawn, StaticSource};

// SAFETY: what bumpalo hands out stays valid until it is reset or dropped. Blocks lie in chunks of
// the global allocator, which do not move with the `Bump`.
unsafe impl Source for Bump {
    #[inline(always)]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.try_alloc_layout(layout).ok()
    }

    #[inline]
    unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions.
        unsafe { Allocator::deallocate(&self, block, layout) };
    }

    #[inline]
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the caller's conditions.
        unsafe { Allocator::grow(&self, block, old, new) }.ok().map(NonNull::cast)
    }

    #[inline]
    unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the caller's conditions.
        unsafe { Allocator::shrink(&self, block, old, new) }.ok().map(NonNull::cast)
    }

    #[inline]
    unsafe fn reset(&mut self) {
        Self::reset(self);
    }

    fn used_bytes(&self) -> usize {
        self.allocated_bytes().saturating_sub(self.chunk_capacity())
    }

    fn reserved_bytes(&self) -> usize {
        self.allocated_bytes()
    }
}

// SAFETY: a forgotten `Bump` leaks its chunks.
unsafe impl StaticSource for Bump {}

impl Spawn for Bump {
    #[inline]
    fn spawn(&self) -> Self {
        Self::new()
    }

    #[inline]
    fn renew(&mut self) {
        self.set_allocation_limit(None);
    }
}
