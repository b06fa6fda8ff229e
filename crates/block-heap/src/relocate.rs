//! Relocate: how a block moves when it is resized.
//!
//! ```text
//!   anywhere     the fit, or the top, gives another block, and the contents are copied
//!   to a hole    ├ free ┼ ... ┼ in use ─┼ free ─┤   ├ in use ┼ ... ┼ free ────────────┤
//!   slide        ├ free ──┼ in use ──┤              ├ in use ──────┼ free ┤
//! ```
//!
//! The two latter are for heaps that have come to their end: there a copy costs less than a
//! request that is refused. Moving to a hole wherever the hole is smaller than the room that the
//! block has where it is keeps the large free blocks whole: it brings a full heap from 97.1 % to
//! 98.4 % in use in the benchmark `heap_efficiency`.

use core::alloc::Layout;

use heapwright_break::Break;

use crate::BlockHeap;
use crate::block::{Block, Header};
use crate::fit::Fit;

/// A heap is short of memory where less than this part of it is left, in the top and in the
/// source.
const SHORT_PART: usize = 8;

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Whether the end is near, so that it pays to keep large free blocks whole.
    #[inline]
    pub(crate) fn is_short_of_memory(&self) -> bool {
        self.span.top().address() > self.short_above
    }

    /// Sets where the top is when the end is near, after each move of the break.
    pub(crate) fn measure_shortage(&mut self) {
        let len = self.source.len();
        let capacity_left = self.source.capacity().saturating_sub(len);
        // Short where what is left, `capacity_left + end - top`, is less than a part of all.
        let end = self.span.end().saturating_add(capacity_left);
        self.short_above = end.saturating_sub(len / SHORT_PART);
    }

    /// Moves a block to wherever `layout` is served.
    ///
    /// # Safety
    ///
    /// `block` is in use, the caller's, and only its first `kept_bytes` are needed, which
    /// `layout` holds.
    pub(crate) unsafe fn move_anywhere(
        &mut self,
        block: Block,
        layout: Layout,
        kept_bytes: usize,
    ) -> Option<Block> {
        let size = block.header().size();
        let moved = self.obtain(layout)?;
        // SAFETY: both blocks are in use, hence apart, and each has `kept_bytes` at least.
        unsafe { block.payload().copy_to_nonoverlapping(moved.payload(), kept_bytes) };
        // SAFETY: the caller gives the block up. Its header is read again, as the block before it
        // may have been taken.
        unsafe { self.release(block, block.header(), size) };
        Some(moved)
    }

    /// Moves a block into a free block that is smaller than the room it has where it is.
    ///
    /// # Safety
    ///
    /// `block` is in use, the caller's, and only its first `kept_bytes` are needed, which
    /// `wanted` holds.
    #[cold]
    pub(crate) unsafe fn move_to_hole(
        &mut self,
        block: Block,
        wanted: usize,
        kept_bytes: usize,
    ) -> Option<Block> {
        let size = block.header().size();
        // SAFETY: a block is followed by another, or by the top.
        let next_header = unsafe { block.above(size) }.header();
        let next_bytes = if next_header.is_in_use() { 0 } else { next_header.size() };
        let index = self.find(wanted)?;
        // SAFETY: the fit found it in its index.
        let hole = unsafe { self.span.block(index) };
        let whole = self.span.free_size(hole, wanted);
        if whole >= size + next_bytes {
            return None;
        }
        // SAFETY: in the index, as above, with this size.
        unsafe { self.remove(hole, whole) };
        // SAFETY: a free block is followed by one in use; the fit promises the size.
        unsafe { self.hand_out(hole, whole, wanted) };
        // SAFETY: both blocks are in use, hence apart, and each has `kept_bytes` at least.
        unsafe { block.payload().copy_to_nonoverlapping(hole.payload(), kept_bytes) };
        // SAFETY: as in `move_anywhere`.
        unsafe { self.release(block, block.header(), size) };
        Some(hole)
    }

    /// Takes the free block before this one too, and moves the contents down, by less than their
    /// length if need be: where nothing else is left.
    ///
    /// # Safety
    ///
    /// As `move_to_hole`.
    #[cold]
    pub(crate) unsafe fn slide(
        &mut self,
        block: Block,
        wanted: usize,
        align: usize,
        kept_bytes: usize,
    ) -> Option<Block> {
        let header = block.header();
        if header.is_previous_in_use() {
            return None;
        }
        // SAFETY: the header says that there is a free block before.
        let (previous, previous_size) = unsafe { self.free_before(block) };
        // SAFETY: a block is followed by another, or by the top.
        let next = unsafe { block.above(header.size()) };
        let next_header = next.header();
        let next_bytes = if next_header.is_in_use() { 0 } else { next_header.size() };
        let whole = previous_size + header.size() + next_bytes;
        if whole < wanted || previous.payload().addr().get() & (align - 1) != 0 {
            return None;
        }
        // SAFETY: a free block other than the top is in the index.
        unsafe { self.remove(previous, previous_size) };
        let is_below_top = next == self.span.top();
        if next_header.is_in_use() {
            next.set_header(next_header.after_free());
        } else if !is_below_top {
            // SAFETY: `next` is free and not the top.
            unsafe { self.absorb(next) };
        }
        // SAFETY: the payloads hold `kept_bytes` and lie in the `whole` bytes, which are the
        // caller's and nobody else's now; they may overlap.
        unsafe { block.payload().copy_to(previous.payload(), kept_bytes) };
        if is_below_top {
            // SAFETY: at most at the end mark, as the top is part of the whole.
            let top = unsafe { previous.above(wanted) };
            // SAFETY: the same, and the user holds nothing from there on.
            unsafe { self.span.set_top(top) };
            previous.set_header(Header::in_use(wanted).after_used());
        } else {
            // SAFETY: the parts are one block now; what follows it says that it is free, and what
            // stands before a free block is in use.
            unsafe { self.hand_out(previous, whole, wanted) };
        }
        Some(previous)
    }
}
