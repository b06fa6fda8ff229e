//! `cargo xtask tour`: the story, from the program break to objects, on live memory.
//!
//! The story itself is `examples/`, binary `tour`; this file starts it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::workspace::{self, EXAMPLES};

/// Runs the tour with the arguments that are left.
pub(crate) fn main(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    tell(&arguments.raw_args()?.collect::<Vec<_>>())
}

/// Tells the story on the terminal and answers the exit code of its program.
pub(crate) fn tell(arguments: &[OsString]) -> Result<ExitCode> {
    let shell = workspace::shell()?;
    let tour = cmd!(shell, "cargo run --quiet --package {EXAMPLES} --bin tour -- {arguments...}");
    eprintln!("$ {tour}");
    let status = Command::from(tour).status().context("cannot start `cargo`")?;
    match status.code() {
        Some(code) => Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)),
        None => bail!("the tour ended with {status}"),
    }
}
