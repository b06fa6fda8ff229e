//! The face of C++: each pointer with its own `delete`.

use core::mem::MaybeUninit;

use heapwright_new::{Owned, init, raw, unsize, value};

use crate::ledger::Ledger;
use crate::objects::{Log, Object, returns, with_every_fault};

#[test]
fn pointers_are_one_word_and_are_deleted_by_their_own_form() {
    let (log, ledger) = (Log::default(), Ledger::new());
    assert_eq!(size_of::<raw::NewPtr<String>>(), size_of::<usize>());
    let p = raw::new_in(value(log.object(1)), &ledger).unwrap();
    // SAFETY: nobody else has the address.
    assert_eq!(unsafe { p.as_ref() }.id, 1);
    // SAFETY: nobody uses the object any more.
    unsafe { raw::delete(p) };
    let p = raw::new_array_in(3, |i| value(log.object(i)), &ledger).unwrap();
    // SAFETY: nobody else has the address.
    assert_eq!(unsafe { p.as_slice() }[2].id, 2);
    // SAFETY: nobody uses the elements any more.
    unsafe { raw::delete_array(p) };
    assert_eq!((log.ends(), ledger.live()), (vec![1, 2, 1, 0], 0));
}

#[test]
fn an_object_is_deleted_through_its_base_with_its_own_layout() {
    trait Shape {
        fn area(&self) -> u32;
    }
    struct Square([u32; 9]);
    impl Shape for Square {
        fn area(&self) -> u32 {
            self.0[0]
        }
    }
    let ledger = Ledger::new();
    let p = unsize!(raw::new_in(value(Square([4; 9])), &ledger).unwrap() => dyn Shape);
    // SAFETY: nobody else has the address.
    assert_eq!(unsafe { p.as_ref() }.area(), 4);
    // SAFETY: nobody uses the object any more; the ledger checks the layout.
    unsafe { raw::delete(p) };
}

#[test]
fn an_address_alone_is_deleted_and_null_is_nothing() {
    let p = raw::new(value("x".to_owned())).unwrap().into_ptr();
    // SAFETY: from `new`, and used no more.
    unsafe { raw::delete_ptr(p) };
    // SAFETY: null.
    unsafe { raw::delete_ptr(core::ptr::null_mut::<String>()) };
}

#[test]
fn an_object_is_constructed_and_destroyed_at_an_address() {
    struct Point {
        x: u8,
        y: u8,
    }
    let mut place = MaybeUninit::uninit();
    let point = init!(Point { x <- value(1), y <- value(2) });
    // SAFETY: the place is for a `Point`, and this function's alone.
    let mut p = unsafe { raw::construct_at(place.as_mut_ptr(), point) }.unwrap();
    // SAFETY: built just now; nobody else uses it.
    unsafe { p.as_mut() }.x += 1;
    // SAFETY: as above.
    assert_eq!((unsafe { p.as_ref() }.x, unsafe { p.as_ref() }.y), (2, 2));
    // SAFETY: destroyed once, and used no more.
    unsafe { raw::destroy_at(p) };
}

#[test]
fn many_are_destroyed_last_to_first_even_where_one_panics() {
    let log = Log::default();
    let mut places = [const { MaybeUninit::<Object<'_>>::uninit() }; 4];
    let first = places.as_mut_ptr().cast::<Object<'_>>();
    let make = |i: usize| value(if i == 1 { log.bomb(1) } else { log.object(i) });
    // SAFETY: there is room for four, and it is this function's alone.
    unsafe { raw::uninitialized_init_n(first, 4, make) }.unwrap();
    // SAFETY: built just now, and used no more.
    let destroyed = returns(|| unsafe { raw::destroy_n(first, 4) });
    assert!(destroyed.is_none());
    assert_eq!((log.ends(), log.live()), (vec![3, 2, 1, 0], 0));
}

#[test]
fn copies_fills_moves_and_defaults_are_built() {
    let from = ["a".to_owned(), "b".to_owned()];
    let mut places = [const { MaybeUninit::<String>::uninit() }; 2];
    let first = places.as_mut_ptr().cast::<String>();
    let shown = || {
        // SAFETY: both are built where this is called.
        let built = unsafe { core::slice::from_raw_parts(first, 2) };
        let shown = built.concat();
        // SAFETY: built, and used no more.
        unsafe { raw::destroy_n(first, 2) };
        shown
    };
    // SAFETY: there is room for two, and it is this function's alone.
    unsafe { raw::uninitialized_copy(&from, first) };
    assert_eq!(shown(), "ab");
    // SAFETY: as above.
    unsafe { raw::uninitialized_fill_n(first, 2, &from[1]) };
    assert_eq!(shown(), "bb");
    // SAFETY: as above.
    unsafe { raw::uninitialized_default_n(first, 2) };
    assert_eq!(shown(), "");
    let from = core::mem::ManuallyDrop::new(from);
    // SAFETY: as above; the objects are not used or destroyed where they were.
    unsafe { raw::uninitialized_move_n(from.as_ptr(), 2, first) };
    assert_eq!(shown(), "ab");
}

#[test]
fn every_step_of_a_new_array_may_fail() {
    let log = Log::default();
    let steps = with_every_fault(|faults| {
        let ledger = Ledger::refusing(faults);
        let array = raw::new_array_in(3, |i| faults.object(&log, i), &ledger);
        if let Ok(array) = array {
            // SAFETY: nobody uses the elements any more.
            unsafe { raw::delete_array(array) };
        }
        assert_eq!((ledger.live(), log.live()), (0, 0));
    });
    assert_eq!((steps, log.live()), (4 + 3, 0));
}

#[test]
fn a_pointer_becomes_a_handle() {
    let p = raw::new(value(7)).unwrap();
    // SAFETY: nobody else has the address.
    assert_eq!(*unsafe { Owned::from_raw(p) }, 7);
}
