//! How much of an arena holds requested bytes when the first request fails: talc's workload.
//!
//! Of ten actions five allocate (sizes below 10 000), one deallocates, four resize (below
//! 100 000), until the allocator refuses; then the requested bytes still held are divided by the
//! arena's size, everything is freed, and the next filling begins in the same heap.
//!
//! ```text
//! heap_efficiency [--quick]
//! ```

use core::alloc::GlobalAlloc;
use std::time::Instant;

use heapwright_benches::{allocators, arena::Arena, measure::median, player::Player, table};

const ARENA_BYTES: usize = 128 << 20;
const SIZE_MAX: usize = 10_000;
const RESIZE_MAX: usize = 100_000;
const SEED: u64 = 0x66_69_6c_6c;

fn main() -> Result<(), lexopt::Error> {
    let mut filling_count = 300;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            lexopt::Arg::Long("bench") => {}
            lexopt::Arg::Long("quick") => filling_count = 10,
            _ => return Err(argument.unexpected()),
        }
    }
    efficiency_table(filling_count);
    Ok(())
}

/// Acts until the first request that is refused.
fn fill(player: &mut Player<'_>) {
    loop {
        let served = match player.roll(10) {
            0..=4 => player.allocate(SIZE_MAX),
            5 => {
                player.deallocate();
                true
            }
            _ => player.reallocate(RESIZE_MAX),
        };
        if !served {
            return;
        }
    }
}

/// The percentage of the arena in use at the end of each filling.
fn percentages(allocator: &dyn GlobalAlloc, filling_count: usize) -> Vec<f64> {
    let mut player = Player::new(allocator, SEED);
    let mut percentages = Vec::with_capacity(filling_count);
    for _ in 0..filling_count {
        fill(&mut player);
        percentages.push(player.held_bytes() as f64 / ARENA_BYTES as f64 * 100.0);
        player.clear();
    }
    percentages
}

fn efficiency_table(filling_count: usize) {
    let mut arena = Arena::touched(ARENA_BYTES);
    let mut rows = Vec::new();
    for allocator in allocators::all() {
        eprintln!("{} ...", allocator.name);
        let start = Instant::now();
        let boxed = (allocator.make)(arena.memory());
        let percentages = percentages(&*boxed, filling_count);
        let mean = percentages.iter().sum::<f64>() / percentages.len() as f64;
        let least = percentages.iter().copied().fold(f64::INFINITY, f64::min);
        rows.push(vec![
            allocator.name.to_owned(),
            format!("{mean:.2}"),
            format!("{:.2}", median(percentages)),
            format!("{least:.2}"),
            format!("{:.1}", start.elapsed().as_secs_f64()),
        ]);
    }
    let title =
        format!("Percent of a {} MiB arena in use, {filling_count} fillings", ARENA_BYTES >> 20);
    table::print(&title, &["allocator", "mean", "median", "least", "seconds"], rows);
}
