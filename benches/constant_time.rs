//! Whether a request costs the same with a thousand free blocks as with a million.
//!
//! A step frees the oldest of N/16 blocks and takes a new one, in a heap that holds N free blocks
//! which cannot join, because small blocks in use stand between them. So many are held that the
//! blocks of a large heap have left the caches when they are freed. Two heaps are tried:
//!
//! - `spread`: free blocks and requests of 16 B to 4 KiB, each doubling as frequent as the next;
//! - `near miss`: every free block is a little smaller than every request, yet lies in the same
//!   bin, so that a search that looks through a bin would look at all of them.
//!
//! Instructions are counted by running this program under callgrind with few and with many
//! steps; the driver's own are subtracted. Without valgrind that table is skipped.
//!
//! ```text
//! constant_time [--quick]
//! constant_time --count NAME --heap spread|near-miss --free N --steps N     one pass
//! ```

use core::alloc::{GlobalAlloc, Layout};
use std::{collections::VecDeque, time::Instant};

use fastrand::Rng;
use heapwright_benches::{
    allocators::{self, ArenaAllocator, DRIVER, HEAPWRIGHT},
    arena::Arena,
    callgrind::{self, Unavailable},
    measure::Rounds,
    table,
};

/// Free blocks for each block that is held and changes.
const FREE_PER_HELD: usize = 16;
/// The sizes of requests repeat after so many.
const PERIOD: usize = 4096;
/// The promise: instructions with 10⁶ free blocks, divided by those with 10³.
const GROWTH_MAX: f64 = 1.2;

/// What the free blocks look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Spread,
    NearMiss,
}

impl Pattern {
    const ALL: [Self; 2] = [Self::Spread, Self::NearMiss];

    fn name(self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::NearMiss => "near-miss",
        }
    }

    /// The payload of a free block.
    fn free_size(self, rng: &mut Rng) -> usize {
        match self {
            Self::Spread => spread_size(rng),
            Self::NearMiss => 1016,
        }
    }

    /// The payload of a request.
    fn request_size(self, rng: &mut Rng) -> usize {
        match self {
            Self::Spread => spread_size(rng),
            Self::NearMiss => rng.usize(1025..=1064),
        }
    }

    /// Enough for the free blocks, the blocks between them and what is held.
    fn arena_bytes(self, free_count: usize) -> usize {
        (1 << 20) + free_count * 1300
    }
}

fn spread_size(rng: &mut Rng) -> usize {
    let octave = rng.u32(4..12);
    (1 << octave) + rng.usize(0..1 << octave)
}

/// A heap with free blocks, and blocks in use that change.
struct Subject<'a> {
    allocator: &'a dyn GlobalAlloc,
    requests: Vec<Layout>,
    held: VecDeque<(*mut u8, Layout)>,
    next: usize,
}

impl<'a> Subject<'a> {
    fn new(allocator: &'a dyn GlobalAlloc, pattern: Pattern, free_count: usize) -> Self {
        let mut rng = Rng::with_seed(0x66_72_65_65);
        let mut blocks: Vec<_> = (0..free_count)
            .map(|_| {
                let block = take(allocator, layout(pattern.free_size(&mut rng)));
                // It stays in use and keeps its neighbours apart.
                take(allocator, layout(8));
                block
            })
            .collect();
        rng.shuffle(&mut blocks);
        for (payload, layout) in blocks {
            // SAFETY: the block is live and of this layout.
            unsafe { allocator.dealloc(payload, layout) }
        }
        let requests: Vec<_> =
            (0..PERIOD).map(|_| layout(pattern.request_size(&mut rng))).collect();
        let next = free_count / FREE_PER_HELD;
        let held = requests.iter().cycle().take(next).map(|&it| take(allocator, it)).collect();
        Self { allocator, requests, held, next }
    }

