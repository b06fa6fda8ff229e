//! Random scripts on a pool and on a map that says what the pool has to answer.

use core::panic::AssertUnwindSafe;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::rc::Rc;

use allocator_api2::alloc::Global;
use heapwright_arena::pool::{Key, Pool, StaleKey};
use heapwright_new::{Init, NewError, PinInit, value};
use proptest::prelude::*;

use crate::ledger::{Ledger, Tracked};

/// One step. Numbers choose one of all keys that there ever were, stale ones included.
#[derive(Debug, Clone)]
enum Step {
    Insert,
    InsertMany(u8),
    InsertFails,
    InsertPanics,
    Remove(usize),
    Delete(usize),
    DeletePanics(usize),
    Swap(usize, usize),
    Retain(u64),
    RetainPanics(usize),
    Drain(usize),
    DrainForgotten(usize),
    Clear,
    ClearPanics(usize),
    Reserve(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || any::<prop::sample::Index>().prop_map(|index| index.index(usize::MAX));
    prop_oneof![
        12 => Just(Step::Insert),
        2 => any::<u8>().prop_map(Step::InsertMany),
        1 => Just(Step::InsertFails),
        1 => Just(Step::InsertPanics),
        8 => key().prop_map(Step::Remove),
        8 => key().prop_map(Step::Delete),
        1 => key().prop_map(Step::DeletePanics),
        3 => (key(), key()).prop_map(|(a, b)| Step::Swap(a, b)),
        1 => (2..9_u64).prop_map(Step::Retain),
        1 => key().prop_map(Step::RetainPanics),
        1 => (0..20_usize).prop_map(Step::Drain),
        1 => (0..20_usize).prop_map(Step::DrainForgotten),
        1 => Just(Step::Clear),
        1 => key().prop_map(Step::ClearPanics),
        1 => (0..300_usize).prop_map(Step::Reserve),
    ]
}

/// An object of the model: its number, and where it has to stay.
type Expected = (u64, *const Tracked);

#[derive(Default)]
struct World {
    pool: Pool<Tracked, Global>,
    live: BTreeMap<Key<Tracked>, Expected>,
    keys: Vec<Key<Tracked>>,
    ledger: Rc<Ledger>,
    next: u64,
}

impl World {
    fn key(&self, choice: usize) -> Option<Key<Tracked>> {
        (!self.keys.is_empty()).then(|| self.keys[choice % self.keys.len()])
    }

    fn insert(&mut self) {
        let number = self.next;
        self.next += 1;
        let key = self.pool.insert(Tracked::new(number, &self.ledger)).unwrap();
        assert!(!self.keys.contains(&key), "{key:?} was another object's");
        self.keys.push(key);
        self.live.insert(key, (number, &raw const self.pool[key]));
    }

    /// The destructor of a live object will panic, if there is one.
    fn arm(&self, choice: usize) -> Option<Key<Tracked>> {
        let key = *self.live.keys().nth(choice % self.live.len().max(1))?;
        self.ledger.panics.set(Some(self.live[&key].0));
        Some(key)
    }

    fn perform(&mut self, step: &Step) {
        match *step {
            Step::Insert => self.insert(),
            Step::InsertMany(count) => (0..count).for_each(|_| self.insert()),
            Step::InsertFails => {
                let built = value(Tracked::new(u64::MAX, &self.ledger)).with_error::<&str>();
                let failed = self.pool.insert_with(built.then(|_| Err("no")));
                assert_eq!(failed, Err(NewError::Construct("no")));
            }
            Step::InsertPanics => {
                let insert = || self.pool.insert_with_key(|_| -> Result<_, &str> { panic!("no") });
                assert!(catch_unwind(AssertUnwindSafe(insert)).is_err());
            }
            Step::Remove(choice) => {
                let Some(key) = self.key(choice) else { return };
                let removed = self.pool.remove(key).map(|object| object.number);
                assert_eq!(removed, self.live.remove(&key).map(|(number, _)| number));
            }
            Step::Delete(choice) => {
                let Some(key) = self.key(choice) else { return };
                let expected = self.live.remove(&key).map(|_| ()).ok_or(StaleKey);
                assert_eq!(self.pool.delete(key), expected);
            }
            Step::DeletePanics(choice) => {
                let Some(key) = self.arm(choice) else { return };
                assert!(catch_unwind(AssertUnwindSafe(|| self.pool.delete(key))).is_err());
                self.live.remove(&key);
            }
            Step::Swap(first, second) => self.swap(first, second),
            _ => self.perform_on_all(step),
        }
    }

