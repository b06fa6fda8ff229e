//! Objects of all sizes, where they are and how they come back.

use core::cell::Cell;
use core::marker::PhantomPinned;
use std::collections::HashSet;
use std::rc::Rc;

use allocator_api2::alloc::Global;
use heapwright_arena::pool::{Key, ObjectPool, Pool, Pooled, SharedPool};
use heapwright_new::{Init, PinInit, value, zeroed};

use crate::ledger::{Ledger, Tracked};

#[test]
fn keys_are_eight_bytes_and_so_are_options_of_them() {
    assert_eq!(size_of::<Key<String>>(), 8);
    assert_eq!(size_of::<Option<Key<String>>>(), 8);
}

#[test]
fn keys_of_any_type_are_copied_compared_hashed_and_sent() {
    fn is<K: Copy + Ord + core::hash::Hash + core::fmt::Debug + Send + Sync + Unpin + 'static>() {}
    is::<Key<Cell<*const ()>>>();
}

#[test]
fn objects_without_size_are_counted_and_destroyed() {
    thread_local!(static ENDED: Cell<usize> = const { Cell::new(0) });
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            ENDED.set(ENDED.get() + 1);
        }
    }
    let mut pool = Pool::new_in(Global);
    let keys: Vec<_> = (0..1000).map(|_| pool.insert(Nothing).unwrap()).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 1000);
    pool.delete(keys[500]).unwrap();
    assert!(!pool.contains(keys[500]) && pool.contains(keys[501]));
    assert_eq!(pool.values().count(), 999);
    assert_eq!(ENDED.get(), 1);
    drop(pool);
    assert_eq!(ENDED.get(), 1000);
}

#[test]
fn objects_are_aligned_apart_from_each_other_and_stay() {
    #[repr(align(256))]
    struct Wide(u16);
    let mut pool = Pool::new_in(Global);
    let places: Vec<_> = (0..500_u16)
        .map(|number| {
            let key = pool.insert(Wide(number)).unwrap();
            (key, (&raw const pool[key]).addr())
        })
        .collect();
    for (number, (key, place)) in (0_u16..).zip(&places) {
        assert_eq!((&raw const pool[*key]).addr(), *place);
        assert_eq!(pool[*key].0, number);
        assert_eq!(place % 256, 0);
    }
    let apart: HashSet<_> = places.iter().map(|(_, place)| place / 256).collect();
    assert_eq!(apart.len(), 500);
}

#[test]
fn a_large_object_is_built_in_its_slot_and_never_on_the_stack() {
    let thread = std::thread::Builder::new().stack_size(128 << 10);
    let built = thread.spawn(|| {
        let mut pool = Pool::<[u8; 16 << 20], Global>::new_in(Global);
        let key = pool.insert_with(zeroed()).unwrap();
        let objects = ObjectPool::<[u8; 16 << 20], Global>::new_in(Global);
        let object = objects.create(zeroed()).unwrap();
        pool[key][1 << 20] == object[1 << 20]
    });
    assert!(built.unwrap().join().unwrap());
}

#[test]
fn a_slot_that_was_freed_is_used_before_any_new_one() {
    let mut pool = Pool::new_in(Global);
    let keys: Vec<_> = (0..1000).map(|number| pool.insert(number).unwrap()).collect();
    let capacity = pool.capacity();
    let place = |pool: &Pool<i32, Global>, key| (&raw const pool[key]).addr();
    for round in 0..10_000 {
        let key = keys[round % 1000];
        let Some(before) = pool.contains(key).then(|| place(&pool, key)) else { continue };
        pool.remove(key);
        let key = pool.insert(0).unwrap();
        assert_eq!(place(&pool, key), before);
    }
    assert_eq!(pool.capacity(), capacity);
}

#[test]
fn what_a_dead_object_left_is_not_written_by_the_pool() {
    let mut pool = Pool::new_in(Global);
    let keys: Vec<_> = (0..100_u64).map(|number| pool.insert(!number).unwrap()).collect();
    let places: Vec<_> = keys.iter().map(|key| &raw const pool[*key]).collect();
    pool.clear();
    for (number, place) in places.iter().enumerate() {
        // SAFETY: memory of the pool, which it keeps until it is dropped; a number stays one.
        assert_eq!(unsafe { place.read() }, !(number as u64));
    }
}

