//! Whether small blocks of different threads lie in one cache line: the manner of Hoard's
//! `cache-thrash` and `cache-scratch`.
//!
//! ```text
//!   active    thread 0: allocate, write often, free    thread 1: the same
//!   passive   the main thread allocates neighbours a0 a1 and gives one to each thread;
//!             each frees it and goes on as above: it must not get a place beside the other's
//! ```
//!
//! Nearly all the time goes into the writes, which take many times longer where two threads write
//! to one line.

use std::sync::Mutex;

use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once};

const SIZE: usize = 8;
/// Writes to one block.
const WRITES: usize = 2000;
/// Blocks at scale 1, by all threads together.
const BLOCKS: usize = 600_000;

pub(crate) const ACTIVE: Workload = Workload {
    name: "false-sharing-active",
    like: "cache-thrash: each thread writes often to small blocks that it allocated",
    run: |plan| at_once(plan.threads, |index| work(plan, index)),
};

pub(crate) const PASSIVE: Workload = Workload {
    name: "false-sharing-passive",
    like: "cache-scratch: as before, after freeing a block that another thread allocated",
    run: passive,
};

fn passive(plan: &Plan) -> u64 {
    let given =
        Mapped::new(plan.threads, |index| Mutex::new(Some(Block::allocate(SIZE, index as u64))));
    at_once(plan.threads, |index| {
        let block = given[index].lock().expect("nobody panics with the lock").take();
        let sum = block.map_or(0, |mut block| {
            block.count_up(WRITES);
            block.free()
        });
        sum.wrapping_add(work(plan, index))
    })
}

fn work(plan: &Plan, index: usize) -> u64 {
    let blocks = plan.share(plan.scaled(BLOCKS), index);
    (0..blocks).fold(0, |sum, number| {
        let mut block = Block::allocate(SIZE, number as u64);
        block.count_up(WRITES);
        sum.wrapping_add(block.free())
    })
}
