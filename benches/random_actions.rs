//! How many random actions a second each allocator serves: talc's workload, one thread.
//!
//! An action is, 1 in 7, a resize of a random block to up to three times the largest size, else
//! an allocation or a deallocation, such that about 300 blocks stay live. Small sizes are more
//! frequent than large ones. Nothing touches the payloads but the resizes that copy.
//!
//! ```text
//! random_actions [--quick]                          the time table
//! random_actions --instructions [--quick]           the table of instructions per action
//! random_actions --count NAME --operations N [--max-size BYTES]     one pass, for a profiler
//! ```

use core::{alloc::GlobalAlloc, time::Duration};
use std::time::Instant;

use heapwright_benches::{
    allocators::{self, ArenaAllocator, DRIVER},
    arena::Arena,
    callgrind,
    measure::{Rounds, geometric_mean},
    player::Player,
    table,
};

const ARENA_BYTES: usize = 128 << 20;
const SIZES_MAX: [usize; 5] = [200, 1000, 3000, 10_000, 30_000];
const RESIZE_FACTOR: usize = 3;
const LIVE_TARGET: usize = 300;
/// Actions between two looks at the clock.
const BATCH: usize = 100;
const WARM_UP: Duration = Duration::from_millis(2);
const SEED: u64 = 0x68_65_61_70;

enum Mode {
    Time { round_count: usize, duration: Duration },
    Instructions { action_count: u64 },
    Count { allocator: ArenaAllocator, action_count: u64, size_max: usize },
}

fn main() -> Result<(), lexopt::Error> {
    match mode()? {
        Mode::Time { round_count, duration } => time_table(round_count, duration),
        Mode::Instructions { action_count } => instruction_table(action_count),
        Mode::Count { allocator, action_count, size_max } => {
            let mut arena = Arena::new(ARENA_BYTES);
            let allocator = (allocator.make)(arena.memory());
            let served = play_actions(&*allocator, size_max, action_count);
            println!("{served} of {action_count} actions served");
        }
    }
    Ok(())
}

fn mode() -> Result<Mode, lexopt::Error> {
    use lexopt::prelude::*;

    let mut mode = Mode::Time { round_count: 7, duration: Duration::from_millis(200) };
    let (mut quick, mut counted, mut action_count, mut size_max) = (false, None, 1_000_000, 200);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("bench") => {}
            Long("quick") => quick = true,
            Long("instructions") => mode = Mode::Instructions { action_count: 200_000 },
            Long("count") => {
                let name = parser.value()?.string()?;
                let found = allocators::by_name(&name);
                counted = Some(found.ok_or_else(|| format!("no allocator named {name}"))?);
            }
            Long("operations") => action_count = parser.value()?.parse()?,
            Long("max-size") => size_max = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(match (counted, mode) {
        (Some(allocator), _) => Mode::Count { allocator, action_count, size_max },
        (None, Mode::Time { .. }) if quick => {
            Mode::Time { round_count: 3, duration: Duration::from_millis(20) }
        }
        (None, Mode::Instructions { .. }) if quick => Mode::Instructions { action_count: 20_000 },
        (None, mode) => mode,
    })
}

/// One random action; whether the allocator served it.
fn act(player: &mut Player<'_>, size_max: usize) -> bool {
    match player.roll(7) {
        6 => player.reallocate(size_max * RESIZE_FACTOR),
        action if action < 3 || player.held_count() < LIVE_TARGET => player.allocate(size_max),
        _ => {
            player.deallocate();
            true
        }
    }
}

fn play_actions(allocator: &dyn GlobalAlloc, size_max: usize, action_count: u64) -> u64 {
    let mut player = Player::new(allocator, SEED);
    (0..action_count).map(|_| u64::from(act(&mut player, size_max))).sum()
}

/// Actions served per second; the blocks left at the end are freed outside the measured time.
fn actions_per_second(
    allocator: &dyn GlobalAlloc,
    size_max: usize,
    seed: u64,
    duration: Duration,
) -> f64 {
    let mut player = Player::new(allocator, seed);
    let mut served = 0_u32;
    let start = Instant::now();
    loop {
        for _ in 0..BATCH {
            served += u32::from(act(&mut player, size_max));
        }
        let elapsed = start.elapsed();
        if elapsed >= duration {
            return f64::from(served) / elapsed.as_secs_f64();
        }
    }
}

fn time_table(round_count: usize, duration: Duration) {
    let allocators = allocators::all();
    let mut arena = Arena::touched(ARENA_BYTES);
    let mut speed_rows: Vec<_> = allocators.iter().map(|it| vec![it.name.to_owned()]).collect();
    let mut ratio_rows = speed_rows.clone();
    let mut ratios = vec![Vec::new(); allocators.len()];
    for size_max in SIZES_MAX {
        eprintln!("sizes below {size_max} ...");
        let rounds = Rounds::run(allocators.len(), round_count, |subject, round| {
            let allocator = (allocators[subject].make)(arena.memory());
            let seed = SEED + round as u64;
            actions_per_second(&*allocator, size_max, !seed, WARM_UP);
            actions_per_second(&*allocator, size_max, seed, duration)
        });
        for subject in 0..allocators.len() {
            speed_rows[subject].push(format!("{:.2}", rounds.median(subject) / 1e6));
            let ratio = rounds.ratio(subject, 0);
            ratio_rows[subject].push(format!("{ratio:.3}"));
            ratios[subject].push(ratio);
        }
    }
    for (row, ratios) in ratio_rows.iter_mut().zip(&ratios) {
        row.push(format!("{:.3}", geometric_mean(ratios)));
    }
    let sizes = SIZES_MAX.map(|size| format!("< {size} B"));
    let mut header = vec!["allocator"];
    header.extend(sizes.iter().map(String::as_str));
    table::print("Million actions per second, median of the rounds", &header, speed_rows);
    header.push("geomean");
    let title = format!("Speed relative to {}, more is better", allocators[0].name);
    table::print(&title, &header, ratio_rows);
}

/// Instructions per action, the driver's own subtracted.
fn instruction_table(action_count: u64) {
    let sizes = &SIZES_MAX[..2];
    let count = |allocator: &ArenaAllocator, size_max: usize| {
        callgrind::instructions_per_step(action_count, |steps| {
            let (steps, size_max) = (steps.to_string(), size_max.to_string());
            let words =
                ["--count", allocator.name, "--operations", &steps, "--max-size", &size_max];
            words.map(str::to_owned).to_vec()
        })
    };
    let mut rows = Vec::new();
    for allocator in allocators::all() {
        let mut row = vec![allocator.name.to_owned()];
        for &size_max in sizes {
            let net =
                count(&allocator, size_max).and_then(|gross| Ok(gross - count(&DRIVER, size_max)?));
            match net {
                Ok(net) => row.push(format!("{net:.1}")),
                Err(unavailable) => return println!("{unavailable}"),
            }
        }
        rows.push(row);
    }
    let title = "Instructions per action (callgrind), the driver's own subtracted, less is better";
    table::print(title, &["allocator", "< 200 B", "< 1000 B"], rows);
}
