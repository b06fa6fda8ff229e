//! The malloc family as functions.

use core::ptr::NonNull;

use heapwright_malloc::{
    Family, aligned_alloc, calloc, free, free_aligned_sized, free_sized, malloc, realloc,
    usable_size,
};

/// Writes all that is usable, and returns how much that is.
fn fill(block: NonNull<u8>, byte: u8) -> usize {
    // SAFETY: the tests call it with live blocks.
    let usable_bytes = unsafe { usable_size(block) };
    // SAFETY: all of it is the holder's.
    unsafe { block.write_bytes(byte, usable_bytes) };
    usable_bytes
}

#[test]
fn every_usable_byte_is_writable_and_kept_apart() {
    let blocks: Vec<_> = (0..1000).map(|size| (malloc(size).unwrap(), size)).collect();
    for &(block, size) in &blocks {
        assert_eq!(block.addr().get() % 16, 0);
        assert!(fill(block, size.to_le_bytes()[0]) >= size);
    }
    for (block, size) in blocks {
        // SAFETY: live.
        let usable_bytes = unsafe { usable_size(block) };
        // SAFETY: all of it was written above.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), usable_bytes) };
        assert!(bytes.iter().all(|&byte| byte == size.to_le_bytes()[0]), "size {size}");
        // SAFETY: freed once.
        unsafe { free(block) };
    }
    heapwright_malloc::verify().unwrap();
}

#[test]
fn calloc_refuses_a_product_that_wraps() {
    let half = 1_usize << (usize::BITS / 2);
    assert_eq!(calloc(half, half), None);
    assert_eq!(calloc(usize::MAX, 2), None);
    assert_eq!(calloc(3, usize::MAX / 2), None);
    for (count, size) in [(0, 8), (8, 0), (3, 5), (1000, 1000)] {
        let block = calloc(count, size).unwrap();
        // SAFETY: the block has that size, all of it zero.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), count * size) };
        assert!(bytes.iter().all(|&byte| byte == 0));
        // SAFETY: freed once.
        unsafe { free(block) };
    }
}

#[test]
fn sizes_above_the_largest_are_refused() {
    let largest = isize::MAX.unsigned_abs();
    for size in [largest - 15, largest, largest + 1, usize::MAX] {
        assert_eq!(malloc(size), None);
        assert_eq!(aligned_alloc(64, size), None);
        assert_eq!(calloc(1, size), None);
    }
    let block = malloc(10).unwrap();
    fill(block, 5);
    // SAFETY: live; nothing happens to it where that fails.
    assert_eq!(unsafe { realloc(block, largest) }, None);
    // SAFETY: written above.
    assert_eq!(unsafe { block.read() }, 5);
    // SAFETY: freed once.
    unsafe { free(block) };
}

#[test]
fn alignments_that_are_no_power_of_two_are_refused() {
    for align in [0, 3, 24, 48, usize::MAX] {
        assert_eq!(aligned_alloc(align, 10), None);
    }
    for align in (0..25).map(|power| 1_usize << power) {
        let block = aligned_alloc(align, 10).unwrap();
        assert_eq!(block.addr().get() % align, 0);
        fill(block, 1);
        // SAFETY: freed once, with what it was asked for.
        unsafe { free_aligned_sized(block, align, 10) };
    }
}

#[test]
fn realloc_keeps_all_that_was_usable() {
    let block = malloc(1).unwrap();
    let usable_bytes = fill(block, 9);
    let wall = malloc(1).unwrap();
    // SAFETY: live, and not used any more afterwards.
    let moved = unsafe { realloc(block, 10_000) }.unwrap();
    // SAFETY: that much was kept.
    let bytes = unsafe { core::slice::from_raw_parts(moved.as_ptr(), usable_bytes) };
    assert!(bytes.iter().all(|&byte| byte == 9));
    // SAFETY: freed once, with what it was asked for.
    unsafe { free_sized(moved, 10_000) };
    // SAFETY: freed once, with what it was asked for.
    unsafe { free_sized(wall, 1) };
}

#[test]
fn all_faces_share_one_heap() {
    struct Other;
    impl heapwright_malloc::Startup for Other {
        fn config() -> heapwright_malloc::Config {
            unreachable!("the test's own global allocator made the heap")
        }
    }
    let block = Family::<Other>::malloc(100).unwrap();
    // SAFETY: the heap is the same, whichever face; freed once.
    unsafe { free(block) };
}
