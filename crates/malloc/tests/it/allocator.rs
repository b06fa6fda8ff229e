//! `Malloc` as an `Allocator`: what it returns, and how it grows and shrinks.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use allocator_api2::boxed::Box;
use allocator_api2::vec::Vec;
use heapwright_malloc::{Malloc, ProcessMalloc, verify};

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// Writes every byte of a block.
fn fill(block: NonNull<[u8]>, byte: u8) {
    // SAFETY: all bytes of the slice are the holder's.
    unsafe { block.cast::<u8>().write_bytes(byte, block.len()) };
}

fn bytes(block: NonNull<[u8]>, len: usize) -> std::vec::Vec<u8> {
    assert!(len <= block.len());
    // SAFETY: the tests read what they or the allocator wrote.
    unsafe { core::slice::from_raw_parts(block.cast().as_ptr(), len) }.to_vec()
}

#[test]
fn all_of_the_slice_is_the_holders() {
    let blocks: std::vec::Vec<_> = (0..500)
        .map(|size| (Malloc.allocate(layout(size, 8)).unwrap(), size, size.to_le_bytes()[0]))
        .collect();
    for &(block, size, mark) in &blocks {
        assert!(block.len() >= size);
        fill(block, mark);
    }
    for (block, size, mark) in blocks {
        assert_eq!(bytes(block, block.len()), vec![mark; block.len()]);
        // A layout of any size in between fits the block.
        let fitting = layout(size + (block.len() - size) / 2, 8);
        // SAFETY: live, and the layout fits.
        unsafe { Malloc.deallocate(block.cast(), fitting) };
    }
    verify().unwrap();
}

#[test]
fn zeroed_means_all_of_the_slice() {
    for size in [0, 1, 8, 9, 23, 24, 25, 1000, 100_000] {
        let dirty = Malloc.allocate(layout(size, 1)).unwrap();
        fill(dirty, 0xff);
        // SAFETY: live, and that is its layout.
        unsafe { Malloc.deallocate(dirty.cast(), layout(size, 1)) };
        let block = Malloc.allocate_zeroed(layout(size, 1)).unwrap();
        assert_eq!(bytes(block, block.len()), vec![0; block.len()]);
        // SAFETY: live, and that is its layout.
        unsafe { Malloc.deallocate(block.cast(), layout(size, 1)) };
    }
}

#[test]
fn grow_zeroed_keeps_the_old_and_zeroes_the_rest() {
    for (old, new) in [(0, 1), (10, 11), (10, 100), (100, 100_000), (5, 5)] {
        let block = Malloc.allocate(layout(old, 4)).unwrap();
        fill(block, 0x77);
        // SAFETY: live, that is its layout, and the new one is no smaller.
        let grown = unsafe { Malloc.grow_zeroed(block.cast(), layout(old, 4), layout(new, 4)) };
        let grown = grown.unwrap();
        let mut expected = vec![0x77; old];
        expected.resize(grown.len(), 0);
        assert_eq!(bytes(grown, grown.len()), expected, "{old} to {new}");
        // SAFETY: live, and that is its layout.
        unsafe { Malloc.deallocate(grown.cast(), layout(new, 4)) };
    }
}

#[test]
fn grow_and_shrink_may_change_the_alignment() {
    let mut block = Malloc.allocate(layout(48, 8)).unwrap();
    fill(block, 0x11);
    let mut old = layout(48, 8);
    for new in [layout(48, 4096), layout(100_000, 64), layout(200_000, 1 << 20)] {
        // SAFETY: live, that is its layout, and the new one is no smaller.
        block = unsafe { Malloc.grow(block.cast(), old, new) }.unwrap();
        assert!(
            block.cast::<u8>().addr().get().is_multiple_of(new.align())
                && block.len() >= new.size()
        );
        assert_eq!(bytes(block, 48), [0x11; 48]);
        old = new;
    }
    for new in [layout(100_000, 1 << 20), layout(48, 1 << 16), layout(48, 1)] {
        // SAFETY: live, that is its layout, and the new one is no larger.
        block = unsafe { Malloc.shrink(block.cast(), old, new) }.unwrap();
        assert!(
            block.cast::<u8>().addr().get().is_multiple_of(new.align())
                && block.len() >= new.size()
        );
        assert_eq!(bytes(block, 48), [0x11; 48]);
        old = new;
    }
    // SAFETY: live, and that is its layout.
    unsafe { Malloc.deallocate(block.cast(), old) };
    verify().unwrap();
}

#[test]
fn a_failure_to_grow_leaves_the_block() {
    let block = Malloc.allocate(layout(100, 8)).unwrap();
    fill(block, 0x42);
    let huge = layout(isize::MAX.unsigned_abs() - 7, 8);
    // SAFETY: live, that is its layout, and the new one is no smaller.
    assert!(unsafe { Malloc.grow(block.cast(), layout(100, 8), huge) }.is_err());
    assert_eq!(bytes(block, 100), [0x42; 100]);
    // SAFETY: live, and that is its layout.
    unsafe { Malloc.deallocate(block.cast(), layout(100, 8)) };
}

#[test]
fn a_block_of_no_bytes_is_an_aligned_address_that_goes_back_to_nowhere() {
    let allocators: [&dyn Allocator; 2] = [&Malloc, &ProcessMalloc];
    for allocator in allocators {
        for align in [1, 16, 64, 1 << 20] {
            let none = layout(0, align);
            for block in [allocator.allocate(none), allocator.allocate_zeroed(none)] {
                let block = block.unwrap();
                assert!(block.is_empty() && block.cast::<u8>().addr().get().is_multiple_of(align));
                // SAFETY: it has no bytes. Twice, as what has none is not a block that lives.
                unsafe { allocator.deallocate(block.cast(), none) };
                // SAFETY: as above.
                unsafe { allocator.deallocate(block.cast(), none) };
            }
            // SAFETY: an aligned address is as good as one that was handed out.
            let grown = unsafe { allocator.grow(none.dangling_ptr(), none, layout(40, align)) };
            fill(grown.unwrap(), 1);
            // SAFETY: live, and that is its layout.
            let shrunk =
                unsafe { allocator.shrink(grown.unwrap().cast(), layout(40, align), none) };
            assert_eq!(shrunk.unwrap().len(), 0);
        }
    }
    verify().unwrap();
}

#[test]
fn a_box_without_a_size_is_given_back_though_nobody_asked_for_it() {
    drop(Box::new_in((), Malloc));
    drop(Box::new_in((), ProcessMalloc));
    drop(Box::<[u64], Malloc>::default());
    drop(Vec::<u64, _>::new_in(Malloc).into_boxed_slice());
}

#[test]
fn collections_use_it() {
    let mut numbers = Vec::new_in(Malloc);
    for number in 0..100_000_u64 {
        numbers.push(Box::new_in(number, Malloc));
    }
    assert_eq!(numbers.iter().map(|number| **number).sum::<u64>(), 4_999_950_000);
}
