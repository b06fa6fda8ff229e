//! Trees of `Box`es, as parsers make them: built, rewritten, evaluated, dropped.

use fastrand::Rng;

use crate::plan::{Plan, Workload};

/// Trees at scale 1.
const TREES: usize = 7000;
const DEPTH: u32 = 11;
const KEPT: usize = 20;

pub(super) const WORKLOAD: Workload = Workload {
    name: "trees",
    like: "trees of boxed nodes: built, rewritten, evaluated, dropped",
    run,
};

enum Node {
    Number(u64),
    Name(Box<str>),
    Not(Box<Node>),
    Sum(Box<Node>, Box<Node>),
    Call { name: String, arguments: Vec<Node> },
}

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(3);
    let mut kept: Vec<Node> = Vec::new();
    let mut sum = 0_u64;
    for _ in 0..plan.scaled(TREES) {
        let tree = rewrite(build(&mut rng, DEPTH));
        sum = sum.wrapping_add(evaluate(&tree));
        kept.push(tree);
        if kept.len() > KEPT {
            kept.swap_remove(rng.usize(..KEPT));
        }
    }
    sum
}

fn build(rng: &mut Rng, depth: u32) -> Node {
    let child = |rng: &mut Rng| Box::new(build(rng, depth.saturating_sub(1)));
    match if depth == 0 { rng.u8(..2) } else { rng.u8(1..8) } {
        0 => Node::Number(rng.u64(..100)),
        1 => Node::Name("variable"[..rng.usize(1..=8)].into()),
        2 => Node::Not(child(rng)),
        3 => {
            let arguments = (0..rng.u8(1..5)).map(|_| *child(rng)).collect();
            Node::Call { name: format!("function_{}", rng.u8(..)), arguments }
        }
        _ => Node::Sum(child(rng), child(rng)),
    }
}

/// Removes double negation, adds numbers up, and makes every other node anew.
fn rewrite(node: Node) -> Node {
    match node {
        Node::Not(inner) => match rewrite(*inner) {
            Node::Not(inner) => *inner,
            Node::Number(number) => Node::Number(!number),
            inner => Node::Not(Box::new(inner)),
        },
        Node::Sum(left, right) => match (rewrite(*left), rewrite(*right)) {
            (Node::Number(left), Node::Number(right)) => Node::Number(left.wrapping_add(right)),
            (left, right) => Node::Sum(Box::new(left), Box::new(right)),
        },
        Node::Call { name, arguments } => {
            Node::Call { name, arguments: arguments.into_iter().map(rewrite).collect() }
        }
        Node::Number(_) | Node::Name(_) => node,
    }
}

fn evaluate(node: &Node) -> u64 {
    match node {
        Node::Number(number) => *number,
        Node::Name(name) => name.len() as u64,
        Node::Not(inner) => !evaluate(inner),
        Node::Sum(left, right) => evaluate(left).wrapping_add(evaluate(right)),
        Node::Call { name, arguments } => arguments
            .iter()
            .fold(name.len() as u64, |sum, node| sum.rotate_left(3).wrapping_add(evaluate(node))),
    }
}
