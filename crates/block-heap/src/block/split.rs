//! Split: what a block has too much becomes a free block of its own.
//!
//! ```text
//!   before   ├ free, whole bytes ─────────────────────────┤
//!   after    ├ in use, size bytes ─────┼ free, the rest ──┤
//! ```
//!
//! The rest is split off where it can be a block; a smaller rest stays with the user.

use super::{BLOCK_BYTES_MIN, Block, Header};
use crate::BlockHeap;
use crate::fit::Fit;
use heapwright_break::Break;

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Hands out the first `size` bytes of a free block of `whole` bytes, or all of it where
    /// the rest is too small.
    ///
    /// # Safety
    ///
    /// - `block` is free, has `whole >= size` bytes, and is not in the fit's index.
    /// - What follows it is in use, and its header says that what is before it is free.
    #[inline]
    pub(crate) unsafe fn hand_out(&mut self, block: Block, whole: usize, size: usize) {
        let rest = whole - size;
        // SAFETY: `size` bytes and more belong to this block.
        let behind = unsafe { block.above(if rest < BLOCK_BYTES_MIN { whole } else { size }) };
        if rest < BLOCK_BYTES_MIN {
            behind.set_header(behind.header().after_used());
            block.set_header(Header::in_use(whole).after_used());
            return;
        }
        // SAFETY: the rest belongs to no user, to no block in the index, and is large enough.
        unsafe { self.insert(behind, rest) };
        block.set_header(Header::in_use(size).after_used());
    }

    /// Cuts a block in use down to `size` bytes and frees the rest, where it can be a block.
    ///
    /// # Safety
    ///
    /// `block` is in use, has `whole >= size` bytes, and the user does not hold the bytes from
    /// `size` on any more.
    pub(crate) unsafe fn cut(&mut self, block: Block, whole: usize, size: usize) {
        let rest = whole - size;
        if rest < BLOCK_BYTES_MIN {
            return;
        }
        block.set_header(Header::in_use(size).with_previous_of(block.header()));
        // SAFETY: the rest lies in the block.
        let rest_block = unsafe { block.above(size) };
        rest_block.set_header(Header::in_use(rest).after_used());
        // SAFETY: the rest is a block in use that nobody holds.
        unsafe { self.release(rest_block, rest_block.header()) };
    }
}
