//! Walk: every block of a heap, from the lowest to the top.

use core::iter::FusedIterator;

use heapwright_break::Break;

use crate::BlockHeap;
use crate::block::{GRANULE, HEADER_BYTES};
use crate::fit::Fit;
use crate::span::Span;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockState {
    /// Handed out.
    InUse,
    /// Free, and in the fit's index.
    Free,
    /// The free block at the break.
    Top,
    /// A gap that belongs to somebody else.
    Fence,
}

/// One block, as [`BlockHeap::walk`] found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block {
    /// The address of the block's header.
    pub header: usize,
    /// The bytes of the block, its header included.
    pub size: usize,
    /// What the block is.
    pub state: BlockState,
}

impl Block {
    /// The address of the payload: what the user of the block has.
    #[must_use]
    pub const fn payload(&self) -> usize {
        self.header + HEADER_BYTES
    }

    /// The bytes of the payload.
    #[must_use]
    pub const fn payload_size(&self) -> usize {
        self.size - HEADER_BYTES
    }

    /// Whether the block is free, at the break or elsewhere.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        matches!(self.state, BlockState::Free | BlockState::Top)
    }
}

/// The blocks of a heap in the order of their addresses. Made by [`BlockHeap::walk`].
///
/// It ends early where a header was overwritten so that it leads nowhere:
/// [`BlockHeap::verify`] tells.
#[derive(Debug)]
pub struct Walk<'heap> {
    span: &'heap Span,
    address: usize,
}

impl Walk<'_> {
    /// The address that the next header is expected at.
    pub(crate) const fn address(&self) -> usize {
        self.address
    }
}

impl Iterator for Walk<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let address = self.address;
        if address >= self.span.end() {
            return None;
        }
        // SAFETY: between the first block and the end mark, and a multiple of the granule from
        // both, as every size that led here.
        let header = unsafe { self.span.block_at(address) }.header();
        let size = header.size();
        if size < GRANULE || size > self.span.end() - address {
            return None;
        }
        self.address += size;
        let state = if header.is_fence() {
            BlockState::Fence
        } else if header.is_in_use() {
            BlockState::InUse
        } else if address == self.span.top().address() {
            BlockState::Top
        } else {
            BlockState::Free
        };
        Some(Block { header: address, size, state })
    }
}

impl FusedIterator for Walk<'_> {}

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Every block, fences and the top included, in the order of their addresses.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_block::{BlockHeap, BlockState};
    /// use heapwright_break::ReservedBreak;
    ///
    /// let mut heap: BlockHeap<_> = BlockHeap::new(ReservedBreak::new(1 << 20));
    /// heap.allocate(Layout::new::<[u8; 100]>())?;
    /// let states: Vec<_> = heap.walk().map(|block| block.state).collect();
    /// assert_eq!(states, [BlockState::InUse, BlockState::Top]);
    /// # Ok::<(), heapwright_block::AllocError>(())
    /// ```
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk { span: &self.span, address: self.span.first() }
    }
}
