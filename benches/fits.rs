//! What the six fits cost in time and in memory, on the same operation scripts.
//!
//! Time is that of the whole script, in rounds of rotated order. Memory is the peak of the heap
//! divided by the peak of the bytes asked for; the heap grows in steps of 4 KiB, so that its peak
//! shows the fit and not the step. External fragmentation (1 − largest free block /
//! all free bytes) is sampled 200 times along a run that is not timed.
//!
//! ```text
//! fits [--quick]
//! ```

use core::{alloc::Layout, ptr::NonNull};
use std::time::Instant;

use heapwright_benches::{
    arena::Arena,
    measure::Rounds,
    script::{self, Operation, Script},
    table,
};
use heapwright_block::{
    BlockHeap, Config,
    fit::{BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit},
};
use heapwright_break::FixedBreak;

const ARENA_BYTES: usize = 256 << 20;
const SAMPLE_COUNT: usize = 200;

/// One fit, its type erased.
struct Subject {
    name: &'static str,
    seconds: fn(&Script, &mut Arena) -> f64,
    space: fn(&Script, &mut Arena) -> Space,
}

/// The first is the reference of the ratios.
const SUBJECTS: [Subject; 6] = [
    subject::<GoodFit>("good"),
    subject::<FirstFit>("first"),
    subject::<SecondFit>("second"),
    subject::<NextFit>("next"),
    subject::<BestFit>("best"),
    subject::<WorstFit>("worst"),
];

const fn subject<F: Fit>(name: &'static str) -> Subject {
    Subject { name, seconds: seconds::<F>, space: space::<F> }
}

/// What one run of a script needed.
struct Space {
    heap_bytes_peak: usize,
    external_mean: f64,
    external_max: f64,
}

fn main() -> Result<(), lexopt::Error> {
    let (mut scale, mut round_count) = (100, 7);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            lexopt::Arg::Long("bench") => {}
            lexopt::Arg::Long("quick") => (scale, round_count) = (20, 3),
            _ => return Err(argument.unexpected()),
        }
    }
    let mut arena = Arena::touched(ARENA_BYTES);
    for script in script::all(scale) {
        script_table(&script, round_count, &mut arena);
    }
    Ok(())
}

fn script_table(script: &Script, round_count: usize, arena: &mut Arena) {
    eprintln!("{} ...", script.name);
    let rounds = Rounds::run(SUBJECTS.len(), round_count, |subject, _| {
        (SUBJECTS[subject].seconds)(script, arena)
    });
    let operation_count = script.operations.len();
    let mut rows = Vec::new();
    for (index, subject) in SUBJECTS.iter().enumerate() {
        let space = (subject.space)(script, arena);
        let peak = space.heap_bytes_peak as f64;
        rows.push(vec![
            subject.name.to_owned(),
            format!("{:.1}", rounds.median(index) * 1e9 / operation_count as f64),
            format!("{:.2}", rounds.ratio(index, 0)),
            format!("{:.0}", peak / 1024.0),
            format!("{:.3}", peak / script.live_bytes_peak as f64),
            format!("{:.3}", space.external_mean),
            format!("{:.3}", space.external_max),
        ]);
    }
    let title = format!(
        "Script `{}`: {operation_count} operations, at most {} KiB asked for at once",
        script.name,
        script.live_bytes_peak >> 10,
    );
    let header = [
        "fit",
        "ns/operation",
        "time / good",
        "peak KiB",
        "peak / asked",
        "external mean",
        "external max",
    ];
    table::print(&title, &header, rows);
}

/// A heap and the blocks that a script holds in it.
struct Run<'a, F: Fit> {
    heap: BlockHeap<FixedBreak<'a>, F>,
    slots: Vec<(NonNull<u8>, usize)>,
}

impl<'a, F: Fit> Run<'a, F> {
    fn new(script: &Script, arena: &'a mut Arena) -> Self {
        let source = FixedBreak::new(arena.memory()).expect("the arena is aligned");
        let config = Config { grow_bytes_min: 4096, ..Config::new() };
        let slots = vec![(NonNull::dangling(), 0); script.slot_count];
        Self { heap: BlockHeap::with_config(source, config), slots }
    }

    fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Allocate { slot, size } => {
                let block = self.heap.allocate(layout(size)).expect("the arena is large enough");
                self.slots[slot] = (block.cast(), size);
            }
            Operation::Resize { slot, size } => {
                let (payload, size_before) = self.slots[slot];
                // SAFETY: a script resizes only what it holds, and the slot records the layout.
                let block = unsafe { self.heap.resize(payload, layout(size_before), layout(size)) };
                self.slots[slot] = (block.expect("the arena is large enough").cast(), size);
            }
            Operation::Deallocate { slot } => {
                let (payload, size) = self.slots[slot];
                // SAFETY: a script frees only what it holds, and the slot records the layout.
                unsafe { self.heap.deallocate(payload, layout(size)) }
            }
        }
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("scripts ask for small sizes")
}

fn seconds<F: Fit>(script: &Script, arena: &mut Arena) -> f64 {
    let mut run = Run::<F>::new(script, arena);
    let start = Instant::now();
    for &operation in &script.operations {
        run.apply(operation);
    }
    start.elapsed().as_secs_f64()
}

fn space<F: Fit>(script: &Script, arena: &mut Arena) -> Space {
    let mut run = Run::<F>::new(script, arena);
    let mut samples = Vec::with_capacity(SAMPLE_COUNT + 1);
    for piece in script.operations.chunks(script.operations.len().div_ceil(SAMPLE_COUNT)) {
        for &operation in piece {
            run.apply(operation);
        }
        samples.push(run.heap.fragmentation().external);
    }
    run.heap.verify().expect("the heap keeps its invariants");
    Space {
        heap_bytes_peak: run.heap.stats().heap_bytes_peak,
        external_mean: samples.iter().sum::<f64>() / samples.len() as f64,
        external_max: samples.iter().copied().fold(0.0, f64::max),
    }
}
