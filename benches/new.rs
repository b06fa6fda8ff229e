//! What it costs to make and end an object: `Owned` beside `Box` and other crates' ways.
//!
//! This program's global allocator is `Malloc`, so `Box` and `Owned` differ in themselves alone.
//! Objects are made 64 at a time and then ended, so that an allocator is seen and not only its last
//! slot. Times are medians of rounds of rotated order; instructions are counted by callgrind.
//!
//! ```text
//! new [--quick]
//! ```

use core::hint::black_box;
use core::mem::MaybeUninit;
use std::time::Instant;

use allocator_api2::alloc::System;
use allocator_api2::boxed::Box as BoxIn;
use heapwright_benches::{callgrind, measure::Rounds, table};
use heapwright_malloc::Malloc;
use heapwright_new::{Class, Init, Owned, OwnedArray, Storage, class_pool, init, value, zeroed};

#[global_allocator]
static GLOBAL: Malloc = Malloc;

/// An object of so many words, with a constructor of fields and one of a value.
struct Object<const WORDS: usize> {
    id: u64,
    words: [u64; WORDS],
}

impl<const WORDS: usize> Object<WORDS> {
    #[inline]
    fn new(id: u64) -> Self {
        Self { id, words: [0; WORDS] }
    }

    #[inline]
    fn in_place(id: u64) -> impl Init<Self, Error = core::convert::Infallible> {
        init!(Object { id <- value(id), words <- zeroed() })
    }
}

class_pool!(Object<1>);
class_pool!(Object<7>);
class_pool!(Object<15>);
class_pool!(Object<31>);

const BATCH: usize = 64;

/// Makes and ends `count` objects.
type Run = fn(count: u64);

struct Subject {
    name: &'static str,
    /// For 16, 64, 128 and 256 bytes.
    runs: [Run; 4],
}

macro_rules! subjects {
    ($($(#[$meta:meta])* $name:literal: $($run:ident)::+;)+) => { &[$(
        $(#[$meta])*
        Subject {
            name: $name,
            runs: [$($run)::+::<1>, $($run)::+::<7>, $($run)::+::<15>, $($run)::+::<31>],
        },
    )+] };
}

/// The first is the reference of the ratios.
const SUBJECTS: &[Subject] = subjects! {
    "Box::new, on Malloc": std_box;
    "Owned::new": owned;
    "Owned::try_new_with(value)": owned_with_value;
    "Owned::try_new_with(init!)": owned_with_fields;
    "class_pool": class;
    "Box::new, on the C library's malloc": system_box;
    "Storage::emplace": placed;
    "MaybeUninit::write": written;
    #[cfg(feature = "peers")]
    "bumpalo, no destructors": peers::bumpalo;
    #[cfg(feature = "peers")]
    "moveit, Box::emplace": peers::moveit;
    #[cfg(feature = "peers")]
    "pinned-init, in a Box": peers::pinned_init;
};

const SIZES: [&str; 4] = ["16 B", "64 B", "128 B", "256 B"];

/// Makes and ends `count` objects by `make`, a batch at a time.
#[inline]
fn batches<T>(count: u64, mut make: impl FnMut(u64) -> T) {
    let mut batch: [Option<T>; BATCH] = [const { None }; BATCH];
    for first in (0..count).step_by(BATCH) {
        for (place, id) in batch.iter_mut().zip(first..count) {
            *place = Some(black_box(make(id)));
        }
        batch.iter_mut().for_each(|place| drop(place.take()));
    }
}

fn std_box<const WORDS: usize>(count: u64) {
    batches(count, |id| Box::new(Object::<WORDS>::new(id)));
}

fn owned<const WORDS: usize>(count: u64) {
    batches(count, |id| Owned::new(Object::<WORDS>::new(id)));
}

fn owned_with_value<const WORDS: usize>(count: u64) {
    batches(count, |id| Owned::try_new_with(value(Object::<WORDS>::new(id))).ok());
}

fn owned_with_fields<const WORDS: usize>(count: u64) {
    batches(count, |id| Owned::try_new_with(Object::<WORDS>::in_place(id)).ok());
}

fn class<const WORDS: usize>(count: u64)
where
    Object<WORDS>: Class,
{
    batches(count, |id| Class::try_new_with(Object::<WORDS>::in_place(id)).ok());
}

fn system_box<const WORDS: usize>(count: u64) {
    batches(count, |id| BoxIn::new_in(Object::<WORDS>::new(id), System));
}

fn placed<const WORDS: usize>(count: u64) {
    let mut storage: [Storage<Object<WORDS>>; BATCH] = [const { Storage::new() }; BATCH];
    for first in (0..count).step_by(BATCH) {
        for (storage, id) in storage.iter_mut().zip(first..count) {
            let placed = storage.emplace(value(Object::new(id)));
            drop(black_box(placed));
        }
    }
}

fn written<const WORDS: usize>(count: u64) {
    let mut storage: [MaybeUninit<Object<WORDS>>; BATCH] = [const { MaybeUninit::uninit() }; BATCH];
    for first in (0..count).step_by(BATCH) {
        for (storage, id) in storage.iter_mut().zip(first..count) {
            black_box(storage.write(Object::new(id)));
            // SAFETY: written just now.
            unsafe { storage.assume_init_drop() };
        }
    }
}

#[cfg(feature = "peers")]
mod peers {
    use moveit::Emplace;

    use super::{BATCH, Object, batches, black_box};

    pub(super) fn bumpalo<const WORDS: usize>(count: u64) {
        let mut bump = bumpalo::Bump::new();
        for first in (0..count).step_by(BATCH) {
            for id in (first..count).take(BATCH) {
                black_box(bump.alloc(Object::<WORDS>::new(id)));
            }
            bump.reset();
        }
    }

    pub(super) fn moveit<const WORDS: usize>(count: u64) {
        batches(count, |id| Box::emplace(moveit::new::of(Object::<WORDS>::new(id))));
    }

    /// Its own functions for `Box` need a nightly toolchain; this is what they come to.
    pub(super) fn pinned_init<const WORDS: usize>(count: u64) {
        batches(count, |id| {
            let mut memory = Box::<Object<WORDS>>::new_uninit();
            let init = pinned_init::init!(Object { id, words: [0; WORDS] });
            // SAFETY: the memory is for an object, and the box's alone.
            let Ok(()) = unsafe { pinned_init::Init::__init(init, memory.as_mut_ptr()) };
            // SAFETY: built just now.
            unsafe { memory.assume_init() }
        });
    }
}

fn main() -> Result<(), lexopt::Error> {
    let (mut count, mut round_count) = (2_000_000, 9);
    let mut counted = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            lexopt::Arg::Long("bench") => {}
            lexopt::Arg::Long("quick") => (count, round_count) = (200_000, 3),
            // A child under callgrind: subject, size and how many objects.
            lexopt::Arg::Long("count") => {
                counted.extend(parser.values()?.map(|word| word.to_string_lossy().parse::<u64>()));
            }
            _ => return Err(argument.unexpected()),
        }
    }
    if let [Ok(subject), Ok(size), Ok(count)] = counted[..] {
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        SUBJECTS[at(subject)].runs[at(size)](count);
        return Ok(());
    }
    times(count, round_count);
    instructions();
    arrays(round_count);
    Ok(())
}

