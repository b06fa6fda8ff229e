//! Pools: insert, get and remove by key. A pool is *filled* from the start; else its slots were
//! all used before, and are free in any order.
//!
//! Ours stands in the tables twice: over the global allocator, as the others are, and over
//! Heapwright's own. With many objects the difference is that of the memory: mimalloc asks the
//! kernel for huge pages, so that fewer addresses miss the processor's table of pages.

use core::hint::black_box;
use core::time::Duration;

use allocator_api2::alloc::{Allocator, Global};
use fastrand::Rng;
use heapwright_arena::pool::{Key, Pool};
use heapwright_benches::callgrind::{self, Unavailable};
use heapwright_benches::measure::Rounds;
use heapwright_benches::table;
use heapwright_malloc::Malloc;

use crate::objects::Numbered;
use crate::subject::{self, Effort, OURS, Subject, Target, timed};

const OVER_MALLOC: &str = "heapwright, own malloc";
const SLOTMAP: &str = "slotmap";
/// Time beside slotmap's: no slower.
const TIME_MAX: f64 = 1.0;
/// As many as the caches hold, and as many as they do not.
const COUNTS: [usize; 2] = [10_000, 1_000_000];

/// Objects that are known by keys.
trait Keyed<T>: Sized {
    type Key: Copy;

    fn empty() -> Self;
    fn with_room(count: usize) -> Self;
    fn insert(&mut self, object: T) -> Option<Self::Key>;
    fn get(&self, key: Self::Key) -> Option<&T>;
    fn remove(&mut self, key: Self::Key) -> Option<T>;
}

impl<T: Unpin, A: Allocator + Default> Keyed<T> for Pool<T, A> {
    type Key = Key<T>;

    fn empty() -> Self {
        Self::new_in(A::default())
    }

    fn with_room(count: usize) -> Self {
        Self::with_capacity_in(count, A::default()).expect("memory for a benchmark")
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

        fn empty() -> Self {
            Self::new()
        }

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

        fn empty() -> Self {
            Self::new()
        }

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
///
/// What is measured is not inlined, so that the pool is reached through a reference, as a program
/// reaches one that is part of something.
struct State<P, K> {
    pool: P,
    keys: Vec<K>,
    rng: Rng,
}

impl<P, K: Copy> State<P, K> {
    /// One whose pool is as it is, and has room for so many keys.
    fn new(pool: P, count: usize) -> Self {
        Self { pool, keys: Vec::with_capacity(count), rng: Rng::with_seed(0x6b_65_79) }
    }

    /// One whose slots were all taken and given back, in any order.
    fn of<T: Numbered>(pool: P, count: usize) -> Self
    where
        P: Keyed<T, Key = K>,
    {
        let mut state = Self::new(pool, count);
        state.insert::<T>(count);
        state.shuffle();
        state.remove::<T>();
        state
    }

    #[inline(never)]
    fn insert<T: Numbered>(&mut self, count: usize)
    where
        P: Keyed<T, Key = K>,
    {
        for number in 0..count {
            let Some(key) = self.pool.insert(T::of(number)) else { return };
            self.keys.push(key);
        }
    }

    #[inline(never)]
    fn get<T>(&self)
    where
        P: Keyed<T, Key = K>,
    {
        for &key in &self.keys {
            black_box(self.pool.get(key));
        }
    }

    #[inline(never)]
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

/// A new pool is filled, that was not told how many there would be, and grows.
#[inline(never)]
fn fill<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let new = || State::new(P::empty(), count);
    timed(passes, &mut new(), |state| state.insert::<T>(count), |state| *state = new())
}

#[inline(never)]
fn insert<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::of::<T>(P::with_room(count), count);
    let empty = |state: &mut State<P, P::Key>| {
        state.shuffle();
        state.remove::<T>();
    };
    timed(passes, &mut state, |state| state.insert::<T>(count), empty)
}

#[inline(never)]
fn get<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    get_from::<T, P>(P::with_room(count), passes, count)
}

