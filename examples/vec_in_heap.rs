//! 6. One collection in a heap of its own, while the rest of the program stays where it is.
//!
//! [`Locked`] makes a heap an `Allocator` in the sense of the crate `allocator-api2`, whose `Vec`
//! and `Box` take one. When the heap is dropped, all its memory goes back at once.

use allocator_api2::vec::Vec;
use core::error::Error;
use heapwright_block::{BlockHeap, Locked};
use heapwright_break::ReservedBreak;
use spinning_top::RawSpinlock;

fn main() -> Result<(), Box<dyn Error>> {
    // The collection borrows the heap, so the compiler sees to it that the heap lives longer.
    let heap: Locked<RawSpinlock, BlockHeap<ReservedBreak>> =
        Locked::new(BlockHeap::new(ReservedBreak::new(1 << 30)));

    let mut numbers = Vec::new_in(&heap);
    numbers.push(0_u64);
    let start = numbers.as_ptr();
    numbers.extend(1..100_000);

    // It is the last block of its heap, so every growth moved the break, and nothing was copied.
    println!("{} numbers at {:p}", numbers.len(), numbers.as_ptr());
    assert_eq!(numbers.as_ptr(), start);

    let mut names = Vec::new_in(&heap);
    names.extend(["break", "block", "fit"]);
    let stats = heap.lock().stats();
    println!("{} blocks, {} bytes in use", stats.live_count, stats.live_bytes);
    assert_eq!(stats.live_count, 2);

    // Dropped collections give their blocks back, and `trim` gives them back to the system.
    drop(numbers);
    drop(names);
    let bytes = heap.lock().trim(0);
    println!("{bytes} bytes went back to the system");
    let mut heap = heap.into_inner();
    heap.verify()?;
    assert_eq!((heap.stats().live_count, heap.trim(0)), (0, 0));
    Ok(())
}