    /// The steps that concern all objects.
    fn perform_on_all(&mut self, step: &Step) {
        match *step {
            Step::Retain(divisor) => {
                let mut asked = Vec::new();
                self.pool.retain(|key, object| {
                    asked.push((key, object.number));
                    object.number % divisor != 0
                });
                let expected = self.live.iter().map(|(key, (number, _))| (*key, *number));
                assert!(expected.eq(asked));
                self.live.retain(|_, (number, _)| *number % divisor != 0);
            }
            Step::RetainPanics(choice) => {
                let Some(last) = self.arm(choice) else { return };
                let pool = &mut self.pool;
                assert!(catch_unwind(AssertUnwindSafe(|| pool.retain(|_, _| false))).is_err());
                self.live.retain(|key, _| *key > last);
            }
            Step::Drain(count) => {
                let taken: Vec<_> = self.pool.drain().take(count).map(|(key, _)| key).collect();
                assert!(self.live.keys().take(count).eq(&taken));
                self.live.clear();
            }
            Step::DrainForgotten(count) => {
                let mut drain = self.pool.drain();
                assert_eq!(drain.len(), self.live.len());
                let taken: Vec<_> = drain.by_ref().take(count).map(|(key, _)| key).collect();
                core::mem::forget(drain);
                assert!(self.live.keys().take(count).eq(&taken));
                self.live.retain(|key, _| !taken.contains(key));
            }
            Step::Clear => {
                self.pool.clear();
                self.live.clear();
            }
            Step::ClearPanics(choice) => {
                let armed = self.arm(choice).is_some();
                let cleared = catch_unwind(AssertUnwindSafe(|| self.pool.clear()));
                assert_eq!(cleared.is_err(), armed);
                self.live.clear();
            }
            Step::Reserve(count) => {
                self.pool.reserve(count).unwrap();
                assert!(self.pool.capacity() >= self.pool.len() + count);
            }
            _ => unreachable!("a step that concerns one object"),
        }
    }

    fn swap(&mut self, first: usize, second: usize) {
        let (Some(a), Some(b)) = (self.key(first), self.key(second)) else { return };
        let there = a != b && self.live.contains_key(&a) && self.live.contains_key(&b);
        let objects = self.pool.get_disjoint_mut([a, b]);
        assert_eq!(objects.is_some(), there);
        if let Some([one, other]) = objects {
            core::mem::swap(one, other);
            let (x, y) = (self.live[&a], self.live[&b]);
            self.live.insert(a, (y.0, x.1));
            self.live.insert(b, (x.0, y.1));
        }
    }

    /// The pool answers as the map does, to all keys, and in its order.
    fn check(&mut self) {
        assert_eq!(self.pool.len(), self.live.len());
        assert_eq!(self.pool.is_empty(), self.live.is_empty());
        assert!(self.pool.capacity() >= self.live.len());
        assert_eq!(self.ledger.live(), self.live.len());
        for key in &self.keys {
            let found = self.pool.get(*key).map(|object| (object.number, &raw const *object));
            assert_eq!(found, self.live.get(key).copied());
            assert_eq!(self.pool.contains(*key), found.is_some());
        }
        let expected = || self.live.iter().map(|(key, (number, _))| (*key, *number));
        assert!(self.pool.iter().map(|(key, object)| (key, object.number)).eq(expected()));
        assert!(self.pool.iter_mut().map(|(key, object)| (key, object.number)).eq(expected()));
        assert!(self.pool.keys().eq(self.live.keys().copied()));
        assert_eq!(self.pool.values().len(), self.live.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_pool_answers_as_a_map_does(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::default();
        for step in &steps {
            world.perform(step);
            world.check();
        }
        let World { pool, ledger, .. } = world;
        drop(pool);
        prop_assert_eq!(ledger.live(), 0);
    }
}
