//! Coalesce: a block that is freed becomes one with the free blocks beside it, at once.
//!
//! ```text
//!   before   ├ free ─────┼ freed now ─────┼ free ─────┤      (either neighbour, or none)
//!   after    ├ free ──────────────────────────────────┤
//! ```
//!
//! So no two free blocks ever touch. A block beside the top becomes part of the top.
//! Deferring this has been found to do harm (Johnstone and Wilson, 1998).

use super::{Block, Header};
use crate::BlockHeap;
use crate::fit::Fit;
use heapwright_break::Break;

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Frees a block.
    ///
    /// # Safety
    ///
    /// `block` is in use, `header` is its header, `size` its size, and nobody holds it any more.
    #[inline]
    pub(crate) unsafe fn release(&mut self, block: Block, header: Header, size: usize) {
        // SAFETY: a block is followed by another, or by the top.
        let next = unsafe { block.above(size) };
        let next_header = next.header();
        if header.is_previous_in_use() && next_header.is_in_use() {
            next.set_header(next_header.after_free());
            // SAFETY: nobody holds the block any more, and no neighbour is in the index.
            unsafe { self.insert(block, size) };
        } else {
            // SAFETY: the caller's conditions.
            unsafe { self.coalesce(block, header) };
        }
    }

    /// Frees a block beside a free one, or beside two, or beside the top.
    ///
    /// It is apart from `release` so that the shorter way is free of calls.
    ///
    /// # Safety
    ///
    /// As `release`.
    #[inline(never)]
    unsafe fn coalesce(&mut self, block: Block, header: Header) {
        let mut start = block;
        let mut size = header.size();
        // SAFETY: a block is followed by another, or by the top.
        let next = unsafe { block.above(size) };
        let next_header = next.header();
        // Inside a larger free block soon, but still recognised when it is freed once more.
        block.set_header(header.freed());
        if !header.is_previous_in_use() {
            // SAFETY: what is before the first block is taken as in use.
            let (previous, previous_size) = unsafe { self.free_before(block) };
            // SAFETY: it is a free block, so it is in the index.
            unsafe { self.remove(previous, previous_size) };
            start = previous;
            size += previous_size;
        }
        if next_header.is_in_use() {
            next.set_header(next_header.after_free());
        } else if next == self.span.top() {
            // SAFETY: from `start` to the old top everything is free.
            unsafe { self.span.set_top(start) };
            self.trim_if_large();
            return;
        } else {
            // SAFETY: `next` is free and not the top.
            size += unsafe { self.absorb(next) };
        }
        // SAFETY: `size` bytes from `start` on are free, in the span, and a block at least; the
        // parts were taken out of the index.
        unsafe { self.insert(start, size) };
    }

    /// Takes a free block out of the index, so that it can become part of the one before it.
    /// Returns its size.
    ///
    /// # Safety
    ///
    /// `block` is free and not the top.
    #[inline]
    pub(crate) unsafe fn absorb(&mut self, block: Block) -> usize {
        let size = self.span.free_size(block, super::GRANULE);
        // SAFETY: a free block other than the top is in the index.
        unsafe { self.remove(block, size) };
        size
    }

    /// The free block before `block`, with its size.
    ///
    /// # Safety
    ///
    /// The header of `block` says that what is before it is free.
    pub(crate) unsafe fn free_before(&self, block: Block) -> (Block, usize) {
        // SAFETY: the first block of a span has nothing before it, and says that it is in use.
        match unsafe { block.free_before(self.span.first()) } {
            Ok(found) => found,
            Err(misuse) => self.span.misuse(misuse),
        }
    }
}
