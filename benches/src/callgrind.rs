//! Instructions counted by valgrind's callgrind: the same on every run, whatever the machine does.
//!
//! A program counts its own loop by running itself as a child under callgrind twice, with few
//! and with many steps: the difference is the cost of the steps alone, set-up excluded.

use core::fmt;
use std::{
    env,
    process::{Command, Stdio},
};

/// Why there is no count.
#[derive(Debug)]
pub struct Unavailable(String);

impl fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SKIPPED: no instruction counts: {}", self.0)
    }
}

/// Instructions that this very program executes with these arguments.
///
/// # Errors
///
/// [`Unavailable`] where valgrind is absent, or the child failed under it.
pub fn instructions(arguments: &[String]) -> Result<u64, Unavailable> {
    let program = env::current_exe().map_err(|error| Unavailable(error.to_string()))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--"])
        .arg(program)
        .args(arguments)
        .stdout(Stdio::null())
        .output()
        .map_err(|error| Unavailable(format!("valgrind: {error}")))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok());
    match collected {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(Unavailable(format!("{}: {report}", output.status))),
    }
}

/// Instructions for each of `step_count` steps: `arguments(steps)` names the child's work, and a
/// run of one step is subtracted.
///
/// # Errors
///
/// As [`instructions`].
pub fn instructions_per_step(
    step_count: u64,
    arguments: impl Fn(u64) -> Vec<String>,
) -> Result<f64, Unavailable> {
    let few = instructions(&arguments(1))?;
    let many = instructions(&arguments(1 + step_count))?;
    Ok(many.saturating_sub(few) as f64 / step_count as f64)
}
