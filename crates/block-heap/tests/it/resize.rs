//! Resize: in place where it can be, and the contents survive where it cannot.

use heapwright_block::BlockState::{Free, InUse, Top};
use heapwright_block::fit::{BestFit, GoodFit};

use crate::tested::{fixed, growing, layout};

#[test]
fn shrinking_stays_in_place_and_frees_the_rest() {
    let mut heap = growing::<GoodFit>();
    let held = heap.allocate(1000);
    heap.allocate(1);
    held.fill(7);
    let shrunk = heap.resize(held, 100);
    assert_eq!(shrunk.payload, held.payload);
    assert!(shrunk.is_filled(7, 100));
    assert_eq!(heap.states(), [InUse, Free, InUse, Top]);
}

#[test]
fn growing_takes_the_free_block_that_follows() {
    let mut heap = growing::<GoodFit>();
    let held = heap.allocate(100);
    heap.make_holes(&[1000]);
    held.fill(7);
    let grown = heap.resize(held, 600);
    assert_eq!(grown.payload, held.payload);
    assert!(grown.is_filled(7, 100));
    assert_eq!(heap.states(), [InUse, Free, InUse, Top]);
    assert_eq!(heap.resize(grown, 1140).payload, held.payload);
    assert_eq!(heap.states(), [InUse, InUse, Top]);
}

#[test]
fn growing_at_the_top_moves_the_break_and_no_byte() {
    let mut heap = growing::<GoodFit>();
    let mut held = heap.allocate(1000);
    held.fill(7);
    let first = held;
    for log in 12..28 {
        held = heap.resize(held, 1 << log);
        assert_eq!(held.payload, first.payload);
    }
    assert!(held.is_filled(7, 1000));
    assert_eq!(heap.blocks().len(), 2);
}

#[test]
fn growing_elsewhere_keeps_the_contents_and_frees_the_old_block() {
    let mut heap = growing::<GoodFit>();
    let held = heap.allocate(1000);
    heap.allocate(1);
    held.fill(7);
    let moved = heap.resize(held, 5000);
    assert_ne!(moved.payload, held.payload);
    assert!(moved.is_filled(7, 1000));
    assert_eq!(heap.states(), [Free, InUse, InUse, Top]);
}

#[test]
fn a_stricter_alignment_moves_the_block_where_it_must() {
    let mut heap = growing::<GoodFit>();
    let mut held = heap.allocate(100);
    held.fill(7);
    for log in [4, 6, 12, 16, 5, 0] {
        held = heap.try_resize(held, layout(100 + log, 1 << log)).unwrap();
        assert!(held.address().is_multiple_of(1 << log));
        assert!(held.is_filled(7, 100));
    }
}

#[test]
fn a_refused_resize_leaves_the_block_as_it_was() {
    let mut heap = fixed::<GoodFit>(4096);
    let held = heap.allocate(1000);
    held.fill(7);
    assert!(heap.try_resize(held, layout(10_000, 1)).is_err());
    assert!(heap.try_resize(held, layout(isize::MAX as usize, 1)).is_err());
    assert!(held.is_filled(7, 1000));
    heap.free(held);
}

#[test]
fn a_full_heap_slides_a_block_down_into_the_free_block_before_it() {
    for is_last in [false, true] {
        let mut heap = fixed::<GoodFit>(4096);
        let before = heap.allocate(1000);
        let held = heap.allocate(2000);
        if !is_last {
            heap.allocate(1000);
        }
        held.fill(7);
        heap.free(before);
        let grown = heap.resize(held, 2500);
        if is_last {
            assert_eq!(grown.payload, held.payload, "the break has room");
            let slid = heap.resize(grown, 3900);
            assert_eq!(slid.payload, before.payload);
            assert!(slid.is_filled(7, 2000));
        } else {
            assert_eq!(grown.payload, before.payload);
            assert!(grown.is_filled(7, 2000));
        }
    }
}

#[test]
fn a_heap_short_of_memory_moves_a_shrunk_block_out_of_a_large_room() {
    let mut heap = fixed::<BestFit>(8192);
    let hole = heap.make_holes(&[120])[0];
    let held = heap.allocate(7800);
    held.fill(7);
    let moved = heap.resize(held, 100);
    assert_eq!(moved.address(), hole);
    assert!(moved.is_filled(7, 100));
}
