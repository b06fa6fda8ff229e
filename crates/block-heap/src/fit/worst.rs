//! Worst fit: the largest block, so that what is left of it stays useful.

use super::bins::Bins;
use super::{BlockIndex, Fit, FreeBlocks};

/// Picks the largest block, the lowest of those.
///
/// It looks at every block of the last bin that holds any.
#[derive(Debug, Clone, Copy)]
pub struct WorstFit;

// SAFETY: the index holds what was inserted and not removed (guarantee 1); the block found is
// compared with `size` (2); the largest block is in the last bin, all of which is seen, so where
// it does not fit none does (3).
unsafe impl Fit for WorstFit {
    type State = Bins;

    const EMPTY: Bins = Bins::EMPTY;

    unsafe fn insert<B: FreeBlocks>(
        bins: &mut Bins,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        bins.insert(blocks, block, size);
    }

    unsafe fn remove<B: FreeBlocks>(
        bins: &mut Bins,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        bins.remove(blocks, block, size);
    }

    unsafe fn find<B: FreeBlocks>(bins: &mut Bins, blocks: &B, size: usize) -> Option<BlockIndex> {
        let mut block = bins.head(bins.last()?);
        let mut largest: Option<(usize, BlockIndex)> = None;
        while let Some(index) = block {
            let candidate = blocks.size(index);
            let is_better = |(size, lowest): (usize, BlockIndex)| {
                candidate > size || candidate == size && index < lowest
            };
            if largest.is_none_or(is_better) {
                largest = Some((candidate, index));
            }
            block = blocks.next(index);
        }
        largest.filter(|&(largest, _)| largest >= size).map(|(_, index)| index)
    }

    unsafe fn visit<B: FreeBlocks>(
        bins: &Bins,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        bins.visit(blocks, visit);
    }
}
