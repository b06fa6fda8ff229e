//! Best fit: the smallest block that fits, and of those the one at the lowest address.

use super::bins::{Bin, Bins};
use super::{BlockIndex, Fit, FreeBlocks};

/// Picks the smallest block that fits, the lowest of those.
///
/// It looks at every block of one bin, or two: blocks of nearly the size asked for.
#[derive(Debug, Clone, Copy)]
pub struct BestFit;

// SAFETY: the index holds what was inserted and not removed (guarantee 1); `best_of` compares
// sizes (2) and sees whole bins, and where the bin of `size` has none that fits, the smallest
// one is in the first bin behind it that holds any (3).
unsafe impl Fit for BestFit {
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
        let bin = Bin::of(size);
        best_of(bins.head(bin), blocks, size).or_else(|| {
            let bin = bins.first_behind(bin)?;
            best_of(bins.head(bin), blocks, size)
        })
    }

    unsafe fn visit<B: FreeBlocks>(
        bins: &Bins,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        bins.visit(blocks, visit);
    }
}

/// The smallest block of at least `size` units from `head` on, the lowest of those.
fn best_of(head: Option<BlockIndex>, blocks: &impl FreeBlocks, size: usize) -> Option<BlockIndex> {
    let mut best: Option<(usize, BlockIndex)> = None;
    let mut block = head;
    while let Some(index) = block {
        let candidate = (blocks.size(index), index);
        if candidate.0 >= size && best.is_none_or(|best| candidate < best) {
            best = Some(candidate);
        }
        block = blocks.next(index);
    }
    best.map(|(_, index)| index)
}
