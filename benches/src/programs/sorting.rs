//! Lines that are read, sorted, counted and joined again.

use fastrand::Rng;

use crate::plan::{Plan, Workload};

/// Lines at scale 1.
const LINES: usize = 300_000;

pub(super) const WORKLOAD: Workload = Workload {
    name: "sorting",
    like: "a text split into Strings, which are sorted, made unique and joined",
    run,
};

fn run(plan: &Plan) -> u64 {
    let text = text(plan.scaled(LINES));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // Stable: it takes a buffer.
    lines.sort();
    let mut counted: Vec<(String, u64)> = Vec::new();
    for line in lines {
        match counted.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => counted.push((line, 1)),
        }
    }
    counted.sort_by_key(|(line, count)| (core::cmp::Reverse(*count), line.clone()));
    let shown: Vec<String> =
        counted.iter().map(|(line, count)| format!("{count:>6} {line}")).collect();
    shown
        .join("\n")
        .bytes()
        .fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
}

fn text(line_count: usize) -> String {
    let mut rng = Rng::with_seed(4);
    let mut text = String::new();
    for _ in 0..line_count {
        for _ in 0..rng.u8(1..12) {
            text.push_str(["an", "old", "heap", "of", "words", "that", "repeat"][rng.usize(..7)]);
            text.push(' ');
        }
        text.push('\n');
    }
    text
}
