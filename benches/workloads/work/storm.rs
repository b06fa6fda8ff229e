//! Storms of allocation in new threads that pass blocks on: the manner of mimalloc's `mstress`.
//!
//! ```text
//!   storm 1: threads ── allocate, free, swap with ──► 1000 shared slots
//!   storm 2: new threads, the same slots                 hold what earlier storms left
//! ```
//!
//! Most sizes are small, one in 100 is a hundred times larger, one in 1000 a thousand times, one
//! in 10 000 ten thousand times. What a thread holds is listed in an array that `realloc` grows.
//! Memory must be found again quickly from storm to storm, and not grow.

use core::mem;
use std::sync::Mutex;

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once, vector::Vector};

const SLOTS: usize = 1000;
const STORMS: usize = 20;
/// Steps of a storm at scale 1, by all threads together.
const STEPS: usize = 120_000;
/// Sizes are whole words; the smallest holds a tag.
const WORD: usize = 8;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "storm",
    like: "mstress: new threads allocate 8 B to 10 MB, and swap blocks through shared slots",
    run,
};

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x6d73_7472);
    // Always full, so that what a thread holds does not depend on what others have done.
    let slots = Mapped::new(SLOTS, |_| Mutex::new(Some(allocate(&mut rng))));
    let steps = plan.scaled(STEPS);
    let mut sum = 0_u64;
    for storm in 0..STORMS {
        let rage = |index| {
            let seed = (storm * plan.threads + index) as u64;
            rage(&slots, plan.share(steps, index), Rng::with_seed(seed))
        };
        sum = sum.wrapping_add(at_once(plan.threads, rage));
    }
    slots.iter().fold(sum, |sum, slot| {
        let block = slot.lock().expect("nobody panics with the lock").take();
        sum.wrapping_add(block.map_or(0, Block::free))
    })
}

fn rage(slots: &[Mutex<Option<Block>>], steps: usize, mut rng: Rng) -> u64 {
    let mut held = Vector::<Block>::new();
    let mut sum = 0_u64;
    for _ in 0..steps {
        if rng.u8(..) < 154 {
            held.push(allocate(&mut rng));
        } else if !held.is_empty() {
            sum = sum.wrapping_add(held.swap_remove(rng.usize(..held.len())).free());
        }
        if rng.u8(..) < 64 && !held.is_empty() {
            let index = rng.usize(..held.len());
            let mut slot = slots[rng.usize(..SLOTS)].lock().expect("nobody panics with the lock");
            mem::swap(&mut held[index], slot.as_mut().expect("slots are always full"));
        }
    }
    core::iter::from_fn(|| held.pop()).fold(sum, |sum, block| sum.wrapping_add(block.free()))
}

fn allocate(rng: &mut Rng) -> Block {
    let factor = match rng.u32(..10_000) {
        0 => 10_000,
        1..=10 => 1000,
        11..=110 => 100,
        _ => 1,
    };
    Block::allocate(rng.usize(1..=128) * WORD * factor, rng.u64(..))
}
