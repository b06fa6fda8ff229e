//! Misuse of a block heap: one test each, in a forked child, with the words that must be said.
//!
//! ```text
//!   parent: heap, blocks ─ fork ─▶ child: arm the trap, misuse ─▶ one line, SIGABRT
//! ```
//!
//! The heap is made before the fork, so that the test knows the addresses which the child must
//! name. The one-misuse-a-test habit is hardened_malloc's.

use core::alloc::Layout;
use core::ptr::NonNull;

use heapwright_block::BlockHeap;
use heapwright_break::ReservedBreak;
use heapwright_conformance::misuse::{dies_with, lives};

use crate::trap;

type Heap = BlockHeap<ReservedBreak>;

const LAYOUT: Layout = Layout::new::<[u8; 200]>();

fn heap() -> Heap {
    BlockHeap::new(ReservedBreak::new(1 << 20))
}

/// Blocks one behind the other, filled as a user's would be.
fn blocks<const COUNT: usize>(heap: &mut Heap) -> [NonNull<[u8]>; COUNT] {
    core::array::from_fn(|_| {
        let block = heap.allocate(LAYOUT).expect("the heap is almost empty");
        // SAFETY: the block was handed out just now.
        unsafe { block.cast::<u8>().write_bytes(0x5a, block.len()) };
        block
    })
}

/// A block between two others.
fn neighbours(heap: &mut Heap) -> [NonNull<u8>; 3] {
    let [before, block, behind] = blocks(heap).map(NonNull::cast);
    assert!(before < block && block < behind, "a new heap hands out blocks in order");
    [before, block, behind]
}

fn free(heap: &mut Heap, payload: NonNull<u8>) {
    // SAFETY: none, where it is misuse: that is what the child dies of.
    unsafe { heap.deallocate(payload, LAYOUT) }
}

/// Writes as a user with a wild pointer does.
fn overwrite(at: NonNull<u8>, byte: u8, count: usize) {
    // SAFETY: memory of the heap, readable and writable: the wrong part of it.
    unsafe { at.write_bytes(byte, count) }
}

/// The child arms the trap, does `misuse`, and must die with the name of `payload` and `words`.
fn reports(payload: NonNull<u8>, words: &str, misuse: impl FnOnce()) {
    let name = format!("{:#x}", payload.addr());
    dies_with(libc::SIGABRT, &["heapwright: ", words, &name], || {
        trap::arm();
        misuse();
    });
}

#[test]
fn correct_use_reports_nothing() {
    let mut heap = heap();
    let [before, block, behind] = neighbours(&mut heap);
    lives(|| {
        trap::arm();
        for payload in [block, before, behind] {
            free(&mut heap, payload);
        }
        assert_eq!(heap.verify(), Ok(()));
    });
}

#[test]
fn a_double_free_is_found() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    free(&mut heap, block);
    reports(block, "double free of", || free(&mut heap, block));
}

#[test]
fn a_double_free_is_found_after_joining_with_the_block_before() {
    let mut heap = heap();
    let [before, block, _] = neighbours(&mut heap);
    free(&mut heap, before);
    free(&mut heap, block);
    reports(block, "double free of", || free(&mut heap, block));
}

#[test]
fn a_double_free_is_found_after_joining_with_both_neighbours() {
    let mut heap = heap();
    let [first, before, block, behind, _] = blocks::<5>(&mut heap).map(NonNull::cast);
    for payload in [before, behind, block] {
        free(&mut heap, payload);
    }
    reports(block, "double free of", || free(&mut heap, block));
    reports(behind, "double free of", || free(&mut heap, behind));
    reports(before, "double free of", || free(&mut heap, before));
    free(&mut heap, first);
    reports(before, "double free of", || free(&mut heap, before));
}

#[test]
fn a_double_free_is_found_in_the_top() {
    let mut heap = heap();
    let [_, before, last] = neighbours(&mut heap);
    free(&mut heap, last);
    reports(last, "", || free(&mut heap, last));
    free(&mut heap, before);
    reports(before, "", || free(&mut heap, before));
    reports(last, "", || free(&mut heap, last));
}

#[test]
fn a_double_free_is_found_after_a_trim() {
    let mut heap = heap();
    let [_, _, last] = neighbours(&mut heap);
    free(&mut heap, last);
    heap.trim(0);
    reports(last, "", || free(&mut heap, last));
}

#[test]
fn a_pointer_into_the_middle_of_a_block_is_found() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    for offset in [16, 32, 160] {
        // SAFETY: inside the block.
        let middle = unsafe { block.add(offset) };
        reports(middle, "", || free(&mut heap, middle));
    }
}

#[test]
fn a_misaligned_pointer_is_no_block() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    for offset in [1, 8, 15] {
        // SAFETY: inside the block.
        let misaligned = unsafe { block.add(offset) };
        reports(misaligned, "is no block of this heap", || free(&mut heap, misaligned));
    }
}

#[test]
fn a_pointer_to_the_stack_is_no_block() {
    #[repr(align(16))]
    struct Aligned([u8; 200]);
    let mut heap = heap();
    neighbours(&mut heap);
    let mut local = Aligned([0; 200]);
    let pointer = NonNull::from(&mut local.0).cast();
    reports(pointer, "is no block of this heap", || free(&mut heap, pointer));
}

