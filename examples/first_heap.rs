//! 2. The heap: blocks of any size in the memory of one break.
//!
//! A [`BlockHeap`] has one owner and no lock. It is the `malloc` of one data structure, one
//! thread, or one board.

use core::alloc::Layout;
use core::error::Error;
use core::ptr::NonNull;

use heapwright_block::{BlockHeap, fit::FirstFit};
use heapwright_break::{Break, ReservedBreak};

fn main() -> Result<(), Box<dyn Error>> {
    // The second parameter says which free block is taken; without it, it is `GoodFit`.
    let mut heap: BlockHeap<_, FirstFit> = BlockHeap::new(ReservedBreak::new(1 << 30));

    // A block for a hundred numbers. The slice that comes back may be longer than asked for, and
    // all of it is ours to write.
    let layout = Layout::array::<u64>(100)?;
    let block: NonNull<u64> = heap.allocate(layout)?.cast();
    let behind: NonNull<u8> = heap.allocate(Layout::new::<[u8; 40]>())?.cast();
    // SAFETY: the block has room for it, is aligned for it, and is ours.
    unsafe { block.write(42) };
    print("two blocks", &heap);

    // It cannot grow where it is, as there is a block behind it: it moves, contents included.
    let larger = Layout::array::<u64>(300)?;
    // SAFETY: `block` came from this heap for `layout`, and is not used any more.
    let moved: NonNull<u64> = unsafe { heap.resize(block.cast(), layout, larger) }?.cast();
    assert_ne!(moved, block);
    // SAFETY: the contents moved with it.
    assert_eq!(unsafe { moved.read() }, 42);
    print("one resized", &heap);

    // Who allocates frees, with the layout that the block has now. Freed neighbours become one.
    // SAFETY: allocated above for this layout, and not used any more.
    unsafe { heap.deallocate(behind, Layout::new::<[u8; 40]>()) };
    // SAFETY: resized above to this layout, and not used any more.
    unsafe { heap.deallocate(moved.cast(), larger) };
    print("all freed", &heap);

    // Nothing is in use, so the break can go down to where it started.
    heap.trim(0);
    println!("after trim the heap holds {} bytes", heap.source().len());
    heap.verify()?;
    Ok(())
}

fn print(moment: &str, heap: &BlockHeap<ReservedBreak, FirstFit>) {
    println!("{moment}:");
    for block in heap.walk() {
        println!("  header {:#x}  {:6} bytes  {:?}", block.header, block.size, block.state);
    }
}
