//! Batches freed in another order than allocated, half of them by another thread: the manner of
//! SmartHeap's `sh8bench`.
//!
//! ```text
//!   thread 0   ├─ batch ─┤  one half ──► kept for 32 batches, then freed in strides
//!                           the other ──► thread 1 frees it, the last one first
//! ```

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, channel::Ring, mapped::Mapped, threads::at_once, vector::Vector};

/// Blocks in half a batch; no multiple of the stride.
const HALF: usize = 128;
/// The order in which kept halves are freed.
const STRIDE: usize = 37;
/// How many halves each thread keeps.
const KEPT: usize = 32;
/// Batches at scale 1, by all threads together.
const BATCHES: usize = 40_000;
const INBOX: usize = 16;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "batched-frees",
    like: "sh8bench: batches freed in another order, half of them by the next thread",
    run,
};

type Half = Vector<Block>;

fn run(plan: &Plan) -> u64 {
    let ring = Ring::new(plan.threads, INBOX);
    at_once(plan.threads, |index| work(&ring, plan.share(plan.scaled(BATCHES), index), index))
}

fn work(ring: &Ring<Half>, batches: usize, index: usize) -> u64 {
    let mut rng = Rng::with_seed(0x7368_0008 + index as u64);
    let mut kept = Mapped::new(KEPT, |_| None::<Half>);
    let mut sum = 0_u64;
    for batch in 0..batches {
        let (keep, give) = (allocate(&mut rng), allocate(&mut rng));
        if let Some(old) = kept[batch % KEPT].replace(keep) {
            sum = sum.wrapping_add(free_in_strides(old));
        }
        ring.send(index, give, |half| sum = sum.wrapping_add(free_backwards(half)));
        ring.take_all(index, |half| sum = sum.wrapping_add(free_backwards(half)));
    }
    for half in kept.iter_mut().filter_map(Option::take) {
        sum = sum.wrapping_add(free_in_strides(half));
    }
    ring.finish(index, |half| sum = sum.wrapping_add(free_backwards(half)));
    sum
}

fn allocate(rng: &mut Rng) -> Half {
    let mut half = Half::with_capacity(HALF);
    for _ in 0..HALF {
        // Mostly small; each octave half as frequent as the one below.
        let octave = rng.u16(..).trailing_zeros().min(6);
        half.push(Block::allocate(rng.usize(8..=64 << octave), rng.u64(..)));
    }
    half
}

fn free_backwards(mut half: Half) -> u64 {
    core::iter::from_fn(|| half.pop()).fold(0, |sum, block| sum.wrapping_add(block.free()))
}

fn free_in_strides(mut half: Half) -> u64 {
    let mut sum = 0_u64;
    let mut place = 0;
    while !half.is_empty() {
        place = (place + STRIDE) % half.len();
        sum = sum.wrapping_add(half.swap_remove(place).free());
    }
    sum
}
