//! `Malloc` as the global allocator, by what std does with it.

use core::alloc::{GlobalAlloc, Layout};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::mpsc;
use std::thread;

use heapwright_malloc::{Malloc, verify};

#[test]
fn collections_grow_and_shrink() {
    let mut numbers: Vec<usize> = Vec::new();
    let mut words: HashMap<String, Vec<usize>> = HashMap::new();
    let mut sorted: BTreeMap<usize, Box<[u8]>> = BTreeMap::new();
    let mut queue: VecDeque<String> = VecDeque::new();
    for number in 0..20_000 {
        numbers.push(number);
        words.entry((number % 997).to_string()).or_default().push(number);
        sorted.insert(number * 7919 % 10_007, vec![number.to_le_bytes()[0]; number % 100].into());
        queue.push_back("x".repeat(number % 60));
        if number % 3 == 0 {
            queue.pop_front();
        }
    }
    numbers.truncate(100);
    numbers.shrink_to_fit();
    assert_eq!(numbers.iter().sum::<usize>(), 4950);
    assert_eq!(words.values().map(Vec::len).sum::<usize>(), 20_000);
    assert!(sorted.values().all(|bytes| bytes.windows(2).all(|pair| pair[0] == pair[1])));
    drop((words, sorted, queue));
    verify().unwrap();
}

#[test]
fn threads_free_what_others_allocated() {
    let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(64);
    thread::scope(|scope| {
        for seed in 1..=3_u8 {
            let sender = sender.clone();
            scope.spawn(move || {
                for round in 0..3000 {
                    sender.send(vec![seed; round * usize::from(seed) % 2000]).unwrap();
                }
            });
        }
        drop(sender);
        let mut count = 0;
        let mut kept = Vec::new();
        for bytes in receiver {
            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
            count += 1;
            if count % 10 == 0 {
                kept.push(bytes);
            }
        }
        assert_eq!(count, 9000);
    });
    verify().unwrap();
}

#[test]
fn every_layout_is_kept_and_zeros_are_zeros() {
    for align in (0..=16).map(|power| 1_usize << power) {
        for size in [1, 15, 16, 17, 100, 4096, 70_000] {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: the layout has a size.
            let dirty = unsafe { Malloc.alloc(layout) };
            assert!(!dirty.is_null() && dirty.addr().is_multiple_of(align), "{layout:?}");
            // SAFETY: the block has that size.
            unsafe { dirty.write_bytes(0xa5, size) };
            // SAFETY: allocated above, freed once.
            unsafe { Malloc.dealloc(dirty, layout) };
            // SAFETY: the layout has a size.
            let block = unsafe { Malloc.alloc_zeroed(layout) };
            assert!(!block.is_null() && block.addr().is_multiple_of(align), "{layout:?}");
            // SAFETY: the block has that size, and its bytes are initialised: zero.
            let bytes = unsafe { core::slice::from_raw_parts(block, size) };
            assert!(bytes.iter().all(|&byte| byte == 0), "{layout:?}");
            // SAFETY: allocated above, freed once.
            unsafe { Malloc.dealloc(block, layout) };
        }
    }
}

#[test]
fn realloc_keeps_contents_and_alignment() {
    for align in [1, 16, 64, 4096] {
        let mut layout = Layout::from_size_align(64, align).unwrap();
        // SAFETY: the layout has a size.
        let mut block = unsafe { Malloc.alloc(layout) };
        // SAFETY: the block has 64 bytes.
        unsafe { block.write_bytes(0x3c, 64) };
        for size in [65, 1000, 100_000, 500, 64, 3_000_000, 64] {
            // SAFETY: the block is live and has that layout; the new size is not 0.
            block = unsafe { Malloc.realloc(block, layout, size) };
            layout = Layout::from_size_align(size, align).unwrap();
            assert!(!block.is_null() && block.addr().is_multiple_of(align), "{layout:?}");
            // SAFETY: at least 64 bytes, all written.
            let bytes = unsafe { core::slice::from_raw_parts(block, 64) };
            assert!(bytes.iter().all(|&byte| byte == 0x3c), "{layout:?}");
        }
        // SAFETY: live, and that is its layout.
        unsafe { Malloc.dealloc(block, layout) };
    }
}

#[test]
fn a_layout_that_no_heap_can_hold_gives_null() {
    let layout = Layout::from_size_align(isize::MAX.unsigned_abs() - 4095, 4096).unwrap();
    // SAFETY: the layout has a size.
    assert!(unsafe { Malloc.alloc(layout) }.is_null());
    // SAFETY: the layout has a size.
    assert!(unsafe { Malloc.alloc_zeroed(layout) }.is_null());
    let mut numbers = Vec::<u8>::new();
    assert!(numbers.try_reserve(isize::MAX.unsigned_abs()).is_err());
}
