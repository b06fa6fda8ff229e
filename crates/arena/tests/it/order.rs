//! Destruction: its order, and what becomes of it when destructors panic.

use core::cell::Cell;
use core::convert::Infallible;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use heapwright_arena::{Arena, ArenaPool, CountByType};
use heapwright_new::{Init, NewError, PinInit, array_from_fn, value};

use crate::probe::{destroyed, log};

/// Says nothing of panics on this thread, which are on purpose, as long as it lives.
pub(crate) struct Quiet(());

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn quiet() -> Quiet {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_ours = panic.payload_as_str() == Some("on purpose");
            if !(is_ours && IS_QUIET.get()) {
                before(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    Quiet(())
}

impl Drop for Quiet {
    fn drop(&mut self) {
        IS_QUIET.set(false);
    }
}

struct Numbered(u32);

impl Drop for Numbered {
    fn drop(&mut self) {
        log(self.0);
        assert!(!self.0.is_multiple_of(100) || self.0 == 0, "on purpose");
    }
}

struct Other(u32);

impl Drop for Other {
    fn drop(&mut self) {
        log(self.0);
    }
}

#[test]
fn objects_of_all_types_are_destroyed_newest_first() {
    let arena = Arena::new();
    arena.create(value(Numbered(1))).unwrap();
    arena.create(value(Other(2))).unwrap();
    arena.create(value(Other(3))).unwrap();
    arena.create(array_from_fn::<_, _, 3>(|index| value(Numbered([4, 5, 6][index])))).unwrap();
    arena.create_array(2, |index| value(Other([7, 8][index]))).unwrap();
    arena.create(value(Numbered(9))).unwrap();
    drop(arena);
    // Fields and elements of one object by Rust's own order: an array's first one first.
    assert_eq!(destroyed(), [9, 8, 7, 4, 5, 6, 3, 2, 1]);
}

#[test]
fn a_destructor_that_panics_does_not_stop_the_others() {
    let _quiet = quiet();
    for panics in 1..=7 {
        let mut arena = Arena::new();
        let numbers: Vec<u32> = (1..=7).map(|n| if n == panics { 100 } else { n }).collect();
        for number in &numbers[..3] {
            arena.create(value(Numbered(*number))).unwrap();
        }
        arena.create_array(3, |index| value(Numbered(numbers[3 + index]))).unwrap();
        arena.create(value(Numbered(numbers[6]))).unwrap();
        let caught = catch_unwind(AssertUnwindSafe(|| arena.reset()));
        assert!(caught.is_err(), "the panic goes on");
        let expected: Vec<u32> = numbers.iter().rev().copied().collect();
        assert_eq!(destroyed(), expected);
        // The arena is empty, and whole.
        arena.create(value(Numbered(8))).unwrap();
        drop(arena);
        assert_eq!(destroyed(), [8]);
    }
}

#[test]
fn a_panic_in_a_scope_s_destructor_leaves_the_arena_whole() {
    let _quiet = quiet();
    let arena = Arena::new();
    arena.create(value(Numbered(1))).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        arena.scope(|scope| {
            for number in [2, 100, 3] {
                scope.create(value(Numbered(number))).unwrap();
            }
        });
    }));
    assert!(caught.is_err());
    assert_eq!(destroyed(), [3, 100, 2]);
    arena.scope(|scope| scope.create(value(Numbered(4))).map(|_| ())).unwrap();
    drop(arena);
    assert_eq!(destroyed(), [4, 1]);
}

#[test]
fn a_parent_dies_before_the_children_that_its_constructor_created() {
    let arena = Arena::new();
    let parent = value(Numbered(1)).with_error::<NewError<Infallible>>().then(|_| {
        for number in 2..5 {
            arena.create(value(Numbered(number)))?;
        }
        Ok(())
    });
    arena.create(parent).unwrap();
    drop(arena);
    assert_eq!(destroyed(), [1, 4, 3, 2]);
}

#[test]
fn a_report_that_panics_does_not_stop_the_destructors() {
    let _quiet = quiet();
    let census = CountByType::new().at_end(|_| panic!("on purpose"));
    let arena = Arena::counting(census);
    arena.create(value(Other(1))).unwrap();
    arena.create(value(Other(2))).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| drop(arena)));
    assert!(caught.is_err());
    assert_eq!(destroyed(), [2, 1]);
}

#[test]
fn a_destructor_that_panics_does_not_stop_those_of_the_other_arenas_of_a_pool() {
    let _quiet = quiet();
    let mut pool = ArenaPool::new();
    {
        let leases = [pool.lease(), pool.lease(), pool.lease()];
        for (lease, number) in leases.iter().zip([1, 100, 2]) {
            lease.create(value(Numbered(number))).unwrap();
        }
    }
    let caught = catch_unwind(AssertUnwindSafe(|| pool.reset()));
    assert!(caught.is_err());
    let mut numbers = destroyed();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 100]);
}
