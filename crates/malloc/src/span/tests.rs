//! Every fit on the spans of a region: what is taken is nobody else's, and comes back.

extern crate std;
use std::vec::Vec;

use super::*;
use crate::process_heap::ProcessHeap;
use crate::{BreakKind, Config};

const STEPS: u32 = 4000;

/// The next number of a fixed sequence (a linear congruential generator).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

fn a_count(state: &mut u64) -> u32 {
    u32::try_from(1 + next(state) % 40).unwrap()
}

fn ends_of(run: Run) -> core::ops::Range<u32> {
    run.first.number()..run.first.number() + run.count
}

#[test]
fn every_fit_keeps_spans_apart_and_whole() {
    for fit in AnyFit::ALL {
        let mut process = ProcessHeap::NOT_STARTED;
        let mut config = Config::new();
        config.fit = fit;
        process.start(config);
        assert_eq!((process.spans.fit(), process.break_kind()), (fit, BreakKind::Reserved));
        let mut held: Vec<Run> = Vec::new();
        let mut state = 7;
        for step in 0..STEPS {
            match next(&mut state) % 8 {
                0..3 => held.push(take(&mut process, &held, a_count(&mut state))),
                3 if !held.is_empty() => {
                    let index = usize::try_from(next(&mut state)).unwrap() % held.len();
                    let count = held[index].count + a_count(&mut state);
                    if process.spans.extend(held[index], count) {
                        held[index].count = count;
                        describe(&process, held[index]);
                    }
                }
                4 => {
                    process.spans.purge_down_to(a_count(&mut state));
                }
                _ if !held.is_empty() => {
                    let index = usize::try_from(next(&mut state)).unwrap() % held.len();
                    process.spans.give(held.swap_remove(index));
                }
                _ => {}
            }
            process.verify().unwrap_or_else(|found| panic!("{fit:?}, step {step}: {found}"));
        }
        for run in held {
            process.spans.give(run);
        }
        assert_eq!(process.spans.live(), 0);
        assert_eq!(process.spans.free_at_end() + 1, process.spans.region.end(), "{fit:?}");
    }
}

/// Takes a span, looks that it is nobody's, and makes it a block that a walk knows.
fn take(process: &mut ProcessHeap, held: &[Run], count: u32) -> Run {
    let span = process.spans.take(count).unwrap();
    assert_eq!(span.run.count, count);
    let ends = ends_of(span.run);
    for other in held {
        let others = ends_of(*other);
        assert!(ends.end <= others.start || others.end <= ends.start, "{span:?} in {other:?}");
    }
    let memory = process.spans.tables().memory(span.run.first, count);
    if span.is_zero {
        // SAFETY: the span is the test's, and new memory is initialised: zero.
        let bytes = unsafe { memory.as_ref() };
        assert!(bytes.iter().step_by(509).all(|byte| *byte == 0), "{span:?}");
    }
    // SAFETY: the span is the test's.
    unsafe { memory.cast::<u8>().write_bytes(0xa5, memory.len()) };
    describe(process, span.run);
    span.run
}

fn describe(process: &ProcessHeap, run: Run) {
    let line = process.spans.tables().line(run.first);
    line.length.set(run.count);
    line.bytes.store(1, core::sync::atomic::Ordering::Relaxed);
    line.set_kind(Kind::Large);
}
