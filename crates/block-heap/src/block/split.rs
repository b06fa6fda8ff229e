//! Split: what a block has too much becomes a free block of its own.
//!
//! ```text
//!   before   ├ free, whole bytes ─────────────────────────┤
//!   after    ├ in use, size bytes ─────┼ free, the rest ──┤
//! ```
//!
//! Sizes are multiples of the smallest block, so the rest is nothing or a block.

use super::{Block, Header};
use crate::BlockHeap;
use crate::fit::Fit;
use heapwright_break::Break;

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Hands out the first `size` bytes of a free block of `whole` bytes; the rest becomes a free
    /// block.
    ///
    /// # Safety
    ///
    /// - `block` is free, has `whole >= size` bytes, and is not in the fit's index.
    /// - What follows it is in use, and its header says that what is before it is free.
    #[inline]
    pub(crate) unsafe fn hand_out(&mut self, block: Block, whole: usize, size: usize) {
        let rest = whole - size;
        block.set_header(Header::in_use(size).after_used());
        // SAFETY: `size` bytes and more belong to this block.
        let behind = unsafe { block.above(size) };
        if rest == 0 {
            behind.set_header(behind.header().after_used());
        } else {
            // SAFETY: the rest belongs to no user and to no block in the index, and every
            // multiple of the granule is large enough.
            unsafe { self.insert(behind, rest) };
        }
    }

    /// Cuts a block in use down to `size` bytes and frees the rest.
    ///
    /// # Safety
    ///
    /// `block` is in use, has `whole >= size` bytes, and the user does not hold the bytes from
    /// `size` on any more.
    pub(crate) unsafe fn cut(&mut self, block: Block, whole: usize, size: usize) {
        let rest = whole - size;
        if rest == 0 {
            return;
        }
        block.set_header(Header::in_use(size).with_previous_of(block.header()));
        // SAFETY: the rest lies in the block.
        let rest_block = unsafe { block.above(size) };
        rest_block.set_header(Header::in_use(rest).after_used());
        // SAFETY: the rest is a block in use that nobody holds.
        unsafe { self.release(rest_block, rest_block.header(), rest) };
    }
}
