//! `ProcessMalloc`: blocks that the C library's `free` takes.

use core::alloc::Layout;

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use heapwright_malloc::ProcessMalloc;

#[test]
fn collections_use_it() {
    let mut numbers = Vec::new_in(ProcessMalloc);
    numbers.extend(0..100_000_u64);
    numbers.truncate(1000);
    numbers.shrink_to_fit();
    assert_eq!(numbers.iter().sum::<u64>(), 499_500);
}

#[test]
fn layouts_are_kept_through_grow_and_shrink() {
    let mut old = Layout::from_size_align(40, 8).unwrap();
    let mut block = ProcessMalloc.allocate_zeroed(old).unwrap();
    for (size, align) in [(100, 8), (5000, 64), (5000, 4096), (20_000, 1)] {
        let new = Layout::from_size_align(size, align).unwrap();
        // SAFETY: live, that is its layout, and the new one is no smaller.
        block = unsafe { ProcessMalloc.grow_zeroed(block.cast(), old, new) }.unwrap();
        assert!(block.cast::<u8>().addr().get().is_multiple_of(align) && block.len() >= size);
        // SAFETY: every byte was zeroed.
        let bytes = unsafe { block.as_ref() };
        assert!(bytes.iter().all(|&byte| byte == 0));
        old = new;
    }
    for (size, align) in [(300, 128), (20, 1)] {
        let new = Layout::from_size_align(size, align).unwrap();
        // SAFETY: live, that is its layout, and the new one is no larger.
        block = unsafe { ProcessMalloc.shrink(block.cast(), old, new) }.unwrap();
        assert_eq!(block.cast::<u8>().addr().get() % align, 0);
        old = new;
    }
    // SAFETY: it is a block of the C library.
    unsafe { libc::free(block.cast().as_ptr()) };
}

#[test]
fn what_no_malloc_can_hold_is_refused() {
    let layout = Layout::from_size_align(isize::MAX.unsigned_abs() - 63, 64).unwrap();
    assert!(ProcessMalloc.allocate(layout).is_err());
}
