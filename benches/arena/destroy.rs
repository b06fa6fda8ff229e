//! The end of a million objects.

use core::time::Duration;
use std::time::Instant;

use heapwright_arena::Arena;
use heapwright_new::value;

use crate::objects::{Guard, Numbered};
use crate::subject::{self, Effort, OURS, Subject, Target};

const VEC: &str = "Vec";
/// Speed beside dropping a `Vec` of as many.
const SPEED_MIN: f64 = 0.9;
/// Nanoseconds for a destructor of a few instructions.
const TIME_MAX: f64 = 6.0;

#[inline(never)]
fn vec<T: Numbered>(_passes: usize, count: usize) -> Duration {
    let mut objects = Vec::with_capacity(count);
    objects.extend((0..count).map(T::of));
    let start = Instant::now();
    drop(objects);
    start.elapsed()
}

/// How long it takes to end what `build` builds.
#[inline(always)]
fn end(count: usize, build: impl Fn(&Arena<'_>, usize) -> Option<()>) -> Duration {
    // As the vector has it, all memory is there before.
    let arena = Arena::with_capacity(count * 96).expect("memory for a benchmark");
    let built = (0..count).try_for_each(|number| build(&arena, number));
    built.expect("memory for a benchmark");
    let start = Instant::now();
    drop(arena);
    start.elapsed()
}

#[inline(never)]
fn ours<T: Numbered + 'static>(_passes: usize, count: usize) -> Duration {
    end(count, |arena, number| arena.create(value(T::of(number))).ok().map(drop))
}

type Kind<const KIND: u64> = Guard<KIND, 3>;

/// Four types in turn, so that no two objects of one type lie side by side.
#[inline(never)]
fn ours_mixed(_passes: usize, count: usize) -> Duration {
    end(count, |arena, number| match number % 4 {
        0 => arena.create(value(Kind::<0>::of(number))).ok().map(drop),
        1 => arena.create(value(Kind::<1>::of(number))).ok().map(drop),
        2 => arena.create(value(Kind::<2>::of(number))).ok().map(drop),
        _ => arena.create(value(Kind::<3>::of(number))).ok().map(drop),
    })
}

trait Ends {}
impl<T> Ends for T {}

/// The same as boxes in a vector.
#[inline(never)]
fn vec_mixed(_passes: usize, count: usize) -> Duration {
    let mut objects: Vec<Box<dyn Ends>> = Vec::with_capacity(count);
    objects.extend((0..count).map(|number| -> Box<dyn Ends> {
        match number % 4 {
            0 => Box::new(Kind::<0>::of(number)),
            1 => Box::new(Kind::<1>::of(number)),
            2 => Box::new(Kind::<2>::of(number)),
            _ => Box::new(Kind::<3>::of(number)),
        }
    }));
    let start = Instant::now();
    drop(objects);
    start.elapsed()
}

pub(crate) fn print(effort: Effort) {
    let pair = |vec, ours| [Subject { name: VEC, run: vec }, Subject { name: OURS, run: ours }];
    let subjects = pair(vec::<String>, ours::<String>);
    let time = |subjects: &[Subject]| subject::time(subjects, effort.long_rounds(), 1, effort.many);
    let times = [
        ("String", time(&subjects)),
        ("24 B in a run", time(&pair(vec::<Kind<0>>, ours::<Kind<0>>))),
        ("24 B of 4 types in turn", time(&pair(vec_mixed, ours_mixed))),
    ];
    let title = format!("`destroy`: the end of {} objects with a destructor", effort.many);
    subject::print(&title, &subjects, &times);
    println!("In the last column the vector holds `Box<dyn …>`.");
    let ratio = subject::ratio(&subjects, &times[0].1, VEC, OURS);
    Target::AtLeast(SPEED_MIN).judge("String: speed / a Vec's", ratio);
    for (name, rounds) in &times[1..] {
        let nanoseconds = subject::place(&subjects, OURS).map(|ours| rounds.median(ours));
        Target::AtMost(TIME_MAX).judge(&format!("{name}: ns an object"), nanoseconds);
    }
}
