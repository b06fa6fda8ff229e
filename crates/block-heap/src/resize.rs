//! Resize: in place where it can be, and where it cannot, by moving.
//!
//! ```text
//!   shrink       ├ in use ──────────┤           ├ in use ─┼ free ────┤
//!   grow         ├ in use ─┼ free ──┤           ├ in use ──────┼ free ┤
//!   at the top   ├ in use ─┼ top ┤ break        ├ in use ──────────────┼ top ┤ break
//! ```
//!
//! This file changes a block where it stands. How it moves is in `relocate.rs`.

use core::alloc::Layout;
use core::ptr::NonNull;

use heapwright_break::Break;

use crate::block::{Block, GRANULE, Header, block_bytes};
use crate::fit::Fit;
use crate::heap::payload_of;
use crate::{AllocError, BlockHeap};

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Changes the size of a block, and its alignment where `new` asks for another. The contents
    /// stay, up to the smaller of the two sizes.
    ///
    /// In order: by giving up what is too much, by taking the free block that follows, by moving
    /// the break; else by moving the block. Where less than an eighth of the heap is left, in the
    /// top and in the source, a block moves whenever that leaves a larger free block behind.
    ///
    /// # Errors
    ///
    /// As [`allocate`](BlockHeap::allocate); the block is as before, and still the user's.
    ///
    /// # Safety
    ///
    /// As [`deallocate`](BlockHeap::deallocate), `old` being the layout of the block; after a
    /// success the block at `payload` is gone and the returned one takes its place.
    #[inline]
    pub unsafe fn resize(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions.
        match unsafe { self.resize_block(payload, old, new) } {
            Some(block) => Ok(payload_of(block)),
            None => Err(self.refusal(new)),
        }
    }

    /// As [`resize`](BlockHeap::resize), which explains a refusal.
    ///
    /// # Safety
    ///
    /// As `resize`.
    unsafe fn resize_block(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Option<Block> {
        let held = self.span.held_block_of(payload, block_bytes(old));
        let (block, header) = held.unwrap_or_else(|| self.held(payload, old));
        let wanted = block_bytes(new);
        let kept_bytes = old.size().min(new.size());
        if self.is_short_of_memory() && new.align() <= GRANULE {
            // SAFETY: the block is in use and the caller's.
            let moved = unsafe { self.move_to_hole(block, wanted, kept_bytes) };
            if moved.is_some() {
                return moved;
            }
        }
        let is_aligned = payload.addr().get() & (new.align() - 1) == 0;
        // SAFETY: the block is in use and the caller's.
        if is_aligned && unsafe { self.resize_in_place(block, header, wanted) } {
            return Some(block);
        }
        // SAFETY: the block is in use and the caller's.
        let moved = unsafe { self.move_anywhere(block, new, kept_bytes) };
        if moved.is_some() {
            return moved;
        }
        // SAFETY: the block is in use and the caller's.
        unsafe { self.slide(block, wanted, new.align(), kept_bytes) }
    }

    /// Gives a block at least `wanted` bytes where it stands, or returns `false`.
    ///
    /// # Safety
    ///
    /// `block` is in use and `header` is its header; nobody needs the bytes beyond `wanted`.
    unsafe fn resize_in_place(&mut self, block: Block, header: Header, wanted: usize) -> bool {
        let size = header.size();
        if wanted <= size {
            // SAFETY: the caller's condition.
            unsafe { self.cut(block, size, wanted) };
            return true;
        }
        // SAFETY: a block is followed by another, or by the top.
        let next = unsafe { block.above(size) };
        let next_header = next.header();
        if next_header.is_in_use() {
            return false;
        }
        if next == self.span.top() {
            let missing = wanted - size;
            let has_grown = missing <= self.span.top_bytes() || self.grow_top(missing).is_some();
            // Where the break had been moved, the top lies above a gap now.
            if !has_grown || next != self.span.top() {
                return false;
            }
            // SAFETY: the top has the bytes that are missing.
            unsafe { self.raise_top(missing) };
            block.set_header(Header::in_use(wanted).with_previous_of(header));
            return true;
        }
        if size + next_header.size() < wanted {
            return false;
        }
        // SAFETY: `next` is free and not the top.
        let whole = size + unsafe { self.absorb(next) };
        // SAFETY: `next` is part of the block now, and what follows it says that it is free.
        unsafe { self.hand_out(block, whole, wanted) };
        block.set_header(block.header().with_previous_of(header));
        true
    }
}
