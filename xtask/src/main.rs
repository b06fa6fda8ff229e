//! The one way in: `cargo xtask COMMAND`.
//!
//! ```text
//!   run    a program on libheapwright.so      library · stats · demo
//!   tour   the story, on live memory
//!   test   everything a contributor needs     steps · tally · alone · thorough
//!   bench  the figures                        peers: whole programs, side by side
//!   tidy   what no compiler checks
//!   ci     what every commit passes
//! ```
//!
//! Each command reads its own arguments in the file that bears its name; `usage.rs` says how they
//! are called.

mod alone;
mod bench;
mod ci;
mod demo;
mod library;
mod peers;
mod run;
mod stats;
mod steps;
mod tally;
mod test;
mod thorough;
mod tidy;
mod tour;
mod usage;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::usage::{HelpWanted, USAGE, unexpected};

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(code) => code,
        Err(error) if error.is::<HelpWanted>() => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    match arguments.next()? {
        Some(Value(name)) => match name.to_string_lossy().as_ref() {
            "run" => run::main(arguments),
            "tour" => tour::main(arguments),
            "test" => test::main(arguments),
            "bench" => bench::main(arguments),
            "tidy" => tidy::main(arguments),
            "ci" => ci::main(arguments),
            "help" => Err(HelpWanted.into()),
            other => bail!("no command `{other}`; `cargo xtask --help` lists them"),
        },
        None => Err(HelpWanted.into()),
        Some(other) => Err(unexpected(other)),
    }
}
