//! `workloads live`: what a free and a malloc cost among so many live objects.
//!
//! ```text
//!   live --objects N [--replacements R] [--touch]
//!
//!   allocate N ──▶ replace N at random ──▶ replace R at random, and time that
//!                  (neighbours in memory are no longer neighbours in age)
//! ```
//!
//! The time is the processor's in this one thread, so that other work on the machine counts less.
//!
//! With `--touch` the last objects are read and written where they lie, and nothing is freed or
//! allocated: what the caches cost by themselves, with this allocator's layout.

use core::mem::MaybeUninit;

use fastrand::Rng;
use heapwright_benches::{plan, process};
use lexopt::prelude::*;

use crate::{block::Block, mapped::Mapped};

struct Options {
    objects: usize,
    replacements: usize,
    act: fn(&mut Option<Block>, &mut Rng) -> u64,
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut options = Self { objects: 10_000, replacements: 4_000_000, act: replace };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("objects") => options.objects = arguments.value()?.parse()?,
                Long("replacements") => options.replacements = arguments.value()?.parse()?,
                Long("touch") => options.act = touch,
                other => return Err(other.unexpected()),
            }
        }
        if options.objects == 0 {
            return Err("--objects needs a number above 0".into());
        }
        Ok(options)
    }
}

/// Does the work and prints the line of a workload, whose seconds are those of the last step.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<(), lexopt::Error> {
    let options = Options::parse(arguments)?;
    let (seconds, checksum) = run(&options);
    plan::tell("live", seconds, checksum, &process::malloc_library());
    Ok(())
}

fn run(options: &Options) -> (f64, u64) {
    let mut rng = Rng::with_seed(0x6c69_7665);
    let mut held = Mapped::new(options.objects, |_| None);
    for place in held.iter_mut() {
        replace(place, &mut rng);
    }
    let mut act_often = |count: usize, act: fn(&mut Option<Block>, &mut Rng) -> u64| {
        (0..count).fold(0_u64, |sum, _| {
            sum.wrapping_add(act(&mut held[rng.usize(..options.objects)], &mut rng))
        })
    };
    let warmed_up = act_often(options.objects, replace);
    let start = processor_seconds();
    let measured = act_often(options.replacements, options.act);
    let seconds = processor_seconds() - start;
    let left = held.iter_mut().filter_map(Option::take);
    (seconds, left.fold(warmed_up ^ measured, |sum, block| sum.wrapping_add(block.free())))
}

#[inline]
fn replace(place: &mut Option<Block>, rng: &mut Rng) -> u64 {
    let tag = place.take().map_or(0, Block::free);
    *place = Some(Block::allocate(rng.usize(16..=128), rng.u64(..)));
    tag
}

#[inline]
fn touch(place: &mut Option<Block>, rng: &mut Rng) -> u64 {
    place.as_mut().map_or(0, |block| block.exchange_tag(rng.u64(..)))
}

/// What this thread has used of a processor so far.
fn processor_seconds() -> f64 {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: `time` is valid for a write.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, time.as_mut_ptr()) };
    assert!(failed == 0, "every thread has a clock");
    // SAFETY: written by the successful call.
    let time = unsafe { time.assume_init() };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_requests_alone() {
        for act in [replace, touch] {
            let options = Options { objects: 1000, replacements: 5000, act };
            let (_, first) = run(&options);
            assert_eq!(run(&options).1, first);
            let (_, fewer) = run(&Options { replacements: 4999, ..options });
            assert_ne!(fewer, first);
        }
    }
}
