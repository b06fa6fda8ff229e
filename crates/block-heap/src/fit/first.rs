//! First fit: the lowest block that fits, so that the top of the heap stays free.

use super::address_list::AddressList;
use super::{BlockIndex, Fit, FreeBlocks};

/// Picks the block at the lowest address that fits.
#[derive(Debug, Clone, Copy)]
pub struct FirstFit;

// SAFETY: the index holds what was inserted and not removed (guarantee 1), and the search sees
// all of it and compares sizes (2, 3).
unsafe impl Fit for FirstFit {
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
        AddressList::first_that_fits(list.head(), blocks, size)
    }

    unsafe fn visit<B: FreeBlocks>(
        list: &AddressList,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        list.visit(blocks, visit);
    }
}
