//! A `BTreeMap` and a `HashMap` whose entries come and go.

use core::hash::BuildHasherDefault;
use std::{
    collections::{BTreeMap, HashMap},
    hash::DefaultHasher,
};

use fastrand::Rng;

use crate::plan::{Plan, Workload};

const KEYS: u64 = 60_000;
/// Changes at scale 1.
const CHANGES: usize = 700_000;

pub(super) const WORKLOAD: Workload = Workload {
    name: "maps",
    like: "a BTreeMap of byte strings and a HashMap of Strings whose entries come and go",
    run,
};

/// Without a random key, so that every run does the same.
type Hasher = BuildHasherDefault<DefaultHasher>;

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(1);
    let mut tree = BTreeMap::<u64, Vec<u8>>::new();
    let mut table = HashMap::<String, u64, Hasher>::default();
    let mut sum = 0_u64;
    for _ in 0..plan.scaled(CHANGES) {
        let key = rng.u64(..KEYS);
        if rng.bool() {
            let value = vec![rng.u8(..); rng.usize(1..200)];
            sum = sum.wrapping_add(tree.insert(key, value).map_or(0, |old| old.len() as u64));
        } else if let Some(value) = tree.remove(&key) {
            sum = sum.wrapping_add(value.iter().map(|&byte| u64::from(byte)).sum());
        }
        let name = format!("entry-{}", rng.u64(..KEYS));
        if rng.u8(..3) == 0 {
            sum = sum.wrapping_add(table.remove(&name).unwrap_or(1));
        } else {
            *table.entry(name).or_insert(0) += key;
        }
    }
    let tree = tree.iter().map(|(key, value)| key * value.len() as u64);
    tree.chain(table.values().copied()).fold(sum, u64::wrapping_add)
}
