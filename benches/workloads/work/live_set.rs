//! Random replacement in a large set of live blocks up to 1000 B: the manner of `alloc-test`.
//!
//! The set does not fit into the inner caches, so what counts beside the instructions is how
//! densely blocks lie, and how much of the allocator's own data a request touches.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once};

/// Blocks held by all threads together.
const HELD: usize = 1 << 15;
/// Replacements at scale 1, by all threads together.
const REPLACEMENTS: usize = 8_000_000;

pub(crate) const ALONE: Workload = Workload {
    name: "live-set",
    like: "alloc-test: random sizes up to 1000 B, replaced at random among 32768",
    run: |plan| run(&plan.alone()),
};

pub(crate) const THREADS: Workload =
    Workload { name: "live-set-threads", like: "the same, divided among several threads", run };

fn run(plan: &Plan) -> u64 {
    at_once(plan.threads, |index| {
        work(plan.share(plan.scaled(REPLACEMENTS), index), plan.share(HELD, index), index)
    })
}

fn work(replacements: usize, held_len: usize, index: usize) -> u64 {
    let mut rng = Rng::with_seed(0x616c_6c6f + index as u64);
    let mut held = Mapped::new(held_len, |_| None::<Block>);
    let mut sum = 0_u64;
    for _ in 0..replacements {
        let place = &mut held[rng.usize(..held_len)];
        sum = sum.wrapping_add(place.take().map_or(0, Block::free));
        let octave = rng.u32(0..=6);
        let size = rng.usize(1..=16 << octave).min(1000);
        *place = Some(Block::allocate(size, rng.u64(..)));
    }
    let left = held.iter_mut().filter_map(Option::take);
    left.fold(sum, |sum, block| sum.wrapping_add(block.free()))
}
