//! Allocation: sizes, alignments, refusals, zeroing.

use heapwright_block::fit::GoodFit;
use heapwright_block::{AllocError, BlockHeap};
use heapwright_break::ReservedBreak;

use crate::tested::{Held, Tested, fixed, growing, layout};

#[test]
fn sizes_that_no_heap_could_hold_are_too_large() {
    let mut heap = growing::<GoodFit>();
    for below in 0..8 {
        let size = isize::MAX as usize - below;
        let refused = heap.try_allocate(layout(size, 1));
        assert_eq!(refused, Err(AllocError::TooLarge { size }));
    }
}

#[test]
fn a_refused_request_says_what_the_source_was_asked_for_and_changes_nothing() {
    let mut heap = fixed::<GoodFit>(4096);
    let held = heap.allocate(1000);
    let before = heap.blocks();
    let Err(AllocError::Exhausted { needed }) = heap.try_allocate(layout(8192, 16)) else {
        panic!("4 KiB have no room for 8 KiB");
    };
    assert!((8192 - 4096..=8192 + 64).contains(&needed), "{needed}");
    assert!(heap.try_allocate(layout(64, 1 << 40)).is_err());
    assert_eq!(heap.blocks()[0], before[0]);
    heap.free(held);
}

#[test]
fn every_alignment_up_to_a_gibibyte_is_served() {
    let mut heap: Tested<_, GoodFit> = Tested(BlockHeap::new(ReservedBreak::new(16 << 30)));
    let held: Vec<_> =
        (0..=30).map(|log| heap.try_allocate(layout(100, 1 << log)).unwrap()).collect();
    for held in held {
        heap.free(held);
    }
    assert_eq!(heap.blocks().len(), 1, "what lay before aligned blocks is joined again");
}

#[test]
fn blocks_of_no_bytes_have_addresses_of_their_own() {
    let mut heap = growing::<GoodFit>();
    let (first, second) = (heap.allocate(0), heap.allocate(0));
    assert_ne!(first, second);
    heap.free(first);
    heap.free(second);
}

#[test]
fn zeroed_memory_is_zero_when_the_block_was_used_before() {
    let mut heap = growing::<GoodFit>();
    for size in [1, 24, 100, 5000, 100_000] {
        let dirty = heap.allocate(size);
        let fence = heap.allocate(1);
        dirty.fill(0xee);
        heap.free(dirty);
        for _ in 0..2 {
            let payload = heap.0.allocate_zeroed(layout(size, 1)).unwrap().cast();
            let held = Held { payload, layout: layout(size, 1) };
            assert!(held.is_filled(0, size), "size {size}");
            held.fill(0xee);
        }
        heap.free(fence);
    }
}

#[test]
fn zeroed_memory_is_zero_where_the_top_was_used_trimmed_and_grown_again() {
    let mut heap = growing::<GoodFit>();
    for keep_bytes in [0, 5000, 1 << 20] {
        let dirty = heap.allocate(200_000);
        dirty.fill(0xee);
        heap.free(dirty);
        heap.0.trim(keep_bytes);
        heap.0.verify().unwrap();
        let payload = heap.0.allocate_zeroed(layout(200_000, 64)).unwrap().cast();
        let held = Held { payload, layout: layout(200_000, 64) };
        assert!(held.is_filled(0, 200_000));
        heap.free(held);
    }
}

#[test]
fn the_slice_is_the_users_to_its_end() {
    let mut heap = growing::<GoodFit>();
    let held: Vec<_> = (0..200)
        .map(|size| {
            let payload = heap.0.allocate(layout(size, 1)).unwrap();
            let held = Held { payload: payload.cast(), layout: layout(payload.len(), 1) };
            held.fill(0xff);
            // SAFETY: the block is held.
            assert_eq!(unsafe { heap.0.usable_size(held.payload) }, payload.len());
            held
        })
        .collect();
    heap.0.verify().unwrap();
    for held in held {
        heap.free(held);
    }
}

#[test]
fn blocks_of_hundreds_of_gibibytes_do_not_overlap() {
    const HUGE: usize = 505 << 30;
    let mut heap: Tested<_, GoodFit> = Tested(BlockHeap::new(ReservedBreak::new(4 << 40)));
    let Ok(low) = heap.0.allocate(layout(HUGE, 16)) else {
        // So many addresses are not to be had under `ulimit -v`.
        return;
    };
    heap.0.allocate(layout(100, 16)).unwrap();
    // SAFETY: handed out above, and not used.
    unsafe { heap.0.deallocate(low.cast(), layout(HUGE, 16)) };
    let high = heap.0.allocate(layout(HUGE + 4096, 16)).unwrap();
    assert!(high.len() >= HUGE + 4096);
    assert_ne!(high.cast::<u8>(), low.cast(), "the free block is too small by a page");
}
