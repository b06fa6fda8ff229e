//! Each numbered invariant is broken on purpose, and `verify` names it.

use core::ptr;

use heapwright_block::fit::GoodFit;
use heapwright_block::{BlockState, Corruption};
use heapwright_break::FixedBreak;

use crate::tested::{Tested, fixed};

type Heap = Tested<FixedBreak<'static>, GoodFit>;

/// Blocks: in use, free, in use, in use, in use, free, in use, top.
fn heap() -> Heap {
    let mut heap = fixed::<GoodFit>(1 << 14);
    let held = [200, 300, 24, 400, 24, 500, 24].map(|size| heap.allocate(size));
    heap.free(held[1]);
    heap.free(held[5]);
    heap
}

fn read_word(address: usize) -> usize {
    // SAFETY: a word of the heap's leaked buffer, exposed by the heap.
    unsafe { ptr::with_exposed_provenance::<usize>(address).read() }
}

fn write_word(address: usize, word: usize) {
    // SAFETY: as above, and no call on the heap is under way.
    unsafe { ptr::with_exposed_provenance_mut::<usize>(address).write(word) }
}

/// The invariant that does not hold after `change` was made to the word at `address`.
fn broken(heap: &Heap, address: usize, change: impl FnOnce(usize) -> usize) -> u8 {
    heap.0.verify().unwrap();
    write_word(address, change(read_word(address)));
    let Err(Corruption { invariant, .. }) = heap.0.verify() else {
        panic!("the change at {address:#x} is not found");
    };
    invariant
}

#[test]
fn blocks_tile_the_span() {
    let heap = heap();
    let first = heap.blocks()[0];
    assert_eq!(broken(&heap, first.header, |_| (1 << 20) | 3), 1);
    let heap = self::heap();
    let first = heap.blocks()[0];
    assert_eq!(broken(&heap, first.header, |_| 3), 1);
}

#[test]
fn sizes_are_those_of_blocks_and_no_stray_bit_is_set() {
    let heap = heap();
    let first = heap.blocks()[0];
    assert_eq!(broken(&heap, first.header, |word| word | 8), 2);
    let heap = self::heap();
    let first = heap.blocks()[0];
    assert_eq!(broken(&heap, first.header, |word| word | 16), 2);
}

#[test]
fn headers_say_whether_the_block_before_is_free() {
    let heap = heap();
    let behind_a_free_one = heap.blocks()[2];
    assert_eq!(broken(&heap, behind_a_free_one.header, |word| word ^ 2), 3);
    let heap = self::heap();
    let behind_one_in_use = heap.blocks()[3];
    assert_eq!(broken(&heap, behind_one_in_use.header, |word| word ^ 2), 3);
}

#[test]
fn no_two_free_blocks_touch() {
    let heap = heap();
    let behind_a_free_one = heap.blocks()[2];
    assert_eq!(broken(&heap, behind_a_free_one.header, |word| word & !1), 4);
}

#[test]
fn free_blocks_end_with_their_size() {
    let heap = heap();
    let free = heap.blocks()[1];
    assert_eq!(broken(&heap, free.header + free.size - 8, |word| word + 16), 5);
}

#[test]
fn the_index_holds_every_free_block() {
    let heap = heap();
    let [block, next] = [3, 4].map(|index| heap.blocks()[index]);
    // Free by its header, its tag and the next header, but never freed.
    write_word(next.header - 8, block.size);
    write_word(next.header, read_word(next.header) & !2);
    write_word(block.header, block.size | 2);
    let Err(Corruption { invariant, .. }) = heap.0.verify() else {
        panic!("a free block outside the index is not found");
    };
    assert_eq!(invariant, 6);
}

#[test]
fn memory_that_was_never_handed_out_is_zero() {
    let heap = heap();
    let top = *heap.blocks().last().unwrap();
    assert_eq!(top.state, BlockState::Top);
    assert_eq!(broken(&heap, top.header + 64, |_| 1), 7);
}
