//! Arenas over other memory than bumpalo's.

use core::mem::MaybeUninit;

use heapwright_arena::Arena;
use heapwright_arena::source::{Chunks, Region, Source};
use heapwright_break::ReservedBreak;
use heapwright_malloc::Malloc;
use heapwright_new::{BadAlloc, NewError, value, zeroed};

use crate::probe::{Aligned, Empty, Large, Medium, Probe, Small, destroyed, live, settle};

/// Creates objects of all kinds, resets, and creates again.
fn check<S: Source>(source: S) {
    let mut arena = Arena::over(source);
    for _ in 0..2 {
        let mut numbers = Vec::new();
        for number in 1..200 {
            create::<Small, _>(&arena, number, &mut numbers);
            create::<Small, _>(&arena, number + 1000, &mut numbers);
            create::<Aligned, _>(&arena, number + 2000, &mut numbers);
            create::<Medium, _>(&arena, number + 3000, &mut numbers);
            create::<Empty, _>(&arena, 0, &mut numbers);
            create::<Large, _>(&arena, number + 4000, &mut numbers);
        }
        assert_eq!(arena.alloc_str("a string").unwrap(), "a string");
        assert!(arena.used_bytes() <= arena.reserved_bytes());
        arena.reset();
        numbers.reverse();
        assert_eq!(destroyed(), numbers);
        assert_eq!(live(), 0);
    }
}

fn create<T: Probe, S: Source>(
    arena: &Arena<'_, heapwright_arena::Local, heapwright_arena::NoCensus, S>,
    number: u32,
    numbers: &mut Vec<u32>,
) {
    settle(arena.create(value(T::with_number(number))).unwrap());
    numbers.push(number);
}

#[test]
fn chunks_of_malloc() {
    check(Chunks::new(Malloc));
}

#[test]
fn chunks_of_another_arena() {
    let outer = Arena::new();
    check(Chunks::new(&outer));
}

#[test]
fn a_region_of_reserved_addresses() {
    check(Region::new(ReservedBreak::new(64 << 20)));
}

#[test]
fn a_region_in_bytes_of_the_caller() {
    let mut bytes = vec![MaybeUninit::uninit(); (1 << 20) + 3];
    check(Region::in_bytes(&mut bytes[3..]).unwrap());
}

#[test]
fn a_region_is_used_to_its_end_and_says_when_it_is_full() {
    let mut bytes = [MaybeUninit::uninit(); 1024 + 16];
    let mut arena = Arena::over(Region::in_bytes(&mut bytes).unwrap());
    for _ in 0..2 {
        let count =
            core::iter::from_fn(|| arena.alloc(zeroed::<[u8; 64]>()).ok().map(|_| ())).count();
        assert_eq!(count, 16);
        let refused = arena.alloc(zeroed::<[u8; 64]>()).unwrap_err();
        assert_eq!(refused, NewError::Alloc(BadAlloc::Exhausted { size: 64, align: 1 }));
        arena.reset();
    }
}

#[test]
fn bytes_too_few_for_anything_are_refused() {
    assert!(Region::in_bytes(&mut [MaybeUninit::uninit(); 8]).is_err());
    assert!(Region::in_bytes(&mut []).is_err());
}

#[test]
fn chunks_go_back_to_their_allocator() {
    use allocator_api2::alloc::{AllocError, Allocator};
    use core::alloc::Layout;
    use core::cell::Cell;
    use core::ptr::NonNull;

    struct Counting<'a>(&'a Cell<usize>);
    // SAFETY: malloc's own blocks.
    unsafe impl Allocator for Counting<'_> {
        fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
            self.0.set(self.0.get() + layout.size());
            Malloc.allocate(layout)
        }
        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            self.0.set(self.0.get() - layout.size());
            // SAFETY: the caller's conditions.
            unsafe { Malloc.deallocate(block, layout) };
        }
    }

    let held = Cell::new(0);
    let mut arena = Arena::over(Chunks::new(Counting(&held)));
    for _ in 0..1000 {
        arena.alloc(zeroed::<[u8; 1000]>()).unwrap();
    }
    let most = held.get();
    assert!(most >= 1_000_000);
    arena.reset();
    assert!(held.get() > 0 && held.get() < most, "one chunk is kept");
    drop(arena);
    assert_eq!(held.get(), 0);
}
