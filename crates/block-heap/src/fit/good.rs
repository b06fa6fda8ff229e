//! Good fit: best fit within one thirty-second, in constant time.
//!
//! The first bin all of whose blocks are large enough gives the block that it got last, without
//! a look at it; this is TLSF's rule. Only where no such bin holds a block, so that the heap
//! would have to grow, are the first few blocks of the bin below looked at, which may be large
//! enough or not.

use super::bins::{Bin, Bins};
use super::{BlockIndex, Fit, FreeBlocks};

/// The entries of one bin that are looked at, at the most.
const LOOK_AT_MOST: usize = 4;

/// Picks a block of the first bin all of whose blocks are large enough: one of the smallest that
/// fit, in constant time. It is larger than the best one by a thirty-second at most, where the best
/// one lies in that bin or in the bin below.
#[derive(Debug, Clone, Copy)]
pub struct GoodFit;

// SAFETY: the index holds what was inserted and not removed (guarantee 1); from the bin
// `at_least(size)` on, all blocks have `size` units or more, and `smallest_of` compares sizes (2);
// of the bin of `size` it looks at no more than `LOOK_AT_MOST` (3).
unsafe impl Fit for GoodFit {
    type State = Bins;

    const EMPTY: Bins = Bins::EMPTY;

    #[inline]
    unsafe fn insert<B: FreeBlocks>(
        bins: &mut Bins,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        bins.insert(blocks, block, size);
    }

    #[inline(always)]
    unsafe fn remove<B: FreeBlocks>(
        bins: &mut Bins,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        bins.remove(blocks, block, size);
    }

    #[inline]
    unsafe fn find<B: FreeBlocks>(bins: &mut Bins, blocks: &B, size: usize) -> Option<BlockIndex> {
        match bins.first_from(Bin::at_least(size)) {
            Some(bin) => bins.head(bin),
            None => smallest_of(bins.head(Bin::of(size)), blocks, size),
        }
    }

    #[inline]
    unsafe fn take_quickly<B: FreeBlocks>(
        bins: &mut Bins,
        blocks: &mut B,
        size: usize,
    ) -> Option<BlockIndex> {
        let bin = bins.first_from(Bin::at_least(size))?;
        bins.take_first(blocks, bin)
    }

    unsafe fn visit<B: FreeBlocks>(
        bins: &Bins,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        bins.visit(blocks, visit);
    }
}

/// The smallest block of at least `size` units among the first few from `head` on.
#[cold]
fn smallest_of(
    head: Option<BlockIndex>,
    blocks: &impl FreeBlocks,
    size: usize,
) -> Option<BlockIndex> {
    let mut best = None;
    let mut best_size = usize::MAX;
    let mut block = head;
    for _ in 0..LOOK_AT_MOST {
        let Some(index) = block else { break };
        let candidate = blocks.size(index);
        if candidate >= size && candidate < best_size {
            best = Some(index);
            best_size = candidate;
            if candidate == size {
                break;
            }
        }
        block = blocks.next(index);
    }
    best
}
