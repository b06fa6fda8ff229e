//! A program that works in phases, as a compiler does on each function: the manner of gcc.
//!
//! ```text
//!   function:  read ──────► passes ×8 ───────────► write
//!              nodes and    tables by calloc,      one string that grows
//!              an obstack   nodes die and are born
//!              └──────────── freed together at the end, 1 in 20 nodes stays ───────────┘
//! ```
//!
//! A function in 16 is sixteen times as large as the rest, so the peak of one phase leaves much
//! free memory to the next. Every 32 functions half of what stayed is dropped.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, vector::Vector};

/// Functions at scale 1.
const FUNCTIONS: usize = 640;
const PASSES: usize = 8;
const CHUNK: usize = 4064;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "phases",
    like: "gcc: function by function, nodes, obstacks, tables and bitmaps that die together",
    run,
};

/// Memory for small things that die together: chunks, each filled from its start.
struct Obstack {
    chunks: Vector<Block>,
    left: usize,
}

impl Obstack {
    const fn new() -> Self {
        Self { chunks: Vector::new(), left: 0 }
    }

    fn take(&mut self, size: usize) {
        if self.left < size {
            let chunk = size.max(CHUNK);
            self.chunks.push(Block::filled(chunk, 1 + self.chunks.len() as u64));
            self.left = chunk;
        }
        self.left -= size;
    }

    fn free(self) -> u64 {
        free_all(self.chunks)
    }
}

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x6763_6363);
    let mut stayed = Vector::<Block>::new();
    let mut sum = 0_u64;
    for function in 0..plan.scaled(FUNCTIONS) {
        let size = if function % 16 == 15 { 16 } else { 1 } * rng.usize(1000..3000);
        sum = sum.wrapping_add(compile(size, &mut stayed, &mut rng));
        if function % 32 == 31 {
            for _ in 0..stayed.len() / 2 {
                let index = rng.usize(..stayed.len());
                sum = sum.wrapping_add(stayed.swap_remove(index).free());
            }
        }
    }
    sum.wrapping_add(free_all(stayed))
}

fn compile(size: usize, stayed: &mut Vector<Block>, rng: &mut Rng) -> u64 {
    let (mut nodes, mut obstack) = (Vector::new(), Obstack::new());
    for _ in 0..size {
        nodes.push(node(rng));
        obstack.take(rng.usize(1..60));
    }
    let mut sum = 0_u64;
    for _ in 0..PASSES {
        sum = sum.wrapping_add(pass(&mut nodes, rng));
    }
    sum = sum.wrapping_add(write(&nodes));
    for index in (0..nodes.len()).rev().step_by(20) {
        stayed.push(nodes.swap_remove(index));
    }
    sum.wrapping_add(free_all(nodes)).wrapping_add(obstack.free())
}

/// One pass over all nodes: a hash table of them, two bitmaps, a worklist; a tenth dies and is
/// replaced by nodes of other sizes.
fn pass(nodes: &mut Vector<Block>, rng: &mut Rng) -> u64 {
    let mut table: Vector<u64> = Vector::zeroed((nodes.len() * 2).next_power_of_two());
    let mut seen: Vector<u64> = Vector::zeroed(nodes.len() / 64 + 1);
    let mut worklist = Vector::<usize>::new();
    for (index, node) in nodes.iter().enumerate() {
        let tag = node.check();
        let start = usize::try_from(tag).unwrap_or(0) & (table.len() - 1);
        let places = (0..table.len()).map(|step| (start + step) & (table.len() - 1));
        let place = places.into_iter().find(|&place| table[place] == 0);
        table[place.expect("the table is twice as large")] = tag;
        if tag.is_multiple_of(10) {
            seen[index / 64] |= 1 << (index % 64);
            worklist.push(index);
        }
    }
    let mut live: Vector<u64> = Vector::zeroed(seen.len());
    let mut sum = 0_u64;
    while let Some(index) = worklist.pop() {
        live[index / 64] ^= seen[index / 64];
        let old = core::mem::replace(&mut nodes[index], node(rng));
        sum = sum.wrapping_add(old.free());
    }
    live.iter().fold(sum, |sum, word| sum.wrapping_add(*word))
}

/// The output: a string that grows.
fn write(nodes: &Vector<Block>) -> u64 {
    let mut text = Vector::<u8>::new();
    nodes.iter().for_each(|node| text.extend_from_slice(&node.check().to_le_bytes()));
    text.iter().fold(0, |sum: u64, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
}

/// A node of 16 to 200 B, most of them small, a quarter of them cleared; its tag is not 0.
fn node(rng: &mut Rng) -> Block {
    let octave = rng.u16(..).trailing_zeros().min(3);
    let make = if rng.u8(..4) == 0 { Block::zeroed } else { Block::allocate };
    make(rng.usize(16..=24 << octave), rng.u64(1..))
}

fn free_all(mut blocks: Vector<Block>) -> u64 {
    core::iter::from_fn(|| blocks.pop()).fold(0, |sum, block| sum.wrapping_add(block.free()))
}
