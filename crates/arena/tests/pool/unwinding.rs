//! Panics in constructors and destructors leave pools whole.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::rc::Rc;

use allocator_api2::alloc::Global;
use heapwright_arena::pool::{ObjectPool, Pool, Pooled, SharedPool};
use heapwright_new::{Init, init_raw, value};

use crate::ledger::{Ledger, Tracked};

fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

fn never<T>() -> impl Init<T, Error = core::convert::Infallible> {
    // SAFETY: it builds nothing.
    unsafe { init_raw(|_: *mut T| panic!("the constructor")) }
}

#[test]
fn dropping_a_pool_destroys_all_objects_though_one_panics() {
    let ledger = Rc::new(Ledger::default());
    let mut pool = Pool::new_in(Global);
    for number in 0..200 {
        pool.insert(Tracked::new(number, &ledger)).unwrap();
    }
    ledger.panics.set(Some(70));
    assert!(panics(|| drop(pool)));
    assert!(ledger.ended.borrow().iter().copied().eq(0..200));
}

#[test]
fn dropping_a_drain_destroys_all_objects_though_one_panics() {
    let ledger = Rc::new(Ledger::default());
    let mut pool = Pool::new_in(Global);
    for number in 0..200 {
        pool.insert(Tracked::new(number, &ledger)).unwrap();
    }
    ledger.panics.set(Some(70));
    assert!(panics(|| drop(pool.drain())));
    assert_eq!((ledger.live(), pool.len()), (0, 0));
    pool.insert(Tracked::new(1, &ledger)).unwrap();
    assert_eq!(pool.len(), 1);
}

#[test]
fn a_slot_comes_back_where_the_constructor_fails_or_panics() {
    let one = ObjectPool::<String, Global>::new_in(Global);
    let many = SharedPool::<String, Global>::new_in(Global);
    let mut keyed = Pool::<String, Global>::new_in(Global);
    let place = {
        let object = one.create(value(String::from("first"))).unwrap();
        Pooled::as_ptr(&object)
    };
    for _ in 0..10_000 {
        assert!(one.create(Err("no")).is_err());
        assert!(many.create(Err("no")).is_err());
        assert!(keyed.insert_with(Err("no")).is_err());
    }
    for _ in 0..100 {
        assert!(panics(|| drop(one.create(never()))));
        assert!(panics(|| drop(many.create(never()))));
        assert!(panics(|| _ = keyed.insert_with(never())));
    }
    let again = one.create(value(String::from("again"))).unwrap();
    assert_eq!(Pooled::as_ptr(&again), place);
    let few = 1..=100;
    assert!(few.contains(&one.capacity()), "slots leaked");
    assert!(few.contains(&many.capacity()), "slots leaked");
    assert!(few.contains(&keyed.capacity()), "slots leaked");
    assert_eq!((one.len(), keyed.len()), (1, 0));
}

#[test]
fn a_slot_comes_back_where_the_destructor_panics() {
    let ledger = Rc::new(Ledger::default());
    let pool = ObjectPool::new_in(Global);
    for number in 0..1000 {
        let object = pool.create(value(Tracked::new(number, &ledger))).unwrap();
        ledger.panics.set(Some(number));
        assert!(panics(|| drop(object)));
    }
    assert_eq!((ledger.live(), pool.len()), (0, 0));
    assert!(pool.capacity() < 100);
    drop(pool);
    assert_eq!(ledger.ended.borrow().len(), 1000);
}

#[test]
fn indexing_by_a_stale_key_panics_and_names_the_key() {
    let mut pool = Pool::new_in(Global);
    let key = pool.insert(1).unwrap();
    pool.remove(key);
    let message = catch_unwind(AssertUnwindSafe(|| pool[key])).unwrap_err();
    assert_eq!(message.downcast_ref::<String>().unwrap(), "Key(0v1) leads to no object");
}
