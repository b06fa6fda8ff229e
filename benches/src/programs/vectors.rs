//! Vectors of strings that grow side by side.

use fastrand::Rng;

use crate::plan::{Plan, Workload};

const VECTORS: usize = 16;
/// Strings at scale 1.
const STRINGS: usize = 2_000_000;
/// A vector that has grown to this is begun anew.
const LEN_MAX: usize = 20_000;

pub(super) const WORKLOAD: Workload = Workload {
    name: "vectors",
    like: "vectors of Strings that grow side by side, until they are dropped",
    run,
};

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(2);
    let mut vectors: Vec<Vec<String>> = (0..VECTORS).map(|_| Vec::new()).collect();
    let mut sum = 0_u64;
    for number in 0..plan.scaled(STRINGS) {
        let vector = &mut vectors[rng.usize(..VECTORS)];
        let mut text = number.to_string();
        for _ in 0..rng.u8(..4) {
            text.push_str(", and more");
        }
        vector.push(text);
        if vector.len() == LEN_MAX {
            sum = sum.wrapping_add(length(&core::mem::take(vector)));
        }
    }
    vectors.iter().fold(sum, |sum, vector| sum.wrapping_add(length(vector)))
}

fn length(texts: &[String]) -> u64 {
    texts.iter().map(|text| text.len() as u64).sum()
}
