//! Split, coalesce, growth and trim: where blocks end up.

use heapwright_block::BlockState::{Free, InUse, Top};
use heapwright_block::fit::{BestFit, GoodFit};
use heapwright_block::{BLOCK_BYTES_MIN, BlockHeap, Config, GRANULE, HEADER_BYTES};
use heapwright_break::{Break, FixedBreak};

use crate::tested::{Tested, buffer, fixed, growing, layout, with_config};

#[test]
fn a_block_that_is_too_large_is_split_and_the_rest_is_free() {
    let mut heap = growing::<GoodFit>();
    let hole = heap.make_holes(&[1000])[0];
    let held = heap.allocate(200);
    assert_eq!(held.address(), hole);
    let blocks = heap.blocks();
    assert_eq!(heap.states(), [InUse, Free, InUse, Top]);
    assert_eq!(blocks[1].header, blocks[0].header + blocks[0].size);
    assert_eq!(blocks[0].size + blocks[1].size, 1024);
}

#[test]
fn what_is_left_of_a_hole_is_nothing_or_a_block() {
    for wanted in 1..=1024 - HEADER_BYTES {
        let mut heap = growing::<GoodFit>();
        heap.make_holes(&[1000]);
        let held = heap.allocate(wanted);
        let blocks = heap.blocks();
        if blocks[1].is_free() {
            assert_eq!(blocks[0].size + blocks[1].size, 1024, "{wanted}");
            assert!(blocks[1].size >= BLOCK_BYTES_MIN, "{wanted}");
        } else {
            assert_eq!(blocks[0].size, 1024, "{wanted}");
        }
        // SAFETY: the block is held.
        let usable = unsafe { heap.0.usable_size(held.payload) };
        assert!((wanted..wanted + BLOCK_BYTES_MIN).contains(&usable), "{wanted}");
    }
}

#[test]
fn free_coalesces_with_both_neighbours() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut heap = growing::<GoodFit>();
        let held = [heap.allocate(100), heap.allocate(200), heap.allocate(300)];
        let last = heap.allocate(1);
        for index in order {
            heap.free(held[index]);
        }
        assert_eq!(heap.states(), [Free, InUse, Top], "{order:?}");
        heap.free(last);
        assert_eq!(heap.states(), [Top], "{order:?}");
    }
}

#[test]
fn a_free_block_costs_one_word_when_it_is_handed_out() {
    let mut heap = growing::<GoodFit>();
    let (first, second) = (heap.allocate(56), heap.allocate(56));
    assert_eq!(second.address() - first.address(), 56 + HEADER_BYTES);
}

#[test]
fn trim_lowers_the_break_by_the_free_top_and_keeps_what_was_asked() {
    let mut heap = growing::<GoodFit>();
    let low = heap.allocate(100);
    let high = heap.allocate(1 << 20);
    let grown = heap.0.source().len();
    heap.free(high);
    let returned = heap.0.trim(100_000);
    heap.0.verify().unwrap();
    assert_eq!(heap.0.source().len(), grown - returned);
    assert!((900_000..1 << 20).contains(&returned), "{returned}");
    assert_eq!(heap.0.trim(100_000), 0, "nothing is left to return");
    heap.free(low);
    heap.0.trim(0);
    heap.0.verify().unwrap();
    assert!(heap.0.source().len() <= heap.0.source().page_size());
    heap.allocate(5000);
}

#[test]
fn a_heap_told_to_trims_itself() {
    let config = Config { grow_bytes_min: 4096, trim_bytes_min: 16_384, ..Config::new() };
    let mut heap = with_config::<GoodFit>(1 << 20, config);
    let held = heap.allocate(100_000);
    heap.free(held);
    assert!(heap.0.source().len() <= 8192);
    assert!(heap.0.stats().heap_bytes_peak >= 100_000);
}

#[test]
fn a_buffer_is_used_to_its_end() {
    let mut heap = fixed::<BestFit>(4096);
    heap.allocate(4096 - GRANULE - HEADER_BYTES);
    assert_eq!(heap.states(), [InUse]);
    assert!(heap.0.allocate(layout(1, 1)).is_err());
}

#[test]
fn a_buffer_may_begin_and_end_anywhere() {
    for (skip, len) in [0, 16].into_iter().flat_map(|skip| (100..200).map(move |len| (skip, len))) {
        let source = FixedBreak::new(&mut buffer(512)[skip..skip + len]).unwrap();
        let mut heap = Tested(BlockHeap::<_, GoodFit>::new(source));
        let mut taken = 0;
        while heap.try_allocate(layout(1, GRANULE)).is_ok() {
            taken += BLOCK_BYTES_MIN;
        }
        assert!(taken + 3 * GRANULE > len, "{len} bytes from {skip} on gave {taken}");
    }
}

#[test]
fn stats_and_fragmentation_count_what_the_walk_shows() {
    let mut heap = fixed::<GoodFit>(8192);
    let (first, _second) = (heap.allocate(1000), heap.allocate(1000));
    heap.free(first);
    let stats = heap.0.stats();
    assert_eq!((stats.live_count, stats.live_bytes), (1, 1024));
    assert_eq!(stats.free_count, 2);
    assert_eq!(stats.heap_bytes, stats.live_bytes + stats.free_bytes + GRANULE);
    let fragmentation = heap.0.fragmentation();
    let expected = 1024.0 / f64::from(u32::try_from(stats.free_bytes).unwrap());
    assert!((fragmentation.external - expected).abs() < 1e-9);
    assert!((fragmentation.overhead - 8.0 / 1024.0).abs() < 1e-9);
}

#[test]
fn what_was_used_above_a_lowered_break_is_no_zeros() {
    for bytes in (4096..4096 + 2 * GRANULE).step_by(16) {
        let mut heap = BlockHeap::<_, GoodFit>::new(fixed_break(bytes));
        let dirty = heap.allocate(layout(4000, 1)).unwrap();
        // SAFETY: all of the slice is the holder's.
        unsafe { dirty.cast::<u8>().write_bytes(0xaa, dirty.len()) };
        // SAFETY: held, and freed once.
        unsafe { heap.deallocate(dirty.cast(), layout(4000, 1)) };
        heap.trim(1024);
        let zeros = heap.allocate_zeroed(layout(3000, 1)).unwrap();
        // SAFETY: so many bytes were asked for as zeros.
        let zeros = unsafe { core::slice::from_raw_parts(zeros.cast::<u8>().as_ptr(), 3000) };
        assert!(zeros.iter().all(|&byte| byte == 0), "{bytes} bytes");
        heap.verify().unwrap();
    }
}

/// A break in a buffer that begins at a multiple of the granule.
fn fixed_break(bytes: usize) -> FixedBreak<'static> {
    FixedBreak::new(&mut buffer(8192)[..bytes]).unwrap()
}
