//! Blocks that are larger than slots: zeros, and every way in which they are resized.
//!
//! Each byte of a block is told by its offset, so that a part that came from elsewhere is seen.

use core::ptr::NonNull;

use heapwright_malloc::{calloc, free, malloc, realloc, trim, usable_size, verify};

use crate::alone::alone;

const KIBIBYTE: usize = 1 << 10;
const MEBIBYTE: usize = 1 << 20;

/// The byte at an offset of a block that is `seed`'s.
fn byte_at(seed: usize, offset: usize) -> u8 {
    // A prime number of bytes, so that neither pages nor slices repeat.
    ((offset / 251).wrapping_mul(31) ^ offset ^ seed).to_le_bytes()[0]
}

fn write(block: NonNull<u8>, size: usize, seed: usize) {
    // SAFETY: the tests call it with live blocks of that size.
    let bytes = unsafe { core::slice::from_raw_parts_mut(block.as_ptr(), size) };
    bytes.iter_mut().enumerate().for_each(|(offset, byte)| *byte = byte_at(seed, offset));
}

/// Whether the first `size` bytes are what `write` wrote.
fn is_written(block: NonNull<u8>, size: usize, seed: usize) -> bool {
    // SAFETY: the tests ask for no more than was written.
    let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), size) };
    bytes.iter().enumerate().all(|(offset, &byte)| byte == byte_at(seed, offset))
}

fn written(size: usize, seed: usize) -> NonNull<u8> {
    let block = malloc(size).unwrap();
    write(block, size, seed);
    block
}

/// Resizes a block whose first `old` bytes are `seed`'s, and looks at what it kept.
fn resized(block: NonNull<u8>, old: usize, new: usize, seed: usize) -> NonNull<u8> {
    // SAFETY: the tests call it with live blocks, which they use no more after it.
    let resized = unsafe { realloc(block, new) }.unwrap();
    // SAFETY: live.
    assert!(unsafe { usable_size(resized) } >= new);
    assert!(is_written(resized, old.min(new), seed), "{old} to {new}");
    write(resized, new, seed);
    resized
}

fn give_back(blocks: impl IntoIterator<Item = NonNull<u8>>) {
    for block in blocks {
        // SAFETY: the tests call it once with each.
        unsafe { free(block) };
    }
}

fn is_zero(block: NonNull<u8>, size: usize) -> bool {
    // SAFETY: the tests call it with live blocks of that size, which `calloc` made.
    unsafe { core::slice::from_raw_parts(block.as_ptr(), size) }.iter().all(|&byte| byte == 0)
}

#[test]
fn calloc_is_zero_where_a_large_block_was_written_before() {
    alone("large::calloc_is_zero_where_a_large_block_was_written_before", || {
        for size in [33 * KIBIBYTE, 100_000, MEBIBYTE, 5 * MEBIBYTE + 1] {
            for count in 1..4 {
                // Dirty neighbours, which are joined when they are freed.
                give_back((0..count).map(|seed| written(size, seed)).collect::<Vec<_>>());
                let zeroed: Vec<_> = (0..=count).map(|_| calloc(size, 1).unwrap()).collect();
                assert!(zeroed.iter().all(|&block| is_zero(block, size)), "{count} of {size}");
                zeroed.iter().for_each(|&block| write(block, size, 1));
                give_back(zeroed);
                trim(0);
                let zeroed = calloc(1, size).unwrap();
                assert!(is_zero(zeroed, size), "{size} after a trim");
                give_back([zeroed]);
            }
        }
        verify().unwrap();
    });
}

#[test]
fn calloc_is_zero_where_a_block_shrank_grew_or_moved() {
    alone("large::calloc_is_zero_where_a_block_shrank_grew_or_moved", || {
        for size in [100 * KIBIBYTE, MEBIBYTE, 8 * MEBIBYTE] {
            let block = written(2 * size, 1);
            let block = resized(block, 2 * size, size, 1);
            let behind = calloc(size - 4 * KIBIBYTE, 1).unwrap();
            assert!(is_zero(behind, size - 4 * KIBIBYTE), "behind what shrank to {size}");
            // Nothing is free behind the block, so it moves.
            let moved = resized(block, size, 3 * size, 1);
            let before = calloc(size, 1).unwrap();
            assert!(is_zero(before, size), "where {size} bytes were before");
            assert!(is_written(moved, 3 * size, 1));
            give_back([moved, before, behind]);
        }
        verify().unwrap();
    });
}

#[test]
fn a_block_grows_in_place_where_its_neighbour_is_free() {
    alone("large::a_block_grows_in_place_where_its_neighbour_is_free", || {
        for size in [48 * KIBIBYTE, MEBIBYTE] {
            let (block, neighbour, wall) = (written(size, 1), written(size, 2), written(size, 3));
            assert!(block < neighbour && neighbour < wall, "new blocks lie one behind the other");
            give_back([neighbour]);
            let grown = resized(block, size, size + size / 2, 1);
            assert_eq!(grown, block);
            let full = resized(grown, size + size / 2, 2 * size, 1);
            assert_eq!(full, block);
            assert!(is_written(wall, size, 3));
            // And back: what it leaves is free for others.
            let shrunk = resized(full, 2 * size, size, 1);
            assert_eq!(shrunk, block);
            let other = written(size, 4);
            assert_eq!(other, neighbour);
            assert!(is_written(shrunk, size, 1) && is_written(wall, size, 3));
            give_back([shrunk, other, wall]);
        }
        verify().unwrap();
    });
}

#[test]
fn a_block_grows_in_place_at_the_end_of_the_heap() {
    alone("large::a_block_grows_in_place_at_the_end_of_the_heap", || {
        let mut size = 16 * MEBIBYTE;
        let mut block = written(size, 1);
        let start = block;
        for _ in 0..4 {
            block = resized(block, size, 2 * size, 1);
            assert_eq!(block, start);
            size *= 2;
        }
        give_back([block]);
        verify().unwrap();
    });
}

#[test]
fn a_block_that_must_move_keeps_every_byte() {
    alone("large::a_block_that_must_move_keeps_every_byte", || {
        for size in [40_000, 300 * KIBIBYTE, MEBIBYTE + 1, 20 * MEBIBYTE + 12_345] {
            let (block, wall) = (written(size, 1), written(size, 2));
            let moved = resized(block, size, 2 * size, 1);
            assert_ne!(moved, block);
            // Where it was others come, and it does not change under them.
            let other = written(size, 3);
            assert!(is_written(moved, 2 * size, 1) && is_written(wall, size, 2));
            assert!(is_written(other, size, 3));
            give_back([wall, moved, other]);
        }
        verify().unwrap();
    });
}

#[test]
fn blocks_that_grow_in_turn_keep_every_byte() {
    const COUNT: usize = 10;
    let mut sizes = [20_000_usize; COUNT];
    let mut blocks: Vec<_> = (0..COUNT).map(|seed| written(sizes[seed], seed)).collect();
    for _ in 0..16 {
        for seed in 0..COUNT {
            let new = sizes[seed] + sizes[seed] / 4;
            blocks[seed] = resized(blocks[seed], sizes[seed], new, seed);
            sizes[seed] = new;
        }
    }
    for seed in 0..COUNT {
        assert!(is_written(blocks[seed], sizes[seed], seed));
        // Down to a slot.
        blocks[seed] = resized(blocks[seed], sizes[seed], 100, seed);
    }
    give_back(blocks);
    verify().unwrap();
}
