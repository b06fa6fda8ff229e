//! An arena as an allocator, for collections whose memory lives in it.
//!
//! They borrow the arena, so they are dropped before it; their memory is used again when the arena
//! is reset, or at once where it is the last that was handed out.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::Arena;
use crate::census::Census;
use crate::mode::Mode;
use crate::source::Source;

macro_rules! allocator {
    ($library:ident) => {
        // SAFETY: a block is valid until it is given back, or the arena is reset or dropped, which
        // it cannot be while it is borrowed. A copy of the reference is the same arena.
        unsafe impl<M: Mode, C: Census, S: Source> $library::alloc::Allocator
            for &Arena<'_, M, C, S>
        {
            #[inline]
            fn allocate(
                &self,
                layout: Layout,
            ) -> Result<NonNull<[u8]>, $library::alloc::AllocError> {
                whole(self.source.allocate(layout), layout).ok_or($library::alloc::AllocError)
            }

            #[inline]
            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                // SAFETY: the caller's conditions.
                unsafe { self.source.give_back(block, layout) };
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $library::alloc::AllocError> {
                // SAFETY: the caller's conditions.
                let grown = unsafe { self.source.grow(block, old, new) };
                whole(grown, new).ok_or($library::alloc::AllocError)
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $library::alloc::AllocError> {
                // SAFETY: the caller's conditions.
                let shrunk = unsafe { self.source.shrink(block, old, new) };
                whole(shrunk, new).ok_or($library::alloc::AllocError)
            }
        }
    };
}

// Two lines of one trait: hashbrown and others speak the older one.
allocator!(allocator_api2);
allocator!(allocator_api2_02);

/// A block with its length.
#[inline]
fn whole(block: Option<NonNull<u8>>, layout: Layout) -> Option<NonNull<[u8]>> {
    block.map(|block| NonNull::slice_from_raw_parts(block, layout.size()))
}
