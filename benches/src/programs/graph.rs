//! A graph of shared nodes that several threads rewire.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use fastrand::Rng;

use crate::plan::{Plan, Workload};

const NODES: usize = 4000;
const EDGES_MAX: usize = 8;
/// Rewired edges at scale 1, by all threads together.
const CHANGES: usize = 1_000_000;

pub(super) const WORKLOAD: Workload = Workload {
    name: "graph",
    like: "a graph of Arc nodes whose edges and labels several threads replace",
    run,
};

struct Node {
    label: Arc<str>,
    edges: Mutex<Vec<Arc<Label>>>,
}

/// What an edge says: shared by its two ends, dropped by whichever thread lets go last.
struct Label {
    text: String,
}

fn run(plan: &Plan) -> u64 {
    let nodes: Vec<Arc<Node>> = (0..NODES).map(node).collect();
    let sum = thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads)
            .map(|index| {
                let nodes = nodes.clone();
                let count = plan.share(plan.scaled(CHANGES), index);
                scope.spawn(move || rewire(&nodes, count, index as u64))
            })
            .collect();
        let sums = threads.into_iter().map(|it| it.join().expect("no thread panics"));
        sums.fold(0, u64::wrapping_add)
    });
    nodes.iter().fold(sum, |sum, node| sum.wrapping_add(node.label.len() as u64))
}

fn node(number: usize) -> Arc<Node> {
    Arc::new(Node { label: format!("node {number}").into(), edges: Mutex::default() })
}

/// Adds edges between random nodes; a node that has too many forgets its oldest half.
fn rewire(nodes: &[Arc<Node>], count: usize, seed: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    let mut sum = 0_u64;
    for number in 0..count {
        let (from, to) = (&nodes[rng.usize(..NODES)], &nodes[rng.usize(..NODES)]);
        let label = Arc::new(Label { text: format!("{number} to {}", to.label) });
        sum = sum.wrapping_add(label.text.len() as u64);
        connect(from, Arc::clone(&label));
        connect(to, label);
    }
    sum
}

fn connect(node: &Node, label: Arc<Label>) {
    let mut edges = node.edges.lock().expect("nobody panics with the lock");
    edges.push(label);
    let forgotten =
        if edges.len() > EDGES_MAX { edges.drain(..EDGES_MAX / 2).collect() } else { Vec::new() };
    drop(edges);
    // Dropped without the lock.
    drop(forgotten);
}
