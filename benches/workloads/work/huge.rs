//! Blocks of 5 to 25 MiB, 20 of them live, all of them written: the manner of `malloc-large`.
//!
//! What is freed is soon wanted again. An allocator that gives it back to the system at once pays
//! for the first touch of every page again; one that never gives it back keeps it.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped};

const LIVE: usize = 20;
/// Blocks at scale 1.
const BLOCKS: usize = 150;
const MIB: usize = 1 << 20;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "huge",
    like: "malloc-large: blocks of 5 to 25 MiB, 20 live, all written",
    run,
};

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x6c61_7267);
    let mut live = Mapped::new(LIVE, |_| None::<Block>);
    let mut sum = 0_u64;
    for _ in 0..plan.scaled(BLOCKS) {
        let place = &mut live[rng.usize(..LIVE)];
        sum = sum.wrapping_add(place.take().map_or(0, Block::free));
        *place = Some(Block::filled(rng.usize(5 * MIB..=25 * MIB), rng.u64(..)));
    }
    let left = live.iter_mut().filter_map(Option::take);
    left.fold(sum, |sum, block| sum.wrapping_add(block.free()))
}
