//! One list of all free blocks in the order of their addresses.
//!
//! ```text
//!   head ─▶ 0x1010 ◀─▶ 0x1480 ◀─▶ 0x2000 ◀─▶ 0x9010
//!                        ▲ hint: where the list changed last
//! ```
//!
//! A block that is freed is often near the one freed before it, so the search for its place
//! starts there and goes either way.

use super::{BlockIndex, FreeBlocks};

/// Free blocks by address.
///
/// # Invariants
///
/// 1. From `head` on, each block's `next` has a higher address, and its `previous` leads back.
/// 2. `previous` of `head` is `None`.
/// 3. `hint` is in the list, or `None` where the list is empty.
#[derive(Debug)]
pub struct AddressList {
    head: Option<BlockIndex>,
    hint: Option<BlockIndex>,
}

impl AddressList {
    /// A list of no blocks.
    pub(super) const EMPTY: Self = Self { head: None, hint: None };

    /// The block at the lowest address.
    pub(super) const fn head(&self) -> Option<BlockIndex> {
        self.head
    }

    /// Puts a block in its place.
    pub(super) fn insert(&mut self, blocks: &mut impl FreeBlocks, block: BlockIndex) {
        let previous = self.last_below(blocks, block);
        let next = match previous {
            Some(previous) => blocks.next(previous),
            None => self.head,
        };
        blocks.set_previous(block, previous);
        blocks.set_next(block, next);
        match previous {
            Some(previous) => blocks.set_next(previous, Some(block)),
            None => self.head = Some(block),
        }
        if let Some(next) = next {
            blocks.set_previous(next, Some(block));
        }
        self.hint = Some(block);
    }

    /// Takes a block out.
    pub(super) fn remove(&mut self, blocks: &mut impl FreeBlocks, block: BlockIndex) {
        let next = blocks.next(block);
        let previous = blocks.previous(block);
        if let Some(next) = next {
            if !blocks.are_neighbours(block, next) {
                blocks.broken_link(block);
            }
            blocks.set_previous(next, previous);
        }
        let link_to_here = match previous {
            Some(previous) => blocks.next(previous),
            None => self.head,
        };
        if link_to_here != Some(block) {
            blocks.broken_link(block);
        }
        match previous {
            Some(previous) => blocks.set_next(previous, next),
            None => self.head = next,
        }
        self.hint = previous.or(next);
    }

    /// The first block from `from` on that has at least `size` units.
    pub(super) fn first_that_fits(
        from: Option<BlockIndex>,
        blocks: &impl FreeBlocks,
        size: usize,
    ) -> Option<BlockIndex> {
        let mut block = from;
        while let Some(index) = block {
            if blocks.size(index) >= size {
                return Some(index);
            }
            block = blocks.next(index);
        }
        None
    }

    /// Passes every block to `visit`, lowest first, until it returns `false`.
    pub(super) fn visit(
        &self,
        blocks: &impl FreeBlocks,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        let mut block = self.head;
        while let Some(index) = block {
            if !visit(index) {
                return;
            }
            block = blocks.next(index);
        }
    }

    /// The last block below `block`: the one that comes before it.
    fn last_below(&self, blocks: &impl FreeBlocks, block: BlockIndex) -> Option<BlockIndex> {
        let mut place = self.hint?;
        while place > block {
            place = blocks.previous(place)?;
        }
        while let Some(next) = blocks.next(place)
            && next < block
        {
            place = next;
        }
        Some(place)
    }
}
