//! Seeded scripts as tests: run, and on failure minimise, print, panic.
//!
//! `HEAPWRIGHT_STEPS` sets the length of the scripts and `HEAPWRIGHT_SEED` runs one seed alone,
//! the one that a failure printed.

use core::ops::Range;
use core::panic::AssertUnwindSafe;
use std::env;
use std::panic::catch_unwind;

use super::{Failure, Fault, Operation, Profile, Tally, generate, minimise, run};
use crate::panic_message::panic_message;
use crate::subject::Subject;

/// Steps of a script where the environment says nothing.
const STEPS_DEFAULT: usize = 500;

/// The length of scripts: `HEAPWRIGHT_STEPS`, or 500.
///
/// # Panics
///
/// Where `HEAPWRIGHT_STEPS` is set and no number.
#[must_use]
pub fn steps_from_environment() -> usize {
    from_environment("HEAPWRIGHT_STEPS").unwrap_or(STEPS_DEFAULT)
}

/// Takes fresh subjects through one script a profile and seed, each of
/// [`steps_from_environment`] steps, and returns what happened in all of them.
///
/// # Panics
///
/// When a subject fails: with the seed, the failure, and the shortest script that fails.
pub fn check_seeds<S: Subject>(
    profiles: &[Profile],
    seeds: Range<u64>,
    mut make: impl FnMut() -> S,
) -> Tally {
    let steps = steps_from_environment();
    let seeds = from_environment("HEAPWRIGHT_SEED").map_or(seeds, |seed| seed..seed + 1);
    let mut run_fresh = |script: &[Operation]| run_caught(&mut make, script);
    let mut tally = Tally::default();
    for seed in seeds {
        for &profile in profiles {
            let script = generate(profile, seed, steps);
            match run_fresh(&script) {
                Ok(passed) => tally = tally.and(passed),
                Err(failure) => report(profile, seed, &script, &failure, &mut run_fresh),
            }
        }
    }
    tally
}

/// Takes a fresh subject through `script`; a panic in it is a failure like any other.
///
/// # Errors
///
/// As [`run()`], and [`Fault::Panicked`].
pub fn run_caught<S: Subject>(
    make: impl FnOnce() -> S,
    script: &[Operation],
) -> Result<Tally, Failure> {
    // The subject is made and dropped inside, so nothing that a panic left half done is seen.
    let caught = catch_unwind(AssertUnwindSafe(|| run(&mut make(), script)));
    caught.unwrap_or_else(|panic| {
        let fault = Fault::Panicked(panic_message(&*panic).to_owned());
        Err(Failure { step: script.len(), operation: None, fault })
    })
}

#[cold]
fn report(
    profile: Profile,
    seed: u64,
    script: &[Operation],
    failure: &Failure,
    run_fresh: &mut dyn FnMut(&[Operation]) -> Result<Tally, Failure>,
) -> ! {
    let short = minimise(script, &mut |candidate| run_fresh(candidate).is_err());
    let shortest = match run_fresh(&short) {
        Err(failure) => failure.to_string(),
        Ok(_) => "does not fail again: the heap depends on more than the script".to_owned(),
    };
    panic!(
        "seed {seed} ({profile:?}, {} steps) failed at {failure}\n\
         repeat: HEAPWRIGHT_SEED={seed} HEAPWRIGHT_STEPS={}\n\
         shortest script, {} steps: {short:?}\n\
         which fails at {shortest}",
        script.len(),
        script.len(),
        short.len(),
    )
}

fn from_environment<T: core::str::FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}
