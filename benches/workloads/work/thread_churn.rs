//! Many short threads, each of which leaves something behind: the manner of `mleak`.
//!
//! A thread allocates 100 blocks, frees most of them, frees what the thread before it left, and
//! leaves four. What an allocator sets up for a thread, and what becomes of it at the end, is paid
//! each time; whatever it keeps for dead threads shows in the peak.

use std::sync::Mutex;

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once};

/// Threads at scale 1.
const THREADS: usize = 6_000;
const BLOCKS: usize = 100;
const LEFT: usize = 4;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "thread-churn",
    like: "mleak: many short threads, each frees what another left and leaves four blocks",
    run,
};

type Left = [Option<Block>; LEFT];

fn run(plan: &Plan) -> u64 {
    let left = Mapped::new(plan.threads, |_| Mutex::new(Left::default()));
    let waves = plan.scaled(THREADS).div_ceil(plan.threads);
    let sum = (0..waves).fold(0, |sum: u64, wave| {
        let live = |index| live_and_die(&left[index], (wave * plan.threads + index) as u64);
        sum.wrapping_add(at_once(plan.threads, live))
    });
    left.iter().fold(sum, |sum, left| {
        let left = core::mem::take(&mut *left.lock().expect("nobody panics with the lock"));
        sum.wrapping_add(free(left))
    })
}

fn live_and_die(left: &Mutex<Left>, seed: u64) -> u64 {
    let mut rng = Rng::with_seed(0x6d6c_6561 + seed);
    let mut blocks: [Option<Block>; BLOCKS] = core::array::from_fn(|_| {
        let octave = rng.u32(4..11);
        Some(Block::allocate(rng.usize(1 << octave..2 << octave), rng.u64(..)))
    });
    let leave: Left = core::array::from_fn(|index| blocks[index * BLOCKS / LEFT].take());
    let found = core::mem::replace(&mut *left.lock().expect("nobody panics"), leave);
    free(blocks).wrapping_add(free(found))
}

fn free<const COUNT: usize>(blocks: [Option<Block>; COUNT]) -> u64 {
    let blocks = blocks.into_iter().flatten();
    blocks.fold(0, |sum, block| sum.wrapping_add(block.free()))
}
