//! Pools: insert, get and remove by key.

use core::hint::black_box;
use core::time::Duration;

use fastrand::Rng;
use heapwright_arena::pool::{Key, Pool};
use heapwright_benches::measure::Rounds;

use crate::objects::Numbered;
use crate::subject::{self, Effort, OURS, Subject, Target, timed};

const SLOTMAP: &str = "slotmap";
/// Time beside slotmap's: no slower.
const TIME_MAX: f64 = 1.0;
/// As many as the caches hold, and as many as they do not.
const COUNTS: [usize; 2] = [10_000, 1_000_000];

/// Objects that are known by keys.
trait Keyed<T>: Sized {
    type Key: Copy;

    fn with_room(count: usize) -> Self;
    fn insert(&mut self, object: T) -> Option<Self::Key>;
    fn get(&self, key: Self::Key) -> Option<&T>;
    fn remove(&mut self, key: Self::Key) -> Option<T>;
}

impl<T: Unpin> Keyed<T> for Pool<T> {
    type Key = Key<T>;

    fn with_room(count: usize) -> Self {
        Self::with_capacity(count).expect("memory for a benchmark")
    }

    #[inline(always)]
    fn insert(&mut self, object: T) -> Option<Self::Key> {
        self.insert(object).ok()
    }

    #[inline(always)]
    fn get(&self, key: Self::Key) -> Option<&T> {
        self.get(key)
    }

    #[inline(always)]
    fn remove(&mut self, key: Self::Key) -> Option<T> {
        self.remove(key)
    }
}

#[cfg(feature = "peers")]
mod peers {
    use super::Keyed;
    use slotmap::{DefaultKey, SlotMap};
    use thunderdome::{Arena, Index};

    impl<T> Keyed<T> for SlotMap<DefaultKey, T> {
        type Key = DefaultKey;

        fn with_room(count: usize) -> Self {
            Self::with_capacity(count)
        }

        #[inline(always)]
        fn insert(&mut self, object: T) -> Option<Self::Key> {
            Some(self.insert(object))
        }

        #[inline(always)]
        fn get(&self, key: Self::Key) -> Option<&T> {
            self.get(key)
        }

        #[inline(always)]
        fn remove(&mut self, key: Self::Key) -> Option<T> {
            self.remove(key)
        }
    }

    impl<T> Keyed<T> for Arena<T> {
        type Key = Index;

        fn with_room(count: usize) -> Self {
            Self::with_capacity(count)
        }

        #[inline(always)]
        fn insert(&mut self, object: T) -> Option<Self::Key> {
            Some(self.insert(object))
        }

        #[inline(always)]
        fn get(&self, key: Self::Key) -> Option<&T> {
            self.get(key)
        }

        #[inline(always)]
        fn remove(&mut self, key: Self::Key) -> Option<T> {
            self.remove(key)
        }
    }
}

/// A pool that was full once, and the keys of what is in it.
struct State<P, K> {
    pool: P,
    keys: Vec<K>,
    rng: Rng,
}

impl<P, K: Copy> State<P, K> {
    /// One whose slots were all taken and given back, in any order.
    fn with_room<T: Numbered>(count: usize) -> Self
    where
        P: Keyed<T, Key = K>,
    {
        let (pool, keys) = (P::with_room(count), Vec::with_capacity(count));
        let mut state = Self { pool, keys, rng: Rng::with_seed(0x6b_65_79) };
        state.insert::<T>(count);
        state.shuffle();
        state.remove::<T>();
        state
    }

    #[inline(always)]
    fn insert<T: Numbered>(&mut self, count: usize)
    where
        P: Keyed<T, Key = K>,
    {
        for number in 0..count {
            let Some(key) = self.pool.insert(T::of(number)) else { return };
            self.keys.push(key);
        }
    }

    #[inline(always)]
    fn get<T>(&self)
    where
        P: Keyed<T, Key = K>,
    {
        for &key in &self.keys {
            black_box(self.pool.get(key));
        }
    }

    #[inline(always)]
    fn remove<T>(&mut self)
    where
        P: Keyed<T, Key = K>,
    {
        for key in self.keys.drain(..) {
            black_box(self.pool.remove(key));
        }
    }

    fn shuffle(&mut self) {
        self.rng.shuffle(&mut self.keys);
    }
}

#[inline(never)]
fn insert<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::<P, P::Key>::with_room::<T>(count);
    let empty = |state: &mut State<P, P::Key>| {
        state.shuffle();
        state.remove::<T>();
    };
    timed(passes, &mut state, |state| state.insert::<T>(count), empty)
}

/// In another order than they were inserted in.
#[inline(never)]
fn get<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::<P, P::Key>::with_room::<T>(count);
    state.insert::<T>(count);
    state.shuffle();
    timed(passes, &mut state, |state| state.get::<T>(), |_| ())
}

/// In another order than they were inserted in.
#[inline(never)]
fn remove<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::<P, P::Key>::with_room::<T>(count);
    let refill = |state: &mut State<P, P::Key>| {
        state.insert::<T>(count);
        state.shuffle();
    };
    refill(&mut state);
    timed(passes, &mut state, |state| state.remove::<T>(), refill)
}

macro_rules! subjects {
    ($run:ident, $type:ty) => {
        vec![
            Subject { name: OURS, run: $run::<$type, Pool<$type>> },
            #[cfg(feature = "peers")]
            Subject {
                name: SLOTMAP,
                run: $run::<$type, slotmap::SlotMap<slotmap::DefaultKey, $type>>,
            },
            #[cfg(feature = "peers")]
            Subject { name: "thunderdome", run: $run::<$type, thunderdome::Arena<$type>> },
        ]
    };
}

pub(crate) fn print(effort: Effort) {
    type Small = [usize; 1];
    type Large = [usize; 8];
    for count in COUNTS.into_iter().filter(|&count| count <= effort.many) {
        let cases = [
            ("insert 8 B", subjects!(insert, Small)),
            ("get 8 B", subjects!(get, Small)),
            ("remove 8 B", subjects!(remove, Small)),
            ("insert 64 B", subjects!(insert, Large)),
            ("get 64 B", subjects!(get, Large)),
            ("remove 64 B", subjects!(remove, Large)),
        ];
        let passes = (COUNTS[0] * effort.passes / 10).div_ceil(count);
        let time = |subjects: &[Subject]| -> Rounds {
            subject::time(subjects, effort.long_rounds(), passes, count)
        };
        let times: Vec<_> = cases.iter().map(|(name, subjects)| (*name, time(subjects))).collect();
        let subjects = &cases[0].1;
        let title = format!("`pool`: {count} objects by key, in another order than before");
        subject::print(&title, subjects, &times);
        for (name, rounds) in &times {
            let ratio = subject::ratio(subjects, rounds, OURS, SLOTMAP);
            Target::AtMost(TIME_MAX).judge(&format!("{name}: time / slotmap's"), ratio);
        }
    }
}
