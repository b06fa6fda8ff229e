//! `OwnedArray`: built first to last, destroyed last to first.

use heapwright_new::{BadAlloc, NewError, Owned, OwnedArray, array_from_fn, value};

use crate::ledger::Ledger;
use crate::objects::{Log, returns};

#[test]
fn elements_are_destroyed_last_to_first() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let array = OwnedArray::try_from_fn_in(4, |i| value(log.object(i)), &ledger).unwrap();
    assert_eq!(array.iter().map(|object| object.id).collect::<Vec<_>>(), [0, 1, 2, 3]);
    drop(array);
    assert_eq!((log.ends(), ledger.live()), (vec![3, 2, 1, 0], 0));
}

#[test]
fn an_element_that_fails_has_those_before_it_destroyed_last_to_first() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let make = |i| if i == 3 { Err("three") } else { Ok(log.object(i)) };
    let failed = OwnedArray::try_from_fn_in(9, make, &ledger);
    assert_eq!(failed.err(), Some(NewError::Construct("three")));
    assert_eq!((log.ends(), ledger.live()), (vec![2, 1, 0], 0));

    let make = |i| if i == 2 { Err("two") } else { Ok(log.object(i)) };
    let failed = Owned::try_new_with_in(array_from_fn::<_, _, 5>(make), &ledger);
    assert!(failed.is_err());
    assert_eq!(log.ends(), [2, 1, 0, 1, 0]);
}

#[test]
fn a_destructor_that_panics_stops_neither_the_others_nor_the_memory() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let make = |i: usize| value(if i == 2 { log.bomb(2) } else { log.object(i) });
    let array = OwnedArray::try_from_fn_in(5, make, &ledger).unwrap();
    assert!(returns(|| drop(array)).is_none());
    assert_eq!((log.ends(), log.live(), ledger.live()), (vec![4, 3, 2, 1, 0], 0, 0));
}

#[test]
fn too_long_an_array_is_an_error_of_its_own() {
    let too_long = BadAlloc::BadArrayNewLength { len: usize::MAX / 2, element_bytes: 4 };
    let refused = OwnedArray::<u32>::try_from_fn(usize::MAX / 2, |_| value(0));
    assert_eq!(refused.err(), Some(NewError::Alloc(too_long)));
    assert_eq!(OwnedArray::<u32>::try_zeroed(usize::MAX / 2).err(), Some(too_long));
    let refused = OwnedArray::<u8>::try_new_uninit(isize::MAX as usize).err();
    assert_eq!(refused, Some(BadAlloc::Exhausted { size: isize::MAX as usize, align: 1 }));
}

#[test]
fn no_elements_and_elements_of_no_size_take_no_memory() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let none = OwnedArray::try_from_fn_in(0, |_| value(log.object(0)), &ledger).unwrap();
    assert!(none.is_empty());
    let mut count = 0;
    let unit = |_| {
        count += 1;
        value(())
    };
    let units = OwnedArray::try_from_fn_in(1000, unit, &ledger).unwrap();
    assert_eq!((units.len(), ledger.allocations()), (1000, 0));
    drop(units);
    assert_eq!(count, 1000);
}

#[test]
fn clones_copies_and_zeros_fill_an_array() {
    assert_eq!(*OwnedArray::try_fill(2, "x".to_owned()).unwrap(), ["x", "x"]);
    assert_eq!(*OwnedArray::try_copy_from(&[1, 2]).unwrap(), [1, 2]);
    assert_eq!(*OwnedArray::<u16>::try_zeroed(2).unwrap(), [0, 0]);
}

#[test]
fn an_array_becomes_a_slice_a_pointer_and_itself_again() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let array = || OwnedArray::try_from_fn_in(3, |i| value(log.object(i)), &ledger).unwrap();
    drop(OwnedArray::into_slice(array())); // as Rust destroys slices
    assert_eq!(log.ends(), [0, 1, 2]);
    let raw = OwnedArray::into_raw(array());
    assert_eq!(raw.len(), 3);
    // SAFETY: nobody else has the address.
    drop(unsafe { OwnedArray::from_raw(raw) });
    let leaked = OwnedArray::leak(array());
    assert_eq!((leaked[2].id, log.live()), (2, 3));
    let first = core::ptr::NonNull::from(leaked).cast::<crate::objects::Object<'_>>();
    // SAFETY: leaked just now, and used no more.
    drop(unsafe { OwnedArray::from_raw_parts(first, 3, &ledger) });
    assert_eq!((log.live(), ledger.live()), (0, 0));
}
