//! No memory: at every single request of a script, nothing is lost and the arena stays whole.

use core::alloc::Layout;
use core::cell::Cell;
use core::convert::Infallible;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_arena::source::Chunks;
use heapwright_arena::{Arena, ArenaPool, Local, NoCensus};
use heapwright_malloc::Malloc;
use heapwright_new::{BadAlloc, NewError, init_raw, value, zeroed};

use crate::probe::{Large, Medium, Probe, Small, destroyed, live, settle};

/// Refuses one request, by its number, and all behind it.
#[derive(Clone, Copy)]
struct Failing<'a> {
    left: &'a Cell<usize>,
}

// SAFETY: malloc's own blocks.
unsafe impl Allocator for Failing<'_> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let left = self.left.get().checked_sub(1).ok_or(AllocError)?;
        self.left.set(left);
        Malloc.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions.
        unsafe { Malloc.deallocate(block, layout) };
    }
}

type Tested<'a> = Arena<'a, Local, NoCensus, Chunks<Failing<'a>>>;

fn create<T: Probe>(arena: &Tested<'_>, number: u32, built: &mut Vec<u32>) -> Result<(), BadAlloc> {
    let build = |slot: *mut T| {
        // SAFETY: the initialiser's condition.
        unsafe { slot.write(T::with_number(number)) };
        Ok::<(), Infallible>(())
    };
    // SAFETY: it builds a `T`. Where there is no memory it is not called, and drops nothing.
    let object = arena.create(unsafe { init_raw(build) }).map_err(NewError::into_bad_alloc)?;
    settle(object);
    built.push(number);
    Ok(())
}

fn script(arena: &Tested<'_>, built: &mut Vec<u32>) -> Result<(), BadAlloc> {
    for number in 1..60 {
        create::<Small>(arena, number, built)?;
        create::<Medium>(arena, 100 + number, built)?;
        create::<Large>(arena, 200 + number, built)?;
        arena.alloc_slice(&[7_u8; 300])?;
    }
    Ok(())
}

#[test]
fn every_refusal_leaves_the_arena_whole() {
    let mut refused_count = 0;
    for allowed in 0..200 {
        let left = Cell::new(allowed);
        let mut arena: Tested<'_> = Arena::over(Chunks::new(Failing { left: &left }));
        let mut built = Vec::new();
        let outcome = script(&arena, &mut built);
        refused_count += usize::from(outcome.is_err());
        arena.reset();
        built.reverse();
        assert_eq!(destroyed(), built, "{allowed} requests allowed");
        assert_eq!(live(), 0);
        if outcome.is_ok() {
            break;
        }
    }
    assert!(refused_count >= 5, "{refused_count}");
}

#[test]
fn a_limit_is_an_error_value() {
    let arena = Arena::new();
    arena.set_limit(Some(2000));
    arena.alloc(zeroed::<[u8; 100]>()).unwrap();
    let refused = arena.create(zeroed::<[u8; 5000]>()).unwrap_err();
    assert!(matches!(refused, NewError::Alloc(BadAlloc::Exhausted { .. })), "{refused}");
    arena.set_limit(None);
    arena.create(zeroed::<[u8; 5000]>()).unwrap();
}

#[test]
fn lengths_that_no_array_has_are_refused() {
    let arena = Arena::new();
    let refused = arena.create_array(usize::MAX, |_| value(0_u64)).unwrap_err();
    let expected = BadAlloc::BadArrayNewLength { len: usize::MAX, element_bytes: 8 };
    assert_eq!(refused, NewError::Alloc(expected));
    let refused = arena.create_array(isize::MAX as usize / 8, |_| value(0_u64)).unwrap_err();
    assert!(matches!(refused, NewError::Alloc(BadAlloc::Exhausted { .. })), "{refused}");
    assert!(Arena::with_capacity(isize::MAX as usize).is_err());
}

#[test]
fn a_limit_below_what_the_arena_has_is_that() {
    let mut arena = Arena::with_capacity(8000).unwrap();
    let has = arena.reserved_bytes();
    arena.set_limit(Some(1000));
    assert!(arena.alloc(zeroed::<[u8; 1 << 20]>()).is_err());
    assert!(arena.alloc(zeroed::<[u8; 4000]>()).is_ok(), "the chunk is there");
    arena.reset();
    assert!(arena.alloc(zeroed::<[u8; 1 << 20]>()).is_err());
    assert_eq!(arena.reserved_bytes(), has);
}

#[test]
fn a_limit_of_a_scope_or_a_lease_ends_with_it() {
    let arena = Arena::new();
    let needed = || zeroed::<[u8; 5000]>();
    arena.scope(|scope| {
        scope.set_limit(Some(2000));
        assert!(scope.alloc(needed()).is_err());
        scope.alloc(value(7)).map(|_| ()).unwrap();
    });
    arena.scope(|scope| scope.alloc(needed()).map(|_| ())).unwrap();
    let pool = ArenaPool::new();
    pool.lease().set_limit(Some(2000));
    pool.lease().alloc(needed()).unwrap();
}
