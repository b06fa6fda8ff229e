//! The one way in: run, tour, test, bench, ci.

fn main() {}
