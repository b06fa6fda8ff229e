//! Whether an object costs the same when there are many.
//!
//! The memory is there and was touched. What many objects cost more is what their memory costs, and
//! bumpalo's cost that too; instructions tell what the arena adds.

use core::hint::black_box;
use core::time::Duration;

use bumpalo::Bump;
use heapwright_arena::Arena;
use heapwright_benches::callgrind::{self, Unavailable};
use heapwright_benches::table;
use heapwright_new::value;

use crate::alloc::refill;
use crate::objects::{Guard, Numbered};
use crate::subject::{self, BUMPALO, Effort, Subject, Target, timed};

/// The most that a cost grows from the fewest objects to the most.
const GROWTH_MAX: f64 = 1.05;
/// Objects in a round, so that those of few have many passes.
const ROUND: usize = 1_000_000;

type Small = [usize; 2];
type Guarded = Guard<0, 2>;

fn fill(arena: &mut Arena<'_>, count: usize) {
    for number in 0..count {
        black_box(arena.create(value(Guarded::of(number))).is_ok());
    }
}

/// Created and destroyed, in memory that was used before.
#[inline(never)]
fn create(passes: usize, count: usize) -> Duration {
    let capacity = count * size_of::<Guarded>() + 64;
    let mut arena = Arena::with_capacity(capacity).expect("memory for a benchmark");
    let work = |arena: &mut Arena<'_>| {
        fill(arena, count);
        arena.reset();
    };
    work(&mut arena);
    timed(passes, &mut arena, work, |_| ())
}

const ALLOC: &str = "heapwright, alloc";
const CREATE: &str = "heapwright, create to end";

const SUBJECTS: [Subject; 3] = [
    Subject { name: BUMPALO, run: refill::<Small, Bump> },
    Subject { name: ALLOC, run: refill::<Small, Arena<'_>> },
    Subject { name: CREATE, run: create },
];

pub(crate) fn print(effort: Effort) {
    let counts = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    let counts = &counts[..if effort.many < 1_000_000 { 3 } else { 5 }];
    let names: Vec<_> = counts.iter().map(ToString::to_string).collect();
    let time = |&count: &usize| {
        // Those of a million and more take long enough for their few rounds to be alike.
        let rounds = if count < ROUND { effort.rounds } else { effort.long_rounds() };
        subject::time(&SUBJECTS, rounds, ROUND.div_ceil(count), count)
    };
    let times: Vec<_> = names.iter().map(String::as_str).zip(counts.iter().map(time)).collect();
    subject::print("`growth`: an object of 16 B, by how many there are", &SUBJECTS, &times);
    for name in [ALLOC, CREATE] {
        let ratios = times.iter().filter_map(|(count, rounds)| {
            let ratio = subject::ratio(&SUBJECTS, rounds, name, BUMPALO)?;
            Some(format!("{ratio:.2} ({count})"))
        });
        println!("- {name} / {BUMPALO}: {}", ratios.collect::<Vec<_>>().join(", "));
    }
    if let Err(unavailable) = print_instructions() {
        println!("{unavailable}");
    }
}

/// A pass over `create/FEW` objects, again and again until there were `step_count` passes.
pub(crate) fn count(case: &str, step_count: usize) -> bool {
    let Some(count) = case.strip_prefix("create/").and_then(|count| count.parse().ok()) else {
        return false;
    };
    create(step_count, count);
    true
}

fn print_instructions() -> Result<(), Unavailable> {
    const COUNTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
    let mut figures = Vec::new();
    for count in COUNTS {
        let passes = (COUNTS[3] / count) as u64;
        let pass = callgrind::instructions_per_step(passes, |steps| {
            let case = format!("create/{count}");
            ["--count".to_owned(), case, "--steps".to_owned(), steps.to_string()].into()
        })?;
        figures.push(pass / count as f64);
    }
    let names = COUNTS.map(|count| count.to_string());
    let header: Vec<_> =
        ["instructions"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let cells = figures.iter().map(|figure| format!("{figure:.2}"));
    let row = [CREATE.to_owned()].into_iter().chain(cells).collect();
    table::print("`growth`: instructions an object, created and destroyed", &header, vec![row]);
    println!();
    let growth = figures[figures.len() - 1] / figures[0];
    Target::AtMost(GROWTH_MAX).judge("instructions, most / fewest objects", Some(growth));
    Ok(())
}
