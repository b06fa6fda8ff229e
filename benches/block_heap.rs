//! What single requests cost in a block heap, for each fit.
//!
//! The heap holds 500 blocks in use and 500 free ones of 16 to 512 bytes, scattered, so that a
//! search has something to look through.
//!
//! ```text
//! block_heap [--quick] and criterion's other options
//! ```

use core::{alloc::Layout, hint::black_box, ptr::NonNull, time::Duration};
use std::time::Instant;

use criterion::Criterion;
use fastrand::Rng;
use heapwright_benches::{arena::Arena, recorder::Recorder};
use heapwright_block::{
    BlockHeap,
    fit::{BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit},
};
use heapwright_break::FixedBreak;

const COLUMNS: [&str; 6] = ["good", "first", "second", "next", "best", "worst"];
/// Blocks taken before the first is freed, in the LIFO and FIFO rows.
const BATCH: usize = 64;

/// What is repeated in one row of the table.
#[derive(Debug, Clone, Copy)]
enum Case {
    Pair { size: usize, align: usize },
    LastFirst,
    FirstFirst,
    Resize,
}

const CASES: [Case; 9] = [
    Case::Pair { size: 16, align: 16 },
    Case::Pair { size: 64, align: 16 },
    Case::Pair { size: 256, align: 16 },
    Case::Pair { size: 1024, align: 16 },
    Case::Pair { size: 16 << 10, align: 16 },
    Case::Pair { size: 4096, align: 4096 },
    Case::LastFirst,
    Case::FirstFirst,
    Case::Resize,
];

impl Case {
    fn name(self) -> String {
        match self {
            Self::Pair { size, align } => format!("pair of {size} B at {align}"),
            Self::LastFirst => format!("{BATCH} of 64 B, LIFO"),
            Self::FirstFirst => format!("{BATCH} of 64 B, FIFO"),
            Self::Resize => "resize 2 KiB to 1 KiB and back".to_owned(),
        }
    }

    /// Iterations that one run stands for.
    fn iteration_count(self) -> u64 {
        match self {
            Self::LastFirst | Self::FirstFirst => BATCH as u64,
            Self::Pair { .. } | Self::Resize => 1,
        }
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let recorder = Recorder::new(&COLUMNS);
    let mut arena = Arena::touched(64 << 20);

    let mut bench = Bench { criterion: &mut criterion, recorder: &recorder, arena: &mut arena };
    // All fits of a row one after the other: the machine changes from minute to minute.
    for case in CASES {
        bench.run::<GoodFit>(case, "good");
        bench.run::<FirstFit>(case, "first");
        bench.run::<SecondFit>(case, "second");
        bench.run::<NextFit>(case, "next");
        bench.run::<BestFit>(case, "best");
        bench.run::<WorstFit>(case, "worst");
    }
    criterion.final_summary();
    recorder.print("One allocation with its deallocation, or one resize down and up");
}

struct Bench<'a> {
    criterion: &'a mut Criterion,
    recorder: &'a Recorder,
    arena: &'a mut Arena,
}

impl Bench<'_> {
    fn run<F: Fit>(&mut self, case: Case, column: &str) {
        let source = FixedBreak::new(self.arena.memory()).expect("the arena is aligned");
        let mut heap = Heap::<F>::new(source);
        scatter(&mut heap);
        let mut kept = take(&mut heap, layout(2 << 10, 16));
        let mut held = [NonNull::dangling(); BATCH];
        let name = case.name();
        self.criterion.bench_function(&format!("{name}/{column}"), |bencher| {
            bencher.iter_custom(|count| {
                let run_count = count.div_ceil(case.iteration_count());
                let start = Instant::now();
                for _ in 0..run_count {
                    match case {
                        Case::Pair { size, align } => pair(&mut heap, layout(size, align)),
                        Case::LastFirst => batch(&mut heap, &mut held, <[_]>::reverse),
                        Case::FirstFirst => batch(&mut heap, &mut held, |_| ()),
                        Case::Resize => resize(&mut heap, &mut kept),
                    }
                }
                let done = run_count * case.iteration_count();
                let elapsed = self.recorder.record(&name, column, done, start.elapsed());
                elapsed.mul_f64(count as f64 / done as f64)
            });
        });
    }
}

type Heap<'a, F> = BlockHeap<FixedBreak<'a>, F>;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("sizes are small")
}

fn take<F: Fit>(heap: &mut Heap<'_, F>, layout: Layout) -> NonNull<u8> {
    heap.allocate(layout).expect("the arena is large enough").cast()
}

fn scatter<F: Fit>(heap: &mut Heap<'_, F>) {
    let mut rng = Rng::with_seed(0x73_63_61_74);
    let mut blocks: Vec<_> = (0..1000)
        .map(|_| {
            let layout = layout(rng.usize(16..=512), 16);
            (take(heap, layout), layout)
        })
        .collect();
    rng.shuffle(&mut blocks);
    for (payload, layout) in blocks.split_off(500) {
        // SAFETY: the block is live and of this layout.
        unsafe { heap.deallocate(payload, layout) }
    }
}

fn pair<F: Fit>(heap: &mut Heap<'_, F>, layout: Layout) {
    let payload = black_box(take(heap, layout));
    // SAFETY: the block is live and of this layout.
    unsafe { heap.deallocate(payload, layout) }
}

fn batch<F: Fit>(
    heap: &mut Heap<'_, F>,
    held: &mut [NonNull<u8>; BATCH],
    order: impl Fn(&mut [NonNull<u8>]),
) {
    let layout = layout(64, 16);
    for payload in held.iter_mut() {
        *payload = take(heap, layout);
    }
    order(held);
    for &payload in &*held {
        // SAFETY: the block is live and of this layout.
        unsafe { heap.deallocate(payload, layout) }
    }
}

/// A kept block gives its upper half away and takes it back: nobody took it in between.
fn resize<F: Fit>(heap: &mut Heap<'_, F>, kept: &mut NonNull<u8>) {
    let (small, large) = (layout(1 << 10, 16), layout(2 << 10, 16));
    // SAFETY: the block is live and of this layout.
    let shrunk = unsafe { heap.resize(*kept, large, small) };
    let shrunk = shrunk.expect("a block can always shrink").cast();
    // SAFETY: the block is live and of this layout.
    let grown = unsafe { heap.resize(shrunk, small, large) };
    *kept = grown.expect("the arena is large enough").cast();
}
