//! Contenders, how they are timed in turns, and what was promised of ours.

use core::time::Duration;
use std::time::Instant;

use heapwright_benches::measure::Rounds;
use heapwright_benches::table;

/// Our row of each table.
pub(crate) const OURS: &str = "heapwright";
/// The arena under ours.
pub(crate) const BUMPALO: &str = "bumpalo";

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Passes in a round, where a pass is short.
    pub(crate) passes: usize,
    /// The objects of the sections that have many.
    pub(crate) many: usize,
}

impl Effort {
    pub(crate) const FULL: Self = Self { rounds: 31, passes: 300, many: 1_000_000 };
    pub(crate) const QUICK: Self = Self { rounds: 7, passes: 50, many: 100_000 };

    /// The rounds of a section whose passes are long.
    pub(crate) const fn long_rounds(self) -> usize {
        self.rounds.div_ceil(3)
    }
}

/// One contender: so many passes over so many objects take so long.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) run: fn(passes: usize, count: usize) -> Duration,
}

/// Nanoseconds an object, of each subject, in rounds.
pub(crate) fn time(subjects: &[Subject], rounds: usize, passes: usize, count: usize) -> Rounds {
    // The first pass of each brings code and memory into the caches.
    for subject in subjects {
        (subject.run)(1, count);
    }
    Rounds::run(subjects.len(), rounds, |subject, _| {
        let elapsed = (subjects[subject].run)(passes, count);
        elapsed.as_secs_f64() * 1e9 / (passes * count) as f64
    })
}

/// The time of `work`, which is done so many times, with `between` after each, which is not timed.
pub(crate) fn timed<S>(
    passes: usize,
    state: &mut S,
    mut work: impl FnMut(&mut S),
    mut between: impl FnMut(&mut S),
) -> Duration {
    let mut elapsed = Duration::ZERO;
    for _ in 0..passes {
        let start = Instant::now();
        work(state);
        elapsed += start.elapsed();
        between(state);
    }
    elapsed
}

/// The subject of that name.
pub(crate) fn place(subjects: &[Subject], name: &str) -> Option<usize> {
    subjects.iter().position(|subject| subject.name == name)
}

/// One column of nanoseconds a case, one row a subject.
pub(crate) fn print(title: &str, subjects: &[Subject], cases: &[(&str, Rounds)]) {
    let header: Vec<_> = ["ns an object"].into_iter().chain(cases.iter().map(|it| it.0)).collect();
    let row = |(index, subject): (usize, &Subject)| {
        let cells = cases.iter().map(|(_, rounds)| format!("{:.2}", rounds.median(index)));
        [subject.name.to_owned()].into_iter().chain(cells).collect()
    };
    table::print(title, &header, subjects.iter().enumerate().map(row).collect());
    println!();
}

/// How a subject's time stands to another's in each round, by the median; none where one is absent.
pub(crate) fn ratio(
    subjects: &[Subject],
    rounds: &Rounds,
    name: &str,
    reference: &str,
) -> Option<f64> {
    Some(rounds.ratio(place(subjects, name)?, place(subjects, reference)?))
}

/// What was promised of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// Says whether it is met.
    pub(crate) fn judge(self, what: &str, figure: Option<f64>) {
        let Some(figure) = figure else {
            println!("- SKIPPED: {what}: needs `--peers`");
            return;
        };
        let (bound, is_met) = match self {
            Self::AtMost(bound) => (format!("at most {bound}"), figure <= bound),
            Self::AtLeast(bound) => (format!("at least {bound}"), figure >= bound),
        };
        let verdict = if is_met { "met" } else { "MISSED" };
        println!("- {what}: {figure:.3}, {bound} is {verdict}");
    }
}
