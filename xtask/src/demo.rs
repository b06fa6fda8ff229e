//! `cargo xtask run` without a command: the tour, then a program that is on every machine.
//!
//! `sort` puts many lines in order on libheapwright.so. That it did is not assumed: the counts
//! that the library wrote at its end name it.

use core::fmt::Write as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::stats::{self, StatsFile};
use crate::{library, run, tour};

const LINE_COUNT: usize = 200_000;

/// Tells the story, then sorts.
pub(crate) fn main(options: &run::Options) -> Result<ExitCode> {
    if tour::tell(&[])? != ExitCode::SUCCESS {
        bail!("the tour failed");
    }
    println!("\nAnd now a program that knows nothing of all this: sort, {LINE_COUNT} lines.\n");
    let library = library::build()?;
    let counts = StatsFile::create()?;
    let mut command = Command::new("sort");
    run::load(&mut command, options, &library);
    counts.receive_from(&mut command);
    command.env("LC_ALL", "C");
    let (pid, sorted) = feed(&mut command, &lines())?;
    ensure!(sorted.lines().count() == LINE_COUNT, "sort lost lines");
    ensure!(sorted.lines().is_sorted(), "sort did not sort");

    let processes = counts.read()?;
    let is_sort = |stats: &stats::Stats| stats.number("pid") == Some(pid.into());
    ensure!(processes.iter().any(is_sort), "sort did not run on heapwright: it wrote no counts");
    stats::print(pid, &processes);
    println!("\nsort put {LINE_COUNT} lines in order, on heapwright.");
    Ok(ExitCode::SUCCESS)
}

/// Runs `command` with `input` and answers its process and its output.
fn feed(command: &mut Command, input: &str) -> Result<(u32, String)> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut pipe = child.stdin.take().context("no pipe to sort")?;
    // `sort` writes only after it has read all, so writing first cannot block for ever.
    std::io::Write::write_all(&mut pipe, input.as_bytes())?;
    drop(pipe);
    let pid = child.id();
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "sort ended with {}", output.status);
    Ok((pid, String::from_utf8(output.stdout)?))
}

/// Lines in no order, the same in every run.
fn lines() -> String {
    let mut state = 1_u32;
    let mut text = String::new();
    for index in 0..LINE_COUNT {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{state:010} line {index}");
    }
    text
}