#[test]
fn a_block_of_another_heap_is_no_block() {
    let (mut one, mut other) = (heap(), heap());
    neighbours(&mut one);
    let [_, foreign, _] = neighbours(&mut other);
    reports(foreign, "is no block of this heap", || free(&mut one, foreign));
}

#[test]
fn a_heap_without_memory_owns_no_block() {
    let mut empty = heap();
    for address in [16_usize, 1 << 20, !15] {
        let pointer = NonNull::new(core::ptr::without_provenance_mut(address)).expect("not null");
        reports(pointer, "is no block of this heap", || free(&mut empty, pointer));
    }
}

#[test]
fn an_overflow_of_one_zero_byte_into_the_next_header_is_found() {
    let mut heap = heap();
    let [before, block, _] = blocks::<3>(&mut heap);
    // SAFETY: the first byte behind the block before is the header's.
    let header = unsafe { before.cast::<u8>().add(before.len()) };
    overwrite(header, 0, 1);
    reports(block.cast(), "", || free(&mut heap, block.cast()));
}

#[test]
fn an_overflow_of_one_byte_into_the_next_header_is_found() {
    // Whatever the byte is, unless it is what stood there.
    for byte in 0..=u8::MAX {
        let mut heap = heap();
        let [before, block, _] = blocks::<3>(&mut heap);
        // SAFETY: the first byte behind the block before is the header's.
        let header = unsafe { before.cast::<u8>().add(before.len()) };
        // SAFETY: memory of the heap.
        if unsafe { header.read() } == byte {
            continue;
        }
        overwrite(header, byte, 1);
        // The size may have become one that leads to the block behind, and that is named then.
        dies_with(libc::SIGABRT, &["heapwright: "], || {
            trap::arm();
            free(&mut heap, block.cast());
        });
    }
}

#[test]
fn an_overflow_of_eight_bytes_into_the_next_header_is_found() {
    for byte in [0, b'A', 0x5a, 0xff] {
        let mut heap = heap();
        let [before, block, _] = blocks::<3>(&mut heap);
        // SAFETY: the first byte behind the block before is the header's.
        let header = unsafe { before.cast::<u8>().add(before.len()) };
        overwrite(header, byte, 8);
        reports(block.cast(), "", || free(&mut heap, block.cast()));
    }
}

#[test]
fn an_overflow_into_a_free_block_is_found_when_the_block_before_it_is_freed() {
    let mut heap = heap();
    let [before, block, _] = blocks::<3>(&mut heap);
    free(&mut heap, block.cast());
    // SAFETY: the first byte behind the block before is the header's.
    let header = unsafe { before.cast::<u8>().add(before.len()) };
    overwrite(header, b'A', 8);
    dies_with(libc::SIGABRT, &["heapwright: "], || {
        trap::arm();
        free(&mut heap, before.cast());
    });
}

#[test]
fn links_overwritten_in_a_freed_block_are_found_when_it_is_taken() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    free(&mut heap, block);
    overwrite(block, b'A', 16);
    reports(block, "broken link", || {
        let _ = heap.allocate(LAYOUT);
    });
}

#[test]
fn links_overwritten_in_a_freed_block_are_found_when_its_neighbour_is_freed() {
    let mut heap = heap();
    let [before, block, _] = neighbours(&mut heap);
    free(&mut heap, block);
    overwrite(block, b'A', 16);
    reports(block, "broken link", || free(&mut heap, before));
}

#[test]
fn a_boundary_tag_that_was_overwritten_is_found() {
    for byte in [0, b'A', 0xff] {
        let mut heap = heap();
        let [_, block, behind] = blocks::<3>(&mut heap);
        free(&mut heap, block.cast());
        // SAFETY: the last word of the freed block.
        let tag = unsafe { block.cast::<u8>().add(block.len() - 8) };
        overwrite(tag, byte, 8);
        reports(behind.cast(), "broken boundary tag", || free(&mut heap, behind.cast()));
    }
}

#[test]
fn a_layout_larger_than_the_block_is_found() {
    let mut heap = heap();
    let [_, block, _] = blocks::<3>(&mut heap);
    let larger = Layout::from_size_align(block.len() + 1, 1).expect("a valid layout");
    reports(block.cast(), "is smaller than its layout says", || {
        // SAFETY: none, it is misuse.
        unsafe { heap.deallocate(block.cast(), larger) }
    });
    reports(block.cast(), "is smaller than its layout says", || {
        // SAFETY: none, it is misuse.
        let _ = unsafe { heap.resize(block.cast(), larger, LAYOUT) };
    });
}

#[test]
fn a_resize_of_a_freed_block_is_found() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    free(&mut heap, block);
    reports(block, "double free of", || {
        // SAFETY: none, it is misuse.
        let _ = unsafe { heap.resize(block, LAYOUT, Layout::new::<[u8; 400]>()) };
    });
}

#[test]
fn the_usable_size_of_a_freed_block_is_none() {
    let mut heap = heap();
    let [_, block, _] = neighbours(&mut heap);
    free(&mut heap, block);
    reports(block, "", || {
        // SAFETY: none, it is misuse.
        let _ = unsafe { heap.usable_size(block) };
    });
}
