//! A server whose threads end and hand what they hold to their successors: the manner of Larson
//! and Krishnan's benchmark.
//!
//! ```text
//!   connection 0   thread ──► its successor ──► …    each replaces random blocks of the same
//!   connection 1   thread ──► its successor ──► …    table, most of which another thread allocated
//! ```

use std::sync::Mutex;

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::relay};

/// Blocks held by all connections together.
const HELD: usize = 10_000;
/// The threads of one connection, one after the other.
const GENERATIONS: usize = 100;
/// Replaced blocks at scale 1, by all threads together.
const REPLACEMENTS: usize = 12_000_000;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "server",
    like: "larson: random replacement of 8 to 1000 B by threads that end and hand over",
    run,
};

struct Connection {
    rng: Rng,
    held: Mapped<Option<Block>>,
}

fn run(plan: &Plan) -> u64 {
    let connections = Mapped::new(plan.threads, |index| {
        let mut rng = Rng::with_seed(0x6c61_7273 + index as u64);
        let held = Mapped::new(plan.share(HELD, index), |_| Some(allocate(&mut rng)));
        // Never contended: the threads of a connection follow each other.
        Mutex::new(Connection { rng, held })
    });
    let replacements = plan.scaled(REPLACEMENTS) / GENERATIONS;
    let sum = relay(plan.threads, GENERATIONS, |index, _| {
        let mut connection = connections[index].lock().expect("nobody panics with the lock");
        serve(&mut connection, plan.share(replacements, index))
    });
    connections.iter().fold(sum, |sum, connection| {
        let mut connection = connection.lock().expect("nobody panics with the lock");
        sum.wrapping_add(hang_up(&mut connection))
    })
}

fn serve(connection: &mut Connection, replacements: usize) -> u64 {
    let Connection { rng, held } = connection;
    let mut sum = 0_u64;
    for _ in 0..replacements {
        let index = rng.usize(..held.len());
        sum = sum.wrapping_add(held[index].take().map_or(0, Block::free));
        held[index] = Some(allocate(rng));
    }
    sum
}

fn hang_up(connection: &mut Connection) -> u64 {
    let held = connection.held.iter_mut().filter_map(Option::take);
    held.fold(0, |sum, block| sum.wrapping_add(block.free()))
}

fn allocate(rng: &mut Rng) -> Block {
    Block::allocate(rng.usize(8..=1000), rng.u64(..))
}
