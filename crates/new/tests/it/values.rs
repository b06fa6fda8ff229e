//! Initialisers of one object, and what is made of others.

use core::convert::Infallible;

use heapwright_new::{
    Init, LengthMismatch, NewError, Owned, PinInit, Storage, copy_from, default, fill, init,
    init_raw, value, zeroable, zeroed,
};

use crate::objects::{Log, panic_as_expected, returns};

#[test]
fn a_value_a_default_and_zeros_are_what_they_say() {
    let mut storage = Storage::new();
    assert_eq!(*storage.emplace(value(7)).unwrap(), 7);
    let mut storage = Storage::<Vec<u8>>::new();
    assert!(storage.emplace(default()).unwrap().is_empty());
    let mut storage = Storage::<[u64; 9]>::new();
    drop(storage.emplace(fill(u64::MAX)).unwrap());
    assert_eq!(*storage.emplace(zeroed()).unwrap(), [0; 9]);
}

#[test]
fn structs_and_generic_ones_can_be_zeros() {
    struct Counts {
        hits: u32,
        _rest: [u16; 3],
    }
    zeroable!(Counts { hits, _rest });
    struct Pair<A, B>(A, B);
    zeroable!(for<A, B> Pair { 0, 1 });
    let pair = Owned::<Pair<Counts, Option<&'static u8>>>::try_zeroed().unwrap();
    assert_eq!(pair.0.hits, 0);
    assert!(pair.1.is_none());
}

#[test]
fn an_array_takes_a_slice_of_its_own_length_only() {
    assert_eq!(*Owned::<[u8; 3]>::try_new_with(copy_from(&[1, 2, 3])).unwrap(), [1, 2, 3]);
    let error = Owned::<[u8; 3]>::try_new_with(copy_from(&[1, 2])).unwrap_err();
    assert_eq!(error, NewError::Construct(LengthMismatch { expected: 3, found: 2 }));
}

#[test]
fn a_result_is_an_initialiser() {
    assert_eq!(*Owned::try_new_with("7".parse::<u8>()).unwrap(), 7);
    assert!(matches!(Owned::try_new_with("x".parse::<u8>()), Err(NewError::Construct(_))));
}

#[test]
fn a_step_that_fails_or_panics_destroys_the_object() {
    let log = Log::default();
    let fails = value(log.object(1)).with_error().then(|_| Err("no"));
    assert_eq!(Owned::try_new_with(fails).err(), Some(NewError::Construct("no")));
    assert_eq!(log.ends(), [1]);

    let fails = value(log.object(2)).with_error().then_pin(|_| Err("no"));
    assert_eq!(Owned::try_pin_with(fails).err(), Some(NewError::Construct("no")));
    assert_eq!(log.ends(), [1, 2]);

    let panics = value(log.object(3)).then(|_| panic_as_expected());
    assert!(returns(|| Owned::try_new_with(panics)).is_none());
    assert_eq!((log.ends(), log.live()), (vec![1, 2, 3], 0));
}

#[test]
fn steps_run_in_order_on_the_object_itself() {
    let list = value(vec![1])
        .then(|list| {
            list.push(2);
            Ok(())
        })
        .then(|list| {
            list.push(3);
            Ok(())
        });
    assert_eq!(*Owned::try_new_with(list).unwrap(), [1, 2, 3]);
}

#[test]
fn another_initialiser_builds_where_the_first_failed() {
    let log = Log::default();
    // Fails with an object built and destroyed, so the slot was used before.
    let first = value(log.object(1)).with_error().then(|_| Err(2));
    let second = first.or_else(|id| value(log.object(id)));
    let object = Owned::try_new_with(second).unwrap();
    assert_eq!((object.id, log.ends()), (2, vec![1]));
}

#[test]
fn errors_are_mapped_and_chained() {
    // SAFETY: it always fails, and builds nothing.
    let fails = unsafe { init_raw(|_: *mut u8| Err(1)) };
    let error = Owned::try_new_with(fails.map_err(|code| code + 1).or_else(|code| Err(code * 10)));
    assert_eq!(error.unwrap_err(), NewError::Construct(20));
}

#[test]
fn an_initialiser_that_is_not_used_drops_what_it_holds() {
    let log = Log::default();
    let unused = value(log.object(1)).then(|_| Ok(()));
    drop(unused);
    struct Two<T>(T, T);
    drop(init!(Two { 0 <- value(log.object(2)), 1 <- value(log.object(3)) }));
    assert_eq!(log.live(), 0);
}

#[test]
fn initialisers_are_passed_as_arguments_and_returned() {
    fn doubled<I: Init<u32, Error = Infallible>>(init: I) -> impl Init<u32, Error = Infallible> {
        init.then(|number| {
            *number *= 2;
            Ok(())
        })
    }
    assert_eq!(*Owned::try_new_with(doubled(doubled(value(3)))).unwrap(), 12);
}
