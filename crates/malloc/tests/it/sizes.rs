//! Every size class from edge to edge, types, and alignments.

use core::ptr::NonNull;

use heapwright_malloc::{
    DefaultStartup, Family, aligned_alloc, calloc, free, malloc, realloc, usable_size, verify,
};

/// More than a slot can have, in bytes.
const BEYOND_SLOTS: usize = 80_000;

/// The largest size of each class, by what the classes themselves say, and some beyond them.
fn edges() -> Vec<usize> {
    let mut edges = Vec::new();
    let mut size = 1;
    while size < BEYOND_SLOTS {
        let block = malloc(size).unwrap();
        // SAFETY: live.
        let usable_bytes = unsafe { usable_size(block) };
        // SAFETY: freed once.
        unsafe { free(block) };
        assert!(usable_bytes >= size);
        edges.push(usable_bytes);
        size = usable_bytes + 1;
    }
    edges
}

/// A block of at least `size` bytes all of whose usable ones are `mark`, and how many those are.
fn filled(size: usize, mark: u8) -> (NonNull<u8>, usize) {
    let block = malloc(size).unwrap();
    // SAFETY: live.
    let usable_bytes = unsafe { usable_size(block) };
    assert!(usable_bytes >= size && block.addr().get().is_multiple_of(16), "size {size}");
    // SAFETY: all of it is the holder's.
    unsafe { block.write_bytes(mark, usable_bytes) };
    (block, usable_bytes)
}

/// Whether the first `len` bytes of a live block are all `mark`.
fn is_filled(block: NonNull<u8>, len: usize, mark: u8) -> bool {
    // SAFETY: the tests ask for no more than they wrote.
    unsafe { core::slice::from_raw_parts(block.as_ptr(), len) }.iter().all(|&byte| byte == mark)
}

#[test]
fn there_are_enough_classes_to_waste_a_fifth_at_most() {
    let edges = edges();
    assert!(edges.is_sorted());
    for pair in edges.windows(2) {
        let waste = pair[1] - pair[0] - 1;
        assert!(waste < 16 || waste * 5 <= pair[1], "{} and {}", pair[0], pair[1]);
    }
}

#[test]
fn all_that_is_usable_is_writable_at_every_edge() {
    let sizes = edges().into_iter().flat_map(|edge| [edge - 1, edge, edge + 1]);
    let blocks: Vec<_> = sizes
        .flat_map(|size| [size; 5])
        .zip((0..=u8::MAX).cycle())
        .map(|(size, mark)| (filled(size, mark), mark))
        .collect();
    for ((block, usable_bytes), mark) in blocks {
        assert!(is_filled(block, usable_bytes, mark), "{usable_bytes} bytes");
        // SAFETY: freed once.
        unsafe { free(block) };
    }
    verify().unwrap();
}

#[test]
fn realloc_keeps_contents_across_every_edge() {
    for edge in edges() {
        for (old, new) in [(edge - 1, edge + 1), (edge + 1, edge - 1), (edge, 3 * edge)] {
            let (block, usable_bytes) = filled(old, 0x5a);
            // SAFETY: live, and not used any more after it.
            let resized = unsafe { realloc(block, new) }.unwrap();
            assert!(is_filled(resized, usable_bytes.min(new), 0x5a), "{old} to {new}");
            // SAFETY: freed once.
            unsafe { free(resized) };
        }
    }
}

#[test]
fn calloc_is_zero_where_blocks_were_written_before() {
    for edge in edges() {
        let dirty: Vec<_> = (0..10).map(|_| filled(edge, 0xff)).collect();
        for (block, _) in dirty {
            // SAFETY: freed once.
            unsafe { free(block) };
        }
        let zeroed: Vec<_> = (0..10).map(|_| calloc(edge, 1).unwrap()).collect();
        for block in zeroed {
            assert!(is_filled(block, edge, 0), "size {edge}");
            // SAFETY: freed once.
            unsafe { free(block) };
        }
    }
}

#[test]
fn alignments_up_to_a_gibibyte_are_kept() {
    for align in (0..=30).map(|power| 1_usize << power) {
        for size in [1, 100, 5000, 40_000] {
            let block = aligned_alloc(align, size).unwrap();
            assert!(block.addr().get().is_multiple_of(align), "{size} bytes at {align}");
            // SAFETY: live.
            let usable_bytes = unsafe { usable_size(block) };
            assert!(usable_bytes >= size);
            // SAFETY: all of it is the holder's.
            unsafe { block.write_bytes(7, usable_bytes) };
            assert!(is_filled(block, usable_bytes, 7));
            // SAFETY: freed once.
            unsafe { free(block) };
        }
    }
    verify().unwrap();
}

#[test]
fn a_type_gets_a_block_of_its_size_and_alignment() {
    #[repr(align(256))]
    struct Wide([u8; 300]);
    struct Large([u8; 100_000]);

    fn check<T>() {
        let block = Family::<DefaultStartup>::malloc_for::<T>().unwrap();
        assert!(block.is_aligned());
        // SAFETY: live.
        assert!(unsafe { usable_size(block.cast()) } >= size_of::<T>());
        // SAFETY: a block for a `T`.
        unsafe { block.write_bytes(1, 1) };
        // SAFETY: freed once.
        unsafe { free(block.cast()) };
    }
    check::<()>();
    check::<u8>();
    check::<[u64; 13]>();
    check::<Wide>();
    check::<Large>();
    assert_eq!((size_of::<Wide>(), size_of_val(&Wide([0; 300]).0)), (512, 300));
    assert_eq!(size_of_val(&Large([0; 100_000]).0), 100_000);
}
