//! Second fit: the second lowest block that fits, which leaves the first one whole for a while.

use super::address_list::AddressList;
use super::{BlockIndex, Fit, FreeBlocks};

/// Picks the second block by address that fits, or the first where there is no second.
#[derive(Debug, Clone, Copy)]
pub struct SecondFit;

// SAFETY: the index holds what was inserted and not removed (guarantee 1), and the search sees
// all of it and compares sizes (2, 3).
unsafe impl Fit for SecondFit {
    type State = AddressList;

    const EMPTY: AddressList = AddressList::EMPTY;

    unsafe fn insert<B: FreeBlocks>(
        list: &mut AddressList,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        list.insert(blocks, block);
    }

    unsafe fn remove<B: FreeBlocks>(
        list: &mut AddressList,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        list.remove(blocks, block);
    }

    unsafe fn find<B: FreeBlocks>(
        list: &mut AddressList,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex> {
        let first = AddressList::first_that_fits(list.head(), blocks, size)?;
        AddressList::first_that_fits(blocks.next(first), blocks, size).or(Some(first))
    }

    unsafe fn visit<B: FreeBlocks>(
        list: &AddressList,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        list.visit(blocks, visit);
    }
}
