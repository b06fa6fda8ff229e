//! One half of the threads allocates, the other frees: the manner of `xmalloc-test`.
//!
//! ```text
//!   producers ── batches of 2048 × 64 B, at most 200 in flight ──► consumers
//! ```
//!
//! No thread ever frees what it allocated, and the array that carries a batch crosses too. An
//! allocator that frees one block at a time to its owner, or keeps it where it was freed, shows.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, channel::Channel, threads::at_once, vector::Vector};

const SIZE: usize = 64;
const BATCH: usize = 2048;
const BATCHES_IN_FLIGHT: usize = 200;
/// Batches at scale 1, by all producers together.
const BATCHES: usize = 4000;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "producer-consumer",
    like: "xmalloc-test: half of the threads allocate 64 B, the others free it in batches",
    run,
};

fn run(plan: &Plan) -> u64 {
    let channel = Channel::new(BATCHES_IN_FLIGHT, plan.threads);
    at_once(2 * plan.threads, |index| {
        if index < plan.threads {
            produce(&channel, plan.share(plan.scaled(BATCHES), index), index);
            return 0;
        }
        let batches = core::iter::from_fn(|| channel.receive());
        batches.fold(0, |sum, batch| sum.wrapping_add(consume(batch)))
    })
}

fn produce(channel: &Channel<Vector<Block>>, batches: usize, index: usize) {
    let mut rng = Rng::with_seed(0x786d_616c + index as u64);
    for _ in 0..batches {
        let mut batch = Vector::with_capacity(BATCH);
        for _ in 0..BATCH {
            batch.push(Block::allocate(SIZE, rng.u64(..)));
        }
        channel.send(batch);
    }
    channel.close();
}

fn consume(mut batch: Vector<Block>) -> u64 {
    core::iter::from_fn(|| batch.pop()).fold(0, |sum, block| sum.wrapping_add(block.free()))
}
