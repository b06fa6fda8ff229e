//! Next fit: first fit that goes on where the last search ended.

use super::address_list::AddressList;
use super::{BlockIndex, Fit, FreeBlocks};

/// Picks the first block that fits above the one picked last, and starts again from the lowest
/// where there is none.
#[derive(Debug, Clone, Copy)]
pub struct NextFit;

/// The free blocks by address, and how far the search has come.
///
/// # Invariants
///
/// 1. `from` is the first block above the one picked last, or that one itself until it is taken
///    out; `None` where there is no block above.
#[derive(Debug)]
pub struct Rover {
    list: AddressList,
    /// The block picked last: an address to compare with, which may be long in use.
    picked: Option<BlockIndex>,
    from: Option<BlockIndex>,
}

// SAFETY: the index holds what was inserted and not removed, and `from` moves on when its block
// is removed (guarantee 1); the two searches together see all of it and compare sizes (2, 3).
unsafe impl Fit for NextFit {
    type State = Rover;

    const EMPTY: Rover = Rover { list: AddressList::EMPTY, picked: None, from: None };

    unsafe fn insert<B: FreeBlocks>(
        rover: &mut Rover,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        rover.list.insert(blocks, block);
        // `None` is below every block, as is fitting before the first pick.
        if Some(block) > rover.picked && rover.from.is_none_or(|from| block < from) {
            rover.from = Some(block);
        }
    }

    unsafe fn remove<B: FreeBlocks>(
        rover: &mut Rover,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        if rover.from == Some(block) {
            rover.from = blocks.next(block);
        }
        rover.list.remove(blocks, block);
    }

    unsafe fn find<B: FreeBlocks>(
        rover: &mut Rover,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex> {
        let lowest = rover.list.head();
        let found = AddressList::first_that_fits(rover.from, blocks, size)
            .or_else(|| AddressList::first_that_fits(lowest, blocks, size))?;
        rover.picked = Some(found);
        rover.from = Some(found);
        Some(found)
    }

    unsafe fn visit<B: FreeBlocks>(
        rover: &Rover,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        rover.list.visit(blocks, visit);
    }
}
