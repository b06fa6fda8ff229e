//! Misuse is found, and reported with the pointer it was found at.

use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::panic::{catch_unwind, panic_any};

use heapwright_block::fit::GoodFit;
use heapwright_block::{BlockHeap, Config, HEADER_BYTES, Misuse};
use heapwright_break::FixedBreak;

use crate::tested::{Held, Tested, layout, with_config};

type Heap = Tested<FixedBreak<'static>, GoodFit>;

/// Unwinds with what was found. A heap must not be used afterwards, and is not.
fn unwind(misuse: Misuse) -> ! {
    panic_any(misuse)
}

fn heap() -> Heap {
    with_config(1 << 16, Config { on_misuse: unwind, ..Config::new() })
}

/// What the heap reports when `action` is done to it.
fn found(
    heap: &mut Heap,
    action: impl FnOnce(&mut BlockHeap<FixedBreak<'static>, GoodFit>),
) -> Misuse {
    let result = catch_unwind(AssertUnwindSafe(|| action(&mut heap.0)));
    *result.expect_err("misuse is found").downcast().expect("it is a Misuse")
}

fn free(heap: &mut Heap, held: Held) -> Misuse {
    found(heap, |heap| {
        // SAFETY: none; this is the misuse, and the heap stops it.
        unsafe { heap.deallocate(held.payload, held.layout) }
    })
}

/// Writes a word beyond what the block holds, or into a block that is free.
fn write_word(held: Held, offset: isize, word: usize) {
    // SAFETY: within the heap's buffer, and nothing else accesses it meanwhile.
    let place = unsafe { held.payload.byte_offset(offset) }.cast::<usize>();
    // SAFETY: as above.
    unsafe { place.write(word) }
}

#[test]
fn a_block_freed_twice() {
    let mut heap = heap();
    let held = heap.allocate(100);
    heap.allocate(1);
    heap.free(held);
    assert_eq!(free(&mut heap, held), Misuse::DoubleFree { payload: held.address() });
}

#[test]
fn a_block_freed_twice_after_it_was_joined_with_its_neighbours() {
    for is_at_the_top in [false, true] {
        let mut heap = heap();
        let held = [heap.allocate(100), heap.allocate(200), heap.allocate(300)];
        if !is_at_the_top {
            heap.allocate(1);
        }
        for held in held {
            heap.free(held);
        }
        for held in held {
            assert_eq!(free(&mut heap, held), Misuse::DoubleFree { payload: held.address() });
        }
    }
}

#[test]
fn a_pointer_that_is_no_block() {
    let mut heap = heap();
    let held = heap.allocate(1000);
    held.fill(0);
    let on_the_stack = 0_u128;
    for payload in [
        NonNull::from(&on_the_stack).cast(),
        held.payload.map_addr(|address| address | 8),
        held.payload.map_addr(|address| address | 1),
        NonNull::without_provenance(core::num::NonZeroUsize::MAX),
        NonNull::without_provenance(core::num::NonZeroUsize::MIN),
    ] {
        let misuse = free(&mut heap, Held { payload, layout: layout(1, 1) });
        assert_eq!(misuse, Misuse::NotABlock { payload: payload.addr().get() });
    }
}

#[test]
fn a_pointer_into_the_middle_of_a_block() {
    for byte in [0, 1, 0x41, 0xee, 0xff] {
        let mut heap = heap();
        let held = heap.allocate(1000);
        held.fill(byte);
        let payload = held.payload.map_addr(|address| address.checked_add(64).unwrap());
        let misuse = free(&mut heap, Held { payload, layout: layout(1, 1) });
        assert_eq!(misuse, Misuse::BrokenHeader { payload: payload.addr().get() }, "{byte:#x}");
    }
}

#[test]
fn any_free_on_a_heap_that_has_no_memory() {
    let mut heap = heap();
    let payload = NonNull::dangling();
    let misuse = free(&mut heap, Held { payload, layout: layout(1, 1) });
    assert_eq!(misuse, Misuse::NotABlock { payload: 1 });
}

#[test]
fn a_header_overwritten_by_the_block_before() {
    for word in [0, 1, 3, 0x41, 0x4141_4141, usize::MAX, 0xee << 56] {
        let mut heap = heap();
        let (first, second) = (heap.allocate(24), heap.allocate(100));
        heap.allocate(1);
        write_word(first, 24, word);
        let misuse = free(&mut heap, second);
        assert_eq!(misuse.payload(), second.address(), "{word:#x}");
        assert!(
            matches!(misuse, Misuse::BrokenHeader { .. } | Misuse::BrokenTag { .. }),
            "{word:#x}: {misuse}"
        );
    }
}

#[test]
fn a_free_block_written_to() {
    // Its header, its two links, and its tag.
    for offset in [-1, 0, 1, 14] {
        let mut heap = heap();
        let first = heap.allocate(24);
        let second = heap.allocate(120);
        let (_third, fourth) = (heap.allocate(24), heap.allocate(120));
        heap.allocate(24);
        heap.free(second);
        heap.free(fourth);
        write_word(second, offset * HEADER_BYTES.cast_signed(), 0x4141_4141);
        let misuse = free(&mut heap, first);
        let near = [first.address(), second.address()];
        assert!(near.contains(&misuse.payload()), "offset {offset}: {misuse}");
    }
}

#[test]
fn a_free_block_written_to_before_it_is_handed_out() {
    for offset in [-1, 0, 14] {
        let mut heap = heap();
        let held = heap.allocate(120);
        heap.allocate(24);
        heap.free(held);
        write_word(held, offset * HEADER_BYTES.cast_signed(), 0x4141_4141);
        let misuse = found(&mut heap, |heap| {
            let _ = heap.allocate(layout(120, 1));
        });
        assert_eq!(misuse.payload(), held.address(), "offset {offset}: {misuse}");
    }
}

#[test]
fn a_link_that_was_written_leads_to_no_memory_in_use() {
    let mut heap = heap();
    let zeros = heap.allocate(1000);
    // SAFETY: the block is held, and has so many bytes.
    unsafe { zeros.payload.write_bytes(0, 1000) };
    let (held, next) = (heap.allocate(24), heap.allocate(24));
    heap.allocate(24);
    heap.free(held);
    // The block's own first word after it was freed: where the list goes on.
    write_word(held, 0, zeros.address() + 512 - HEADER_BYTES);
    let _ = next;
    let misuse = found(&mut heap, |heap| {
        for _ in 0..3 {
            let _ = heap.allocate(layout(24, 1));
        }
    });
    assert!(matches!(misuse, Misuse::BrokenHeader { .. }), "{misuse}");
}

#[test]
fn a_layout_that_is_larger_than_the_block() {
    let mut heap = heap();
    let held = heap.allocate(100);
    let wrong = Held { layout: layout(200, 1), ..held };
    assert_eq!(free(&mut heap, wrong), Misuse::WrongLayout { payload: held.address() });
    let misuse = found(&mut heap, |heap| {
        // SAFETY: none; this is the misuse, and the heap stops it.
        let _ = unsafe { heap.resize(wrong.payload, wrong.layout, layout(300, 1)) };
    });
    assert_eq!(misuse, Misuse::WrongLayout { payload: held.address() });
}
