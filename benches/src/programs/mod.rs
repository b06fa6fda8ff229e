//! Rust programs that do little but allocate, for allocators chosen by `#[global_allocator]`.
//!
//! ```text
//!   rust_peers/mimalloc.rs   #[global_allocator] static … ; main(programs::main("mimalloc"))
//!   rust_peers/system.rs     …                                       └── the programs below
//! ```
//!
//! They are written as Rust is written, with the standard library's collections, threads and
//! channels. Each does a fixed amount of work from fixed seeds; its checksum is the same on every
//! allocator.

mod channels;
mod graph;
mod json;
mod maps;
mod short_strings;
mod sorting;
mod trees;
mod vectors;

use std::process::ExitCode;

use lexopt::prelude::*;

use crate::plan::{self, Workload};

/// All of them, in the order of the tables.
pub const ALL: &[Workload] = &[
    maps::WORKLOAD,
    vectors::WORKLOAD,
    trees::WORKLOAD,
    channels::WORKLOAD,
    sorting::WORKLOAD,
    short_strings::WORKLOAD,
    graph::WORKLOAD,
    json::WORKLOAD,
];

/// The `main` of a program that has `allocator` as its global allocator.
///
/// ```text
///   rust-NAME WORKLOAD [--scale X] [--threads N]
///   rust-NAME list
/// ```
#[must_use]
pub fn main(allocator: &str) -> ExitCode {
    match dispatch(lexopt::Parser::from_env(), allocator) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rust-{allocator}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: lexopt::Parser, allocator: &str) -> Result<(), lexopt::Error> {
    let Some(Value(name)) = arguments.next()? else {
        return Err("which workload? `list` names them".into());
    };
    plan::dispatch(ALL, &name.to_string_lossy(), arguments, allocator)
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::plan::Plan;

    #[test]
    fn the_checksum_of_a_program_is_always_the_same() {
        let words = ["--scale", "0.01", "--threads", "3"];
        let plan = Plan::parse(lexopt::Parser::from_args(words)).expect("valid words");
        for work in ALL {
            let first = (work.run)(&plan);
            assert_ne!(first, 0, "{}", work.name);
            assert_eq!((work.run)(&plan), first, "{}", work.name);
        }
    }
}
