//! 4. A fit of one's own: the block freed last, since its bytes may still be in the cache.
//!
//! A fit sees free blocks as handles with a size and two links, and no more; splitting, joining
//! and growing are the heap's. So a policy is a page of code, here a doubly linked stack.

use core::alloc::Layout;
use core::error::Error;
use core::ptr::NonNull;

use heapwright_block::fit::{BlockIndex, Fit, FreeBlocks};
use heapwright_block::{BlockHeap, Config};
use heapwright_break::ReservedBreak;

/// Picks the block that was freed last among those that fit.
struct LastFreed;

// SAFETY: blocks enter in `insert`, leave in `remove`, and only those on the stack are named
// (guarantee 1); `find` compares sizes (2) and sees the whole stack (3); nothing panics (4).
unsafe impl Fit for LastFreed {
    /// The block on top of the stack; the others follow by their links.
    type State = Option<BlockIndex>;

    const EMPTY: Self::State = None;

    unsafe fn insert<B: FreeBlocks>(
        top: &mut Self::State,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        blocks.set_next(block, *top);
        blocks.set_previous(block, None);
        if let Some(below) = top.replace(block) {
            blocks.set_previous(below, Some(block));
        }
    }

    unsafe fn remove<B: FreeBlocks>(
        top: &mut Self::State,
        blocks: &mut B,
        block: BlockIndex,
        _size: usize,
    ) {
        let (next, previous) = (blocks.next(block), blocks.previous(block));
        if let Some(next) = next {
            blocks.set_previous(next, previous);
        }
        match previous {
            Some(previous) => blocks.set_next(previous, next),
            None => *top = next,
        }
    }

    unsafe fn find<B: FreeBlocks>(
        top: &mut Self::State,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex> {
        core::iter::successors(*top, |block| blocks.next(*block))
            .find(|block| blocks.size(*block) >= size)
    }

    unsafe fn visit<B: FreeBlocks>(
        top: &Self::State,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        core::iter::successors(*top, |block| blocks.next(*block)).all(visit);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut heap: BlockHeap<_, LastFreed> =
        BlockHeap::with_config(ReservedBreak::new(1 << 30), Config::new());
    let layout = Layout::new::<[u8; 100]>();
    let mut blocks = Vec::new();
    for _ in 0..6 {
        blocks.push(heap.allocate(layout)?.cast::<u8>());
    }
    // Every other block, so that none is joined with another.
    for index in [4, 0, 2] {
        let block: NonNull<u8> = blocks[index];
        // SAFETY: allocated above for this layout, freed once and not used any more.
        unsafe { heap.deallocate(block, layout) };
        println!("freed  {block:p}");
    }
    for expected in [2, 0, 4] {
        let block: NonNull<u8> = heap.allocate(layout)?.cast();
        println!("served {block:p}");
        assert_eq!(block, blocks[expected], "the one freed last comes first");
    }
    // Checks, among all else, that the fit's index holds every free block once.
    heap.verify()?;
    Ok(())
}
