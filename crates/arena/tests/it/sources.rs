//! Arenas over other memory than bumpalo's.

use core::cell::{Cell, RefCell};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use std::rc::Rc;

use heapwright_arena::source::{Chunks, Region, Source};
use heapwright_arena::{Arena, Local, NoCensus};
use heapwright_break::{Break, BreakError, FixedBreak, Growth, ReservedBreak, StaticBuffer};
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
    arena: &Arena<'_, Local, NoCensus, S>,
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

/// A break that uses the arena it serves, which nothing forbids.
struct Meddling(FixedBreak<'static>);

type Served = Arena<'static, Local, NoCensus, Region<Meddling>>;

thread_local! {
    static SERVED: RefCell<Option<Rc<Served>>> = const { RefCell::new(None) };
}

// SAFETY: the break inside, whose guarantees do not speak of what else `grow` does.
unsafe impl Break for Meddling {
    fn start(&self) -> Option<NonNull<u8>> {
        self.0.start()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn page_size(&self) -> usize {
        self.0.page_size()
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        if let Some(arena) = SERVED.with_borrow(Option::clone) {
            let refused = arena.alloc(zeroed::<[u8; 64]>()).map(|_| ());
            assert!(refused.is_err(), "there is no memory while it grows");
        }
        self.0.grow(bytes)
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        // SAFETY: the caller's conditions.
        unsafe { self.0.shrink(bytes) }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: the caller's conditions.
        unsafe { self.0.discard(pages) };
    }
}

#[test]
fn a_break_that_uses_the_arena_while_it_grows_is_told_that_there_is_no_memory() {
    static BUFFER: StaticBuffer<4096> = StaticBuffer::new();
    let region = Region::new(Meddling(FixedBreak::from_static(&BUFFER)));
    let arena = Rc::new(Arena::over(region));
    SERVED.set(Some(Rc::clone(&arena)));
    for _ in 0..60 {
        assert_eq!(arena.alloc(zeroed::<[u8; 64]>()).unwrap(), &[0; 64]);
    }
    SERVED.take();
}
