//! Allocators chosen at run time, and those over caller bytes.

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::panic::AssertUnwindSafe;
use core::ptr::NonNull;
use std::panic::catch_unwind;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_malloc::Malloc;
use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
use heapwright_new::{Owned, OwnedArray, unsize, value};

use crate::ledger::Ledger;
use crate::objects::Log;

trait Shape {
    fn area(&self) -> f64;
}

struct Square(f64);
#[repr(align(128))]
struct Circle([f64; 40]);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        3.0 * self.0[0]
    }
}

#[test]
fn one_collection_holds_objects_of_every_type_on_any_allocator() {
    let ledger = Ledger::new();
    let allocators: [&dyn Allocator; 2] = [&ledger, &Malloc];
    for allocator in allocators {
        let shapes: Vec<Owned<dyn Shape, &dyn Allocator>> = vec![
            unsize!(Owned::try_new_in(Square(2.0), allocator).unwrap() => dyn Shape),
            unsize!(Owned::try_new_in(Circle([1.0; 40]), allocator).unwrap() => dyn Shape),
        ];
        assert_eq!(shapes.iter().map(|shape| shape.area()).sum::<f64>(), 7.0);
    }
    // The ledger saw each come back with the layout of its own type.
    assert_eq!((ledger.live(), ledger.allocations()), (0, 2));
}

#[test]
fn caller_bytes_serve_first_and_the_upstream_afterwards() {
    let ledger = Ledger::new();
    let mut bytes = [MaybeUninit::uninit(); 64];
    let range = bytes.as_ptr_range();
    let is_inside = |address: *const u64| range.contains(&address.cast());
    let mut arena = Monotonic::new(&mut bytes, &ledger);
    for _ in 0..3 {
        {
            let inside = Owned::try_new_in(1_u64, &arena).unwrap();
            assert!(is_inside(Owned::as_ptr(&inside)) && ledger.live() == 0);
            let outside = OwnedArray::<u64, _>::try_zeroed_in(2000, &arena).unwrap();
            assert!(!is_inside(outside.as_ptr()) && ledger.live() == 1);
            let again = OwnedArray::<u64, _>::try_zeroed_in(9000, &arena).unwrap();
            assert!(again.iter().all(|&word| word == 0) && ledger.live() == 2);
        }
        assert_eq!(ledger.live(), 2, "a monotonic allocator keeps what it has");
        arena.release();
        assert_eq!(ledger.live(), 0);
    }
}

#[test]
fn blocks_of_a_monotonic_allocator_are_aligned_and_apart() {
    let mut bytes = [MaybeUninit::uninit(); 1024];
    let arena = Monotonic::new(&mut bytes, Malloc);
    let mut ends = Vec::new();
    for align_bits in (0..8).cycle().take(300) {
        let layout = Layout::from_size_align(align_bits * 5 + 1, 1 << align_bits).unwrap();
        let block = arena.allocate(layout).unwrap();
        let start = block.cast::<u8>().addr().get();
        assert!(start.is_multiple_of(layout.align()) && block.len() >= layout.size());
        ends.push(start..start + block.len());
    }
    ends.sort_by_key(|range| range.start);
    assert!(ends.windows(2).all(|pair| pair[0].end <= pair[1].start));
}

#[test]
fn a_pool_uses_blocks_again_and_gives_all_back_at_its_end() {
    let (log, ledger) = (Log::default(), Ledger::new());
    {
        let pool = PoolAllocator::new(&ledger);
        let objects: Vec<_> =
            (0..1000).map(|id| Owned::try_new_in(log.object(id), &pool).unwrap()).collect();
        let chunks = ledger.allocations();
        assert!(chunks < 20, "{chunks} chunks for 1000 objects");
        drop(objects);
        let objects: Vec<_> =
            (0..1000).map(|id| Owned::try_new_in(log.object(id), &pool).unwrap()).collect();
        assert_eq!(ledger.allocations(), chunks);
        drop(objects);
        assert_eq!(log.live(), 0);
    }
    assert_eq!(ledger.live(), 0);
}

