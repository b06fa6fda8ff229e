//! What it costs to move each break, to touch new memory for the first time, and to give it back.
//!
//! - `move`: up and down again, nothing touched
//! - `touch`: up, one byte written in each page, down
//! - `discard`: one byte written in each page, then the pages given back with their addresses kept
//!
//! `FixedBreak` has no system behind it: it writes the zeros itself, which is its whole cost.
//!
//! ```text
//! breaks [--quick] and criterion's other options
//! ```

use core::{ptr::NonNull, time::Duration};
use std::time::Instant;

use criterion::Criterion;
use heapwright_benches::{arena::Arena, recorder::Recorder};
use heapwright_break::{Break, BreakError, FixedBreak, ProgramBreak, ReservedBreak};

const STEPS: [(&str, usize); 3] = [("4 KiB", 4 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];
const CAPACITY: usize = 1 << 30;
/// What the kernel gives at a time here.
const PAGE: usize = 4096;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let recorder = Recorder::new(&["ReservedBreak", "ProgramBreak", "FixedBreak"]);
    let mut arena = Arena::touched(8 << 20);

    let mut reserved = ReservedBreak::new(CAPACITY);
    // SAFETY: this program has one thread, so nobody moves the break at the same time.
    let mut program = unsafe { ProgramBreak::new() };
    let mut fixed = FixedBreak::new(arena.memory()).expect("the arena is aligned");

    let mut bench = Bench { criterion: &mut criterion, recorder: &recorder };
    // All breaks of a row one after the other: the machine changes from minute to minute.
    for step in STEPS {
        bench.step("ReservedBreak", &mut reserved, step);
        bench.step("ProgramBreak", &mut program, step);
        bench.step("FixedBreak", &mut fixed, step);
    }
    criterion.final_summary();
    recorder.print("One step up and down, or one discard");
}

struct Bench<'a> {
    criterion: &'a mut Criterion,
    recorder: &'a Recorder,
}

impl Bench<'_> {
    fn step(&mut self, name: &str, source: &mut impl Break, (step, bytes): (&str, usize)) {
        self.run(&format!("move {step}"), name, &mut || {
            grow(source, bytes);
            shrink(source, bytes).expect("nobody moved the break");
        });
        self.run(&format!("touch {step}"), name, &mut || {
            touch(grow(source, bytes));
            shrink(source, bytes).expect("nobody moved the break");
        });
        let memory = grow(source, bytes);
        self.run(&format!("discard {step}"), name, &mut || {
            touch(memory);
            // SAFETY: whole pages that `grow` returned just now, and that only `touch` uses.
            unsafe { source.discard(memory) }
        });
        // Criterion's own memory may lie above by now: then the step stays ours.
        if let Err(error) = shrink(source, bytes) {
            eprintln!("{name}: {step} not given back: {error}");
        }
    }

    fn run(&mut self, row: &str, column: &str, work: &mut dyn FnMut()) {
        self.criterion.bench_function(&format!("{row}/{column}"), |bencher| {
            bencher.iter_custom(|count| {
                let start = Instant::now();
                for _ in 0..count {
                    work();
                }
                self.recorder.record(row, column, count, start.elapsed())
            });
        });
    }
}

fn grow(source: &mut impl Break, bytes: usize) -> NonNull<[u8]> {
    source.grow(bytes).expect("the system has memory").memory
}

fn shrink(source: &mut impl Break, bytes: usize) -> Result<(), BreakError> {
    // SAFETY: nothing uses the memory that `grow` returned for the same `bytes` before.
    unsafe { source.shrink(bytes) }
}

fn touch(memory: NonNull<[u8]>) {
    for offset in (0..memory.len()).step_by(PAGE) {
        // SAFETY: the offset lies inside the memory.
        let page = unsafe { memory.cast::<u8>().add(offset) };
        // SAFETY: the memory is ours to write; volatile, or the write would be left out.
        unsafe { page.write_volatile(1) }
    }
}
