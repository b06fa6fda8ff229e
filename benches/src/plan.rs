//! Workloads: what one is, how much of it to do, by how many threads, and the line that tells.

use std::time::Instant;

use lexopt::prelude::*;

use crate::process;

/// One workload.
pub struct Workload {
    /// Its name on the command line and in tables.
    pub name: &'static str,
    /// What it behaves like, in one line.
    pub like: &'static str,
    /// Does the work and answers the checksum, which is the same on every allocator.
    pub run: fn(&Plan) -> u64,
}

impl Workload {
    /// Runs it and prints one line of `key=value` pairs; `malloc` says who served.
    pub fn report(&self, plan: &Plan, malloc: &str) {
        let start = Instant::now();
        let checksum = (self.run)(plan);
        tell(self.name, start.elapsed().as_secs_f64(), checksum, malloc);
    }
}

/// Prints the line of a workload; `seconds` is what it timed, `malloc` who served.
pub fn tell(name: &str, seconds: f64, checksum: u64, malloc: &str) {
    let peak_kib = process::peak_rss_kib();
    println!(
        "workload={name} seconds={seconds:.6} peak_rss_kib={peak_kib} checksum={checksum:016x} \
         malloc={malloc}"
    );
}

/// What a program of workloads does with its arguments: `list`, or a name and a [`Plan`].
///
/// # Errors
///
/// Arguments that name no workload, or no valid plan.
pub fn dispatch(
    all: &[Workload],
    name: &str,
    arguments: lexopt::Parser,
    malloc: &str,
) -> Result<(), lexopt::Error> {
    if name == "list" {
        all.iter().for_each(|workload| println!("{}\t{}", workload.name, workload.like));
        return Ok(());
    }
    let workload = all.iter().find(|workload| workload.name == name);
    let workload = workload.ok_or_else(|| format!("no workload `{name}`; `list` names them"))?;
    workload.report(&Plan::parse(arguments)?, malloc);
    Ok(())
}

/// The size of the work.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    scale: f64,
    /// The threads of those workloads that have some. The work is divided among them, so more
    /// threads never mean more work.
    pub threads: usize,
}

impl Plan {
    /// Reads `--scale X` and `--threads N`.
    ///
    /// # Errors
    ///
    /// Unknown options, and values out of range.
    pub fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut plan = Self { scale: 1.0, threads: default_threads() };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("scale") => plan.scale = arguments.value()?.parse()?,
                Long("threads") => plan.threads = arguments.value()?.parse()?,
                other => return Err(other.unexpected()),
            }
        }
        if !(plan.scale > 0.0 && plan.scale.is_finite()) {
            return Err("--scale needs a number above 0".into());
        }
        if !(1..=THREADS_MAX).contains(&plan.threads) {
            return Err(format!("--threads needs 1 to {THREADS_MAX}").into());
        }
        Ok(plan)
    }

    /// A plan of one thread and the same scale.
    #[must_use]
    pub const fn alone(self) -> Self {
        Self { threads: 1, ..self }
    }

    /// So many of what is done `at_scale_one` times; at least one.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "counts of work are far below 2⁵²")]
    #[expect(clippy::cast_sign_loss, reason = "both factors are positive")]
    pub fn scaled(&self, at_scale_one: usize) -> usize {
        ((at_scale_one as f64 * self.scale) as usize).max(1)
    }

    /// The part of `total` that thread `index` does; all parts together are `total`.
    #[must_use]
    pub const fn share(&self, total: usize, index: usize) -> usize {
        total * (index + 1) / self.threads - total * index / self.threads
    }
}

/// The most threads that `--threads` takes.
pub const THREADS_MAX: usize = 64;

/// One for each core, but at least two, so that blocks do cross threads, and at most eight.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(2, core::num::NonZero::get).clamp(2, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Plan, lexopt::Error> {
        Plan::parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn the_shares_of_all_threads_are_the_whole() {
        for threads in 1..20 {
            let plan = Plan { scale: 1.0, threads };
            let shares: Vec<_> = (0..threads).map(|index| plan.share(1000, index)).collect();
            assert_eq!(shares.iter().sum::<usize>(), 1000);
            let least = shares.iter().min().unwrap();
            assert!(shares.iter().all(|share| share - least <= 1), "{shares:?}");
        }
    }

    #[test]
    fn scale_shrinks_the_work_but_never_to_nothing() {
        let plan = parse(&["--scale", "0.25", "--threads", "3"]).unwrap();
        assert_eq!((plan.scaled(1000), plan.scaled(2), plan.threads), (250, 1, 3));
        assert!(parse(&["--scale", "0"]).is_err());
        assert!(parse(&["--threads", "0"]).is_err());
        assert!(parse(&["--threads", "65"]).is_err());
    }
}
