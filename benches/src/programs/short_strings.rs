//! Strings that live for one line: formatted, split, replaced, joined.

use fastrand::Rng;

use crate::plan::{Plan, Workload};

/// Lines at scale 1.
const LINES: usize = 500_000;

pub(super) const WORKLOAD: Workload = Workload {
    name: "short-strings",
    like: "Strings that live for one line: formatted, split, replaced, joined",
    run,
};

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(5);
    let mut sum = 0_u64;
    for number in 0..plan.scaled(LINES) {
        let line = format!("{number}\tname-{}\t{}\t/some/path", rng.u16(..), rng.u64(..));
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let name = fields[1].replace('-', "_").to_uppercase();
        let path = format!("{}/{}.txt", fields[3], name.to_lowercase());
        let parts: Vec<&str> = path.split('/').collect();
        let back = parts.join("::");
        sum = sum.wrapping_mul(31).wrapping_add((back.len() + name.len()) as u64);
        sum = sum.wrapping_add(fields[2].parse::<u64>().unwrap_or(0));
    }
    sum
}
