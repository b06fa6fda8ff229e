//! Where blocks lie: alignment, size, distance, and the ends of their lives.

use allocator_api2::alloc::Allocator;

use super::keeper::{Block, Keeper, NewBytes, layout};
use super::{Promises, ZeroSize};

/// Blocks of a batch: enough for a heap to split, join and reuse.
const BATCH_COUNT: usize = 500;

/// Brings blocks into the order in which they are freed.
type Order = fn(&mut Vec<Block>);

/// Every power of two up to the promised one is kept, also between blocks that are not.
pub(super) fn every_alignment_is_kept(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let mut align = 1;
    while align <= promises.align_max {
        let mut blocks = Vec::new();
        for size in [1, 3, 24, align.min(4096), 3 * align.min(1024) + 1] {
            blocks.push(keeper.allocate(layout(size, align))?);
            // A block of odd size keeps the next one from being aligned by luck.
            blocks.push(keeper.allocate(layout(size % 41 + 1, 1))?);
        }
        keeper.deallocate_all(blocks)?;
        align *= 2;
    }
    Ok(())
}

/// A block is never shorter than asked for: each size up to 1 KiB, and around powers of two.
pub(super) fn every_size_is_granted_whole(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let mut blocks = Vec::new();
    for size in 0..=1024 {
        blocks.push(keeper.allocate(layout(size, 1 << (size % 5)))?);
    }
    keeper.deallocate_all(blocks)?;
    let mut power = 2048;
    while power < promises.size_max {
        let sizes = [power - 1, power, power + 1];
        let blocks = sizes.map(|size| keeper.allocate(layout(size, 16)));
        for block in blocks {
            keeper.deallocate(block?)?;
        }
        power *= 2;
    }
    let largest = keeper.allocate(layout(promises.size_max, 16))?;
    keeper.deallocate(largest)
}

/// Live blocks share no byte while others come and go: the keeper's shadow sees to it.
pub(super) fn blocks_do_not_overlap(_: &Promises, allocator: &dyn Allocator) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut keeper = Keeper::new(allocator);
    let mut blocks = Vec::new();
    for _ in 0..8 * BATCH_COUNT {
        if blocks.len() < BATCH_COUNT && random.u8(..) < 160 {
            let wanted = layout(random.usize(0..512), 1 << random.u32(0..8));
            blocks.push(keeper.allocate(wanted)?);
        } else if !blocks.is_empty() {
            let index = random.usize(..blocks.len());
            keeper.deallocate(blocks.swap_remove(index))?;
        }
    }
    keeper.deallocate_all(blocks)
}

/// The order of frees does not matter, and after any of them the heap serves the same again.
pub(super) fn blocks_are_freed_in_any_order(
    _: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let forward = |_: &mut Vec<Block>| {};
    let backward = |blocks: &mut Vec<Block>| blocks.reverse();
    let shuffled = |blocks: &mut Vec<Block>| fastrand::Rng::with_seed(2).shuffle(blocks);
    // Every second block first, so that each of the rest joins both its neighbours.
    let alternating = |blocks: &mut Vec<Block>| {
        let numbered = blocks.drain(..).enumerate();
        let (odd, even): (Vec<_>, Vec<_>) = numbered.partition(|(index, _)| index % 2 == 1);
        blocks.extend(odd.into_iter().chain(even).map(|(_, block)| block));
    };
    let orders: [Order; 4] = [forward, backward, shuffled, alternating];
    let mut keeper = Keeper::new(allocator);
    for order in orders {
        let mut blocks = Vec::new();
        for index in 0..BATCH_COUNT {
            blocks.push(keeper.allocate(layout(1 + index * 37 % 300, 8))?);
        }
        order(&mut blocks);
        keeper.deallocate_all(blocks)?;
    }
    Ok(())
}

/// A block may be used to its true end, and freed or grown under any size up to it.
pub(super) fn excess_is_the_callers(_: &Promises, allocator: &dyn Allocator) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    for size in [0, 1, 7, 15, 17, 24, 100, 1000, 5000] {
        for align in [1, 16, 64] {
            let wanted = layout(size, align);
            let block = keeper.allocate(wanted)?;
            let len = block.payload.len();
            keeper.deallocate(block.with_size(len))?;

            let block = keeper.allocate(wanted)?;
            let between = usize::midpoint(size, block.payload.len());
            keeper.deallocate(block.with_size(between))?;

            let block = keeper.allocate(wanted)?;
            let len = block.payload.len();
            let grown = keeper.grow(
                block.with_size(len),
                layout(2 * len + 1, align),
                NewBytes::Anything,
            )?;
            keeper.deallocate(grown)?;
        }
    }
    Ok(())
}

/// A block of size 0 is aligned, freed like any other, and grown from and shrunk to.
pub(super) fn size_zero_is_a_block(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let mut blocks = Vec::new();
    for align in [1, 2, 8, 16, 64, 4096] {
        for _ in 0..4 {
            blocks.push(keeper.allocate(layout(0, align))?);
            blocks.push(keeper.allocate_zeroed(layout(0, align))?);
        }
    }
    if promises.zero_size == ZeroSize::Distinct {
        let mut starts: Vec<usize> = blocks.iter().map(|b| b.payload.addr().get()).collect();
        starts.sort_unstable();
        if let Some(pair) = starts.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("two live blocks of size 0 at {:#x}", pair[0]));
        }
    }
    keeper.deallocate_all(blocks)?;
    let empty = keeper.allocate(layout(0, 8))?;
    let grown = keeper.grow(empty, layout(100, 8), NewBytes::Anything)?;
    let shrunk = keeper.shrink(grown, layout(0, 8))?;
    keeper.deallocate(shrunk)
}