#[test]
fn a_pool_leaves_large_and_widely_aligned_blocks_to_its_upstream() {
    #[repr(align(8192))]
    struct Wide(#[expect(dead_code, reason = "it has a size")] u8);
    let ledger = Ledger::new();
    let pool = PoolAllocator::new(&ledger);
    let wide = Owned::try_new_in(Wide(1), &pool).unwrap();
    assert_eq!(ledger.only_layout(), Layout::new::<Wide>());
    drop(wide);
    assert_eq!(ledger.live(), 0);
    let aligned = pool.allocate(Layout::from_size_align(1, 4096).unwrap()).unwrap();
    assert!(aligned.cast::<u8>().addr().get().is_multiple_of(4096));
}

#[test]
fn a_pool_in_bytes_that_are_used_up_refuses() {
    let mut bytes = [MaybeUninit::uninit(); 2000];
    let arena = Monotonic::new(&mut bytes, NullAllocator);
    let pool = PoolAllocator::new(&arena);
    let mut objects = Vec::new();
    while let Ok(object) = Owned::try_new_in([0_u8; 100], &pool) {
        objects.push(object);
    }
    assert_eq!(objects.len(), 8, "one chunk of eight fits");
    objects.pop();
    assert!(Owned::try_new_in([1_u8; 100], &pool).is_ok());
    let text = Owned::try_new_with_in(value("small"), &pool);
    assert_eq!(*text.unwrap(), "small");
}

#[test]
fn what_has_no_size_takes_no_block_of_a_pool_and_gives_none_back() {
    let ledger = Ledger::new();
    let pool = PoolAllocator::new(&ledger);
    for align in [1, 64, 8192] {
        let none = Layout::from_size_align(0, align).unwrap();
        let block = pool.allocate(none).unwrap();
        assert!(block.is_empty() && block.cast::<u8>().addr().get().is_multiple_of(align));
        // SAFETY: it has no bytes.
        unsafe { pool.deallocate(block.cast(), none) };
        // SAFETY: an aligned address is as good as one that was handed out.
        unsafe { pool.deallocate(none.dangling_ptr(), none) };
    }
    assert_eq!(ledger.allocations(), 0);
    assert_eq!(*Owned::try_new_in(7_u8, &pool).unwrap(), 7);
}

#[test]
fn an_upstream_that_panics_leaves_nothing_of_what_was_released() {
    /// Takes a block back and then panics, once.
    struct Loud<'ledger> {
        inner: Ledger<'ledger>,
        is_silent: Cell<bool>,
    }
    // SAFETY: the blocks are the ledger's.
    unsafe impl Allocator for Loud<'_> {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            self.inner.allocate(layout)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            // SAFETY: the caller's conditions.
            unsafe { self.inner.deallocate(block, layout) };
            assert!(self.is_silent.replace(true), "on purpose");
        }
    }
    let loud = || Loud { inner: Ledger::new(), is_silent: Cell::new(false) };

    let (mut bytes, upstream) = ([MaybeUninit::uninit(); 8], loud());
    let mut arena = Monotonic::new(&mut bytes, &upstream);
    drop(Owned::try_new_in([0_u8; 100], &arena).unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| arena.release())).is_err());
    assert_eq!((arena.remaining_bytes(), upstream.inner.live()), (8, 0));
    // The next block is of memory that is there.
    drop(Owned::try_new_in([0_u8; 100], &arena).unwrap());
    assert_eq!(upstream.inner.live(), 1);

    let upstream = loud();
    let mut pool = PoolAllocator::new(&upstream);
    drop(Owned::try_new_in([0_u8; 100], &pool).unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| pool.release())).is_err());
    drop(Owned::try_new_in([0_u8; 100], &pool).unwrap());
    assert_eq!((upstream.inner.live(), upstream.inner.allocations()), (1, 2));
}
