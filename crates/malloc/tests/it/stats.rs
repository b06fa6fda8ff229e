//! Looking at the heap: figures, walk, trim.

use heapwright_malloc::{Area, BreakKind, calloc, free, malloc, scavenge, stats, trim, walk};

use crate::alone::{alone, resident_bytes};

#[test]
fn calls_and_live_blocks_are_counted() {
    let before = stats().unwrap();
    let blocks: Vec<_> = (0..1000).map(|_| malloc(100).unwrap()).collect();
    let between = stats().unwrap();
    // Other tests run beside this one, so the counts are at least these.
    assert!(between.calls.malloc >= before.calls.malloc + 1000);
    assert!(between.heap_bytes_peak >= between.heap_bytes);
    assert_eq!(between.break_kind, BreakKind::Reserved);
    for block in blocks {
        // SAFETY: freed once.
        unsafe { heapwright_malloc::free(block) };
    }
    assert!(stats().unwrap().calls.free >= between.calls.free + 1000);
}

/// The areas that hold the address.
fn areas_of(address: usize) -> Vec<Area> {
    let mut found: [Option<Area>; 2] = [None; 2];
    let mut count = 0;
    // The walk must not allocate, so it keeps what it finds in place.
    walk(&mut |area| {
        let (start, bytes) = match area {
            Area::Slab { address, bytes, .. }
            | Area::Large { address, bytes, .. }
            | Area::Free { address, bytes, .. } => (address, bytes),
            _ => return,
        };
        if (start..start + bytes).contains(&address) {
            found[count % 2] = Some(area);
            count += 1;
        }
    });
    found.into_iter().flatten().collect()
}

#[test]
fn the_walk_passes_a_large_block_with_its_size() {
    let block = malloc(123_456).unwrap();
    let areas = areas_of(block.addr().get());
    let [Area::Large { address, bytes, usable_bytes }] = areas[..] else {
        panic!("one large block was due: {areas:?}")
    };
    assert_eq!(address, block.addr().get());
    assert!(bytes >= usable_bytes && usable_bytes >= 123_456);
    // SAFETY: freed once.
    unsafe { heapwright_malloc::free(block) };
}

#[test]
fn the_walk_passes_the_slab_of_a_small_block() {
    let block = malloc(1000).unwrap();
    let areas = areas_of(block.addr().get());
    let [Area::Slab { slot_bytes, capacity, carved, live, .. }] = areas[..] else {
        panic!("one slab was due: {areas:?}")
    };
    assert_eq!(slot_bytes, 1024);
    assert!(live >= 1 && live <= carved && carved <= capacity);
    // SAFETY: freed once.
    unsafe { heapwright_malloc::free(block) };
}

#[test]
fn trim_gives_a_freed_block_back_to_the_system() {
    alone("stats::trim_gives_a_freed_block_back_to_the_system", || {
        const BYTES: usize = 64 << 20;
        let before = resident_bytes();
        let block = malloc(BYTES).unwrap();
        // SAFETY: the block has so many bytes.
        unsafe { block.write_bytes(1, BYTES) };
        assert!(resident_bytes() >= before + BYTES);
        // SAFETY: freed once.
        unsafe { heapwright_malloc::free(block) };
        assert!(trim(0) >= BYTES);
        assert_eq!(stats().unwrap().dirty_bytes, 0);
        let rest = resident_bytes().saturating_sub(before);
        assert!(rest <= 1 << 20, "{rest} bytes are left");
        heapwright_malloc::verify().unwrap();
    });
}

#[test]
fn the_figures_add_up_to_the_areas_of_the_walk() {
    alone("stats::the_figures_add_up_to_the_areas_of_the_walk", || {
        let blocks: Vec<_> = (1..300).map(|round| malloc(round * 300).unwrap()).collect();
        for block in blocks.iter().step_by(2) {
            // SAFETY: freed once, and the others below.
            unsafe { heapwright_malloc::free(*block) };
        }
        let stats = stats().unwrap();
        let (mut slabs, mut large, mut free, mut bytes) = (0, 0, 0, 0);
        walk(&mut |area| match area {
            Area::Slab { bytes: size, .. } => (slabs, bytes) = (slabs + 1, bytes + size),
            Area::Large { bytes: size, .. } => (large, bytes) = (large + 1, bytes + size),
            Area::Free { bytes: size, .. } => (free, bytes) = (free + 1, bytes + size),
            _ => (),
        });
        assert_eq!((stats.slab_count, stats.large_count, stats.free_count), (slabs, large, free));
        assert!(large >= 90, "every second one of those above 32 KiB: {large}");
        assert!(stats.heap_bytes >= bytes && stats.live_bytes + stats.free_bytes <= bytes);
        assert!(stats.free_bytes_largest <= stats.free_bytes);
        assert!(stats.dirty_bytes <= stats.free_bytes);
        for block in blocks.into_iter().skip(1).step_by(2) {
            // SAFETY: freed once.
            unsafe { heapwright_malloc::free(block) };
        }
    });
}

#[test]
fn free_memory_that_nobody_needs_decays_wherever_its_span_is_cut() {
    alone("stats::free_memory_that_nobody_needs_decays_wherever_its_span_is_cut", || {
        const BYTES: usize = 64 << 20;
        let clean = malloc(BYTES).unwrap();
        let dirty = malloc(BYTES).unwrap();
        let wall = malloc(100_000).unwrap();
        // SAFETY: the block has so many bytes.
        unsafe { dirty.write_bytes(1, BYTES) };
        for block in [clean, dirty] {
            // SAFETY: freed once.
            unsafe { free(block) };
        }
        // The front of the joined span, which was never written.
        let front = malloc(BYTES).unwrap();
        let before = resident_bytes();
        scavenge();
        scavenge();
        assert!(resident_bytes() + BYTES / 2 < before, "{} KiB", resident_bytes() >> 10);
        for block in [front, wall] {
            // SAFETY: freed once.
            unsafe { free(block) };
        }
    });
}

#[test]
fn so_many_zeros_are_not_touched_before_their_holder_does() {
    alone("stats::so_many_zeros_are_not_touched_before_their_holder_does", || {
        const BYTES: usize = 200 << 20;
        let block = malloc(BYTES).unwrap();
        // SAFETY: the block has a byte.
        unsafe { block.write(1) };
        // SAFETY: freed once.
        unsafe { free(block) };
        let before = resident_bytes();
        let zeros = calloc(1, BYTES).unwrap();
        assert!(resident_bytes() < before + (8 << 20));
        // SAFETY: the block has so many bytes, all of them zero.
        let bytes = unsafe { core::slice::from_raw_parts(zeros.as_ptr(), BYTES) };
        assert!(bytes.iter().step_by(1024).all(|&byte| byte == 0));
        // SAFETY: freed once.
        unsafe { free(zeros) };
    });
}