#[test]
fn capacity_is_what_was_asked_for_in_one_block() {
    for count in [1, 63, 64, 1000, 4097] {
        let pool = Pool::<u64, Global>::with_capacity_in(count, Global).unwrap();
        assert!((count..=count.max(64)).contains(&pool.capacity()));
    }
}

#[test]
fn a_pool_in_a_static_needs_no_set_up() {
    static POOL: SharedPool<u32, Global> = SharedPool::new_in(Global);
    let object: Pooled<'static, u32, SharedPool<u32, Global>> = POOL.create(value(7)).unwrap();
    assert_eq!(*object, 7);
}

#[test]
fn a_pool_may_be_covariant_as_its_objects_are() {
    fn shorten<'a>(pool: Pool<&'static str, Global>, _: &'a str) -> Pool<&'a str, Global> {
        pool
    }
    let text = String::from("short");
    let mut pool = shorten(Pool::new_in(Global), &text);
    let key = pool.insert(&text).unwrap();
    assert_eq!(pool[key], "short");
}

#[test]
fn pools_move_and_their_objects_do_not() {
    let mut pool = Pool::new_in(Global);
    let key = pool.insert(7).unwrap();
    let place = &raw const pool[key];
    let boxed = Box::new(pool);
    assert_eq!(&raw const boxed[key], place);
}

/// Knows where it is.
struct Ring {
    myself: Cell<*const Ring>,
    _pinned: PhantomPinned,
}

fn ring() -> impl PinInit<Ring, Error = core::convert::Infallible> {
    value(Ring { myself: Cell::new(core::ptr::null()), _pinned: PhantomPinned }).then_pin(|ring| {
        ring.myself.set(&raw const *ring);
        Ok(())
    })
}

impl Ring {
    fn is_closed(&self) -> bool {
        core::ptr::eq(self.myself.get(), self)
    }
}

#[test]
fn pinned_objects_stay_while_the_pool_grows_moves_and_loses_others() {
    let mut pool = Pool::new();
    let keys: Vec<_> = (0..1000).map(|_| pool.insert_pin(ring()).unwrap()).collect();
    keys.iter().step_by(3).for_each(|key| pool.delete(*key).unwrap());
    let mut pool = Box::new(pool);
    assert!(pool.iter_pin_mut().all(|(_, ring)| ring.is_closed()));
    assert!(pool.get_pin_mut(keys[1]).is_some_and(|ring| ring.is_closed()));
    pool.retain_pin(|key, ring| ring.is_closed() && key != keys[1]);
    assert_eq!(pool.len(), 1000 - 334 - 1);
}

#[test]
fn handles_that_are_pinned_stay_and_those_forgotten_end_with_the_pool() {
    let ledger = Rc::new(Ledger::default());
    let rings = ObjectPool::new();
    let held: Vec<_> = (0..100).map(|_| rings.create_pin(ring()).unwrap()).collect();
    assert!(held.iter().all(|ring| ring.is_closed()));

    let pool = ObjectPool::new_in(Global);
    let make = |number| pool.create(value(Tracked::new(number, &ledger))).unwrap();
    let (a, b, c, d) = (make(1), make(2), make(3), make(4));
    core::mem::forget(b);
    assert_eq!(Pooled::keep(c).number, 3);
    drop(a);
    assert_eq!(*ledger.ended.borrow(), [1]);
    assert_eq!(Pooled::into_inner(d).number, 4);
    assert_eq!(pool.len(), 2);
    drop(pool);
    assert_eq!(*ledger.ended.borrow(), [1, 4, 2, 3]);
}

#[test]
fn constructors_and_destructors_may_use_the_pool_they_are_in() {
    let pool = ObjectPool::<u32, Global>::new_in(Global);
    let nested = value(1).with_error::<&str>().then(|number| {
        *number += *pool.create(value(1)).map_err(|_| "no memory")?;
        Ok(())
    });
    let outer = pool.create(nested).unwrap();
    assert_eq!((*outer, pool.len()), (2, 1));

    static NAMES: SharedPool<Name, Global> = SharedPool::new_in(Global);
    struct Name(Option<&'static str>);
    impl Drop for Name {
        fn drop(&mut self) {
            if let Some(last) = self.0.take() {
                let another = NAMES.create(value(Name(None))).unwrap();
                assert!(!core::ptr::eq(self, &raw const *another), "the slot of {last} is in use");
            }
        }
    }
    drop(NAMES.create(value(Name(Some("Ada")))).unwrap());
}