fn times(count: u64, round_count: usize) {
    let mut medians = vec![Vec::new(); SUBJECTS.len()];
    let mut ratios = vec![Vec::new(); SUBJECTS.len()];
    for size in 0..SIZES.len() {
        let rounds = Rounds::run(SUBJECTS.len(), round_count, |subject, _| {
            let start = Instant::now();
            SUBJECTS[subject].runs[size](count);
            start.elapsed().as_secs_f64() * 1e9 / count as f64
        });
        for subject in 0..SUBJECTS.len() {
            medians[subject].push(format!("{:.2}", rounds.median(subject)));
            ratios[subject].push(format!("{:.2}", rounds.ratio(subject, 0)));
        }
    }
    let rows = |figures: Vec<Vec<String>>| {
        let named = SUBJECTS.iter().zip(figures);
        named.map(|(subject, figures)| named_row(subject.name, figures)).collect()
    };
    let header: Vec<&str> = ["way"].into_iter().chain(SIZES).collect();
    table::print("Nanoseconds to make and end one object", &header, rows(medians));
    table::print("The same, divided by `Box::new`'s", &header, rows(ratios));
}

fn named_row(name: &str, figures: Vec<String>) -> Vec<String> {
    [name.to_owned()].into_iter().chain(figures).collect()
}

/// Instructions, which do not depend on what else the machine does.
fn instructions() {
    let mut rows = Vec::new();
    for (index, subject) in SUBJECTS.iter().enumerate() {
        let mut figures = Vec::new();
        for size in 0..SIZES.len() {
            let arguments = |steps: u64| {
                let words = [index.to_string(), size.to_string(), (steps * 64).to_string()];
                [String::from("--count")].into_iter().chain(words).collect()
            };
            match callgrind::instructions_per_step(1000, arguments) {
                Ok(count) => figures.push(format!("{:.1}", count / BATCH as f64)),
                Err(unavailable) => return println!("\n{unavailable}"),
            }
        }
        rows.push(named_row(subject.name, figures));
    }
    let header: Vec<&str> = ["way"].into_iter().chain(SIZES).collect();
    table::print("Instructions to make and end one object", &header, rows);
}

/// Many objects in one block, and one object that no stack holds.
fn arrays(round_count: usize) {
    const LEN: usize = 10_000;
    struct Large([u8; 64 << 20]);
    let ways: [(&str, fn()); 4] = [
        ("Vec, 10 000 of 64 B", || {
            let objects: Vec<_> = (0..LEN as u64).map(Object::<7>::new).collect();
            drop(black_box(objects));
        }),
        ("OwnedArray::try_from_fn, the same", || {
            let make = |index: usize| value(Object::<7>::new(index as u64));
            drop(black_box(OwnedArray::try_from_fn(LEN, make).ok()));
        }),
        ("64 MiB of zeros, written in place", || {
            drop(black_box(Owned::try_new_with(init!(Large { 0 <- zeroed() })).ok()));
        }),
        ("64 MiB of zeros, as the system has them", || {
            drop(black_box(Owned::<[u8; 64 << 20]>::try_zeroed().ok()));
        }),
    ];
    let rounds = Rounds::run(ways.len(), round_count, |way, _| {
        let start = Instant::now();
        ways[way].1();
        start.elapsed().as_secs_f64() * 1e6
    });
    let row = |(index, (name, _)): (usize, &(&str, fn()))| {
        named_row(name, vec![format!("{:.1}", rounds.median(index))])
    };
    let rows = ways.iter().enumerate().map(row).collect();
    table::print("Microseconds for all of it", &["what", "time"], rows);
}
