//! Many sizes, freed in another order than they came: the manner of SmartHeap's `sh6bench`.
//!
//! ```text
//!   window   ████████████████   filled in runs of one size
//!   freed    ████████░░░░░░░░   the first half, from the front
//!            ░░░░░░░░████████   the second half, from the back
//!            █░█░█░█░█░█░█░█░   every other one
//! ```
//!
//! Each thread has a window of its own; nothing crosses threads. It asks for cheap frees in any
//! order and for small caches of many classes.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once};

/// What is held by all threads together.
const WINDOW: usize = 32 << 10;
/// Allocations at scale 1, by all threads together.
const ALLOCATIONS: usize = 14_000_000;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "many-sizes",
    like: "sh6bench: runs of many sizes, freed in changing order, each thread for itself",
    run,
};

fn run(plan: &Plan) -> u64 {
    at_once(plan.threads, |index| {
        churn(plan.share(plan.scaled(ALLOCATIONS), index), plan.share(WINDOW, index), index)
    })
}

fn churn(allocations: usize, window_len: usize, index: usize) -> u64 {
    let mut rng = Rng::with_seed(0x7368_0006 + index as u64);
    let mut window = Mapped::new(window_len, |_| None::<Block>);
    let (mut sum, mut left) = (0_u64, allocations);
    for round in 0.. {
        left -= fill(&mut window, &mut rng, left);
        if left == 0 {
            break;
        }
        let half = window_len / 2;
        let freed = match round % 3 {
            0 => free(window[..half].iter_mut()),
            1 => free(window[half..].iter_mut().rev()),
            _ => free(window.iter_mut().step_by(2)),
        };
        sum = sum.wrapping_add(freed);
    }
    sum.wrapping_add(free(window.iter_mut()))
}

/// Fills empty places with runs of one size, and answers how many it took, `limit` at most.
fn fill(window: &mut [Option<Block>], rng: &mut Rng, limit: usize) -> usize {
    let (mut size, mut run_left) = (0, 0);
    let mut taken = 0;
    for place in window.iter_mut().filter(|place| place.is_none()).take(limit) {
        if run_left == 0 {
            // Squared, so that small sizes are more frequent.
            let part = rng.usize(1..=1000);
            (size, run_left) = ((part * part / 1000).max(1), rng.usize(1..=64));
        }
        run_left -= 1;
        *place = Some(Block::allocate(size, rng.u64(..)));
        taken += 1;
    }
    taken
}

fn free<'a>(places: impl Iterator<Item = &'a mut Option<Block>>) -> u64 {
    places.filter_map(Option::take).fold(0, |sum, block| sum.wrapping_add(block.free()))
}
