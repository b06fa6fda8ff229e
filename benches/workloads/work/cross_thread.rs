//! Random sizes up to 16 000 B that cross threads: the manner of rpmalloc's own benchmark,
//! `rptest`.
//!
//! Each thread replaces 100 of its 1000 blocks a loop. Every other loop it gives 100 blocks to the
//! next thread, which frees them. Sizes are spread evenly, so most lie in the classes above 1 KiB,
//! whose slabs hold few.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, channel::Ring, mapped::Mapped, threads::at_once, vector::Vector};

const HELD: usize = 1000;
const BATCH: usize = 100;
/// Loops at scale 1, by all threads together.
const LOOPS: usize = 60_000;
const INBOX: usize = 8;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "cross-thread",
    like: "rptest: random sizes of 8 to 16000 B, a third freed by the next thread",
    run,
};

type Batch = Vector<Block>;

fn run(plan: &Plan) -> u64 {
    let ring = Ring::new(plan.threads, INBOX);
    at_once(plan.threads, |index| work(&ring, plan.share(plan.scaled(LOOPS), index), index))
}

fn work(ring: &Ring<Batch>, loops: usize, index: usize) -> u64 {
    let mut rng = Rng::with_seed(0x7270_7465 + index as u64);
    let mut held = Mapped::new(HELD, |_| None::<Block>);
    let mut sum = 0_u64;
    for turn in 0..loops {
        for _ in 0..BATCH {
            let place = &mut held[rng.usize(..HELD)];
            sum = sum.wrapping_add(place.take().map_or(0, Block::free));
            *place = Some(allocate(&mut rng));
        }
        if turn % 2 == 1 {
            let mut batch = Batch::with_capacity(BATCH);
            (0..BATCH).for_each(|_| batch.push(allocate(&mut rng)));
            ring.send(index, batch, |batch| sum = sum.wrapping_add(free(batch)));
        }
        ring.take_all(index, |batch| sum = sum.wrapping_add(free(batch)));
    }
    ring.finish(index, |batch| sum = sum.wrapping_add(free(batch)));
    let left = held.iter_mut().filter_map(Option::take);
    left.fold(sum, |sum, block| sum.wrapping_add(block.free()))
}

fn allocate(rng: &mut Rng) -> Block {
    Block::allocate(rng.usize(8..=16_000), rng.u64(..))
}

fn free(mut batch: Batch) -> u64 {
    core::iter::from_fn(|| batch.pop()).fold(0, |sum, block| sum.wrapping_add(block.free()))
}