    fn step(&mut self) {
        if let Some((payload, layout)) = self.held.pop_front() {
            // SAFETY: the block is live and of this layout.
            unsafe { self.allocator.dealloc(payload, layout) }
        }
        self.held.push_back(take(self.allocator, self.requests[self.next % PERIOD]));
        self.next += 1;
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("sizes are small")
}

fn take(allocator: &dyn GlobalAlloc, layout: Layout) -> (*mut u8, Layout) {
    // SAFETY: no size here is zero.
    let payload = unsafe { allocator.alloc(layout) };
    assert!(!payload.is_null(), "the arena is large enough");
    (payload, layout)
}

/// The arguments of a counted child.
struct Pass {
    allocator: ArenaAllocator,
    pattern: Pattern,
    free_count: usize,
    step_count: u64,
}

fn main() -> Result<(), lexopt::Error> {
    use lexopt::prelude::*;

    let mut free_counts = vec![1000, 10_000, 100_000, 1_000_000];
    let (mut counted, mut step_count) = (None, 20_000);
    let mut pass =
        Pass { allocator: DRIVER, pattern: Pattern::Spread, free_count: 1000, step_count: 1 };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("bench") => {}
            Long("quick") => (free_counts, step_count) = (vec![1000, 100_000], 5000),
            Long("count") => {
                let name = parser.value()?.string()?;
                counted = allocators::by_name(&name);
                pass.allocator = counted.ok_or_else(|| format!("no allocator named {name}"))?;
            }
            Long("heap") => {
                let name = parser.value()?.string()?;
                let found = Pattern::ALL.into_iter().find(|pattern| pattern.name() == name);
                pass.pattern = found.ok_or_else(|| format!("no heap named {name}"))?;
            }
            Long("free") => pass.free_count = parser.value()?.parse()?,
            Long("steps") => pass.step_count = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    if counted.is_some() {
        run_pass(&pass);
        return Ok(());
    }
    for pattern in Pattern::ALL {
        if let Err(unavailable) = instruction_table(pattern, &free_counts, step_count) {
            println!("{unavailable}");
        }
        time_table(pattern, &free_counts);
    }
    Ok(())
}

fn run_pass(pass: &Pass) {
    let mut arena = Arena::new(pass.pattern.arena_bytes(pass.free_count));
    let allocator = (pass.allocator.make)(arena.memory());
    let mut subject = Subject::new(&*allocator, pass.pattern, pass.free_count);
    for _ in 0..pass.step_count {
        subject.step();
    }
}

/// Ours, and rlsf where the peers are built in: the other one that promises constant time.
fn subjects() -> Vec<ArenaAllocator> {
    [Some(HEAPWRIGHT), allocators::by_name("rlsf")].into_iter().flatten().collect()
}

/// Instructions of one step, the driver's own included.
fn instructions(
    allocator: &ArenaAllocator,
    pattern: Pattern,
    free_count: usize,
    step_count: u64,
) -> Result<f64, Unavailable> {
    callgrind::instructions_per_step(step_count, |steps| {
        let (free, steps) = (free_count.to_string(), steps.to_string());
        let words = ["--count", allocator.name, "--heap", pattern.name(), "--free", &free];
        words.into_iter().chain(["--steps", &steps]).map(str::to_owned).collect()
    })
}

fn instruction_table(
    pattern: Pattern,
    free_counts: &[usize],
    step_count: u64,
) -> Result<(), Unavailable> {
    // The driver's loop does not depend on the heap.
    let driver = instructions(&DRIVER, pattern, free_counts[0], step_count)?;
    let mut rows = Vec::new();
    let mut verdict = String::new();
    for allocator in subjects() {
        eprintln!("{}, {}: counting ...", pattern.name(), allocator.name);
        let mut figures = Vec::new();
        for &free_count in free_counts {
            let gross = instructions(&allocator, pattern, free_count, step_count)?;
            figures.push(gross - driver);
        }
        let growth = figures[figures.len() - 1] / figures[0];
        if allocator.name == HEAPWRIGHT.name {
            let word = if growth <= GROWTH_MAX { "kept" } else { "BROKEN" };
            verdict = format!("{}: at most {GROWTH_MAX} is {word}", allocator.name);
        }
        let cells = figures.iter().map(|figure| format!("{figure:.1}"));
        let mut row = vec![allocator.name.to_owned()];
        row.extend(cells.chain([format!("{growth:.3}")]));
        rows.push(row);
    }
    let title = format!("Heap `{}`: instructions of one free and one allocation", pattern.name());
    print_table(&title, free_counts, rows);
    println!("\n{verdict}");
    Ok(())
}

fn time_table(pattern: Pattern, free_counts: &[usize]) {
    const STEPS: u32 = 100_000;
    let allocators = subjects();
    let mut rows: Vec<_> = allocators.iter().map(|it| vec![it.name.to_owned()]).collect();
    let mut first = Vec::new();
    for &free_count in free_counts {
        eprintln!("{}, {free_count} free: timing ...", pattern.name());
        let mut arenas: Vec<_> =
            allocators.iter().map(|_| Arena::new(pattern.arena_bytes(free_count))).collect();
        let made: Vec<_> = allocators
            .iter()
            .zip(&mut arenas)
            .map(|(allocator, arena)| (allocator.make)(arena.memory()))
            .collect();
        let mut subjects: Vec<_> =
            made.iter().map(|boxed| Subject::new(&**boxed, pattern, free_count)).collect();
        let rounds = Rounds::run(subjects.len(), 7, |index, _| {
            let start = Instant::now();
            for _ in 0..STEPS {
                subjects[index].step();
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(STEPS)
        });
        for (index, row) in rows.iter_mut().enumerate() {
            let median = rounds.median(index);
            first.push(median);
            row.push(format!("{median:.1}"));
            if row.len() == free_counts.len() + 1 {
                row.push(format!("{:.2}", median / first[index]));
            }
        }
    }
    let title =
        format!("Heap `{}`: ns of one free and one allocation, driver incl.", pattern.name());
    print_table(&title, free_counts, rows);
}

fn print_table(title: &str, free_counts: &[usize], rows: Vec<Vec<String>>) {
    let counts: Vec<_> = free_counts.iter().map(|count| format!("{count} free")).collect();
    let mut header = vec!["allocator"];
    header.extend(counts.iter().map(String::as_str));
    header.push("last / first");
    table::print(title, &header, rows);
}