/// From a pool that was not told how many there would be.
#[inline(never)]
fn get_grown<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    get_from::<T, P>(P::empty(), passes, count)
}

/// In another order than they were inserted in.
fn get_from<T: Numbered, P: Keyed<T>>(pool: P, passes: usize, count: usize) -> Duration {
    let mut state = State::of::<T>(pool, count);
    state.insert::<T>(count);
    state.shuffle();
    timed(passes, &mut state, |state| state.get::<T>(), |_| ())
}

/// In another order than they were inserted in.
#[inline(never)]
fn remove<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::of::<T>(P::with_room(count), count);
    let refill = |state: &mut State<P, P::Key>| {
        state.insert::<T>(count);
        state.shuffle();
    };
    refill(&mut state);
    timed(passes, &mut state, |state| state.remove::<T>(), refill)
}

/// All inserted and removed again, the last one first: for callgrind.
#[inline(never)]
fn turn_over<T: Numbered, P: Keyed<T>>(passes: usize, count: usize) -> Duration {
    let mut state = State::of::<T>(P::with_room(count), count);
    let work = |state: &mut State<P, P::Key>| {
        state.insert::<T>(count);
        state.remove::<T>();
    };
    timed(passes, &mut state, work, |_| ())
}

macro_rules! subjects {
    ($run:ident, $type:ty) => {
        vec![
            Subject { name: OURS, run: $run::<$type, Pool<$type, Global>> },
            Subject { name: OVER_MALLOC, run: $run::<$type, Pool<$type, Malloc>> },
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

type Small = [usize; 1];
type Large = [usize; 8];

pub(crate) fn print(effort: Effort) {
    for count in COUNTS.into_iter().filter(|&count| count <= effort.many) {
        let cases = [
            ("fill 8 B", subjects!(fill, Small)),
            ("insert 8 B", subjects!(insert, Small)),
            ("get 8 B", subjects!(get, Small)),
            ("get 8 B, grown", subjects!(get_grown, Small)),
            ("remove 8 B", subjects!(remove, Small)),
            ("fill 64 B", subjects!(fill, Large)),
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
    if let Err(unavailable) = print_instructions() {
        println!("{unavailable}");
    }
}

fn counted() -> [(&'static str, Vec<Subject>); 4] {
    [
        ("get 8 B", subjects!(get, Small)),
        ("insert and remove 8 B", subjects!(turn_over, Small)),
        ("get 64 B", subjects!(get, Large)),
        ("insert and remove 64 B", subjects!(turn_over, Large)),
    ]
}

fn print_instructions() -> Result<(), Unavailable> {
    const PASSES: u64 = 20;
    let cases = counted();
    let mut rows: Vec<_> = cases[0].1.iter().map(|it| vec![it.name.to_owned()]).collect();
    for (case, subjects) in &cases {
        for (subject, row) in subjects.iter().zip(&mut rows) {
            let pass = callgrind::instructions_per_step(PASSES, |steps| {
                let case = format!("pool/{case}/{}", subject.name);
                ["--count".to_owned(), case, "--steps".to_owned(), steps.to_string()].into()
            })?;
            row.push(format!("{:.1}", pass / COUNTS[0] as f64));
        }
    }
    let header: Vec<_> = ["instructions"].into_iter().chain(cases.iter().map(|it| it.0)).collect();
    table::print("`pool`: instructions an object, with those of the loop", &header, rows);
    Ok(())
}

/// So many passes of `pool/CASE/SUBJECT`, if that is what `case` names.
pub(crate) fn count(case: &str, step_count: usize) -> bool {
    let Some((case, name)) = case.strip_prefix("pool/").and_then(|case| case.split_once('/'))
    else {
        return false;
    };
    let cases = counted();
    let subjects = cases.iter().find(|it| it.0 == case).map(|it| &it.1);
    let subject = subjects.and_then(|all| all.iter().find(|subject| subject.name == name));
    subject.map(|subject| (subject.run)(step_count, COUNTS[0])).is_some()
}
