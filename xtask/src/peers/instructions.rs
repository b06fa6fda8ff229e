//! `cargo xtask bench instructions`: what a malloc and its free execute, counted by valgrind.
//!
//! ```text
//!   (count of 1 + N pairs − count of 1 pair) / N          on an allocator
//! − the same on functions that only return                the loop around the calls
//! + what those functions execute
//! ```
//!
//! The result does not depend on the load of the machine. One thread, one size; a depth of 1 frees
//! each block at once, a depth of 100 allocates 100 and frees them, the last one first.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use indicatif::{ProgressBar, ProgressStyle};

use super::build;
use super::contenders::{self, Contender};
use super::launch::Launcher;
use super::options::Options;
use super::programs;

const SIZES: [usize; 4] = [16, 64, 256, 1024];
const DEPTHS: [usize; 2] = [1, 100];
/// Pairs in the short and in the long run.
const FEW: u64 = 10_000;
const MANY: u64 = 110_000;

/// Counts for every contender.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if !options.rows.is_empty() {
        bail!("--workload is for `bench peers` and `rust-peers`: here all sizes are counted");
    }
    if programs::find("valgrind").is_none() {
        bail!("valgrind is not installed");
    }
    let launcher = Launcher { program: build::workloads()?, timeout: options.timeout };
    let (contenders, absent) = contenders::find(&options, &launcher)?;
    let counter = Counter { program: launcher.program };
    let rows = DEPTHS.into_iter().flat_map(|depth| SIZES.into_iter().map(move |it| (it, depth)));
    let rows: Vec<(usize, usize)> = rows.collect();
    let progress = ProgressBar::new(u64::try_from(rows.len() * (contenders.len() + 1))?);
    progress.set_style(ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}")?);

    let mut failures = absent;
    let mut cells = Vec::new();
    for (size, depth) in rows {
        progress.set_message(format!("{size} B, the loop alone"));
        let empty = counter.per_pair(size, depth, None)?;
        progress.inc(1);
        let mut row = vec![format!("{size} B, depth {depth}")];
        for contender in &contenders {
            progress.set_message(format!("{size} B on {}", contender.name));
            match counter.per_pair(size, depth, Some(contender)) {
                Ok(count) => row.push(format!("{:.1}", count - empty)),
                Err(error) => {
                    failures.push(format!("{} at {size} B: {error:#}", contender.name));
                    row.push("failed".to_owned());
                }
            }
            progress.inc(1);
        }
        cells.push(row);
    }
    progress.finish_and_clear();
    print(&contenders, cells);
    failures.iter().for_each(|failure| println!("FAILED or absent: {failure}"));
    Ok(ExitCode::SUCCESS)
}

fn print(contenders: &[Contender], cells: Vec<Vec<String>>) {
    let names = contenders.iter().map(|contender| contender.name.clone());
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["pairs of".to_owned()].into_iter().chain(names)).add_rows(cells);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("\nInstructions of one malloc and its free, less is better\n\n{table}");
}

/// Counts by callgrind.
struct Counter {
    /// The program of workloads.
    program: PathBuf,
}

impl Counter {
    /// Instructions of a pair with the loop around it; of the loop alone without a contender.
    fn per_pair(&self, size: usize, depth: usize, contender: Option<&Contender>) -> Result<f64> {
        let (few, null) = self.count(size, depth, FEW, contender)?;
        let (many, _) = self.count(size, depth, MANY, contender)?;
        let pairs = (MANY - FEW) as f64;
        let per_pair = many.checked_sub(few).context("more pairs cost less")? as f64 / pairs;
        Ok(if contender.is_none() { per_pair - null } else { per_pair })
    }

    /// Instructions of a whole run, and what the functions that only return execute.
    fn count(
        &self,
        size: usize,
        depth: usize,
        pairs: u64,
        contender: Option<&Contender>,
    ) -> Result<(u64, f64)> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--"]);
        command.arg(&self.program).arg("pairs");
        for (option, value) in [("--size", size), ("--depth", depth)] {
            command.arg(option).arg(value.to_string());
        }
        command.arg("--count").arg(pairs.to_string());
        if contender.is_none() {
            command.arg("--null");
        }
        preload(&mut command, contender.and_then(Contender::library));
        let output = command.stdin(Stdio::null()).output().context("cannot start valgrind")?;
        let report = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let last = report.trim_end().lines().next_back().unwrap_or("");
            return Err(anyhow!("valgrind ended with {}: {last}", output.status));
        }
        let told = String::from_utf8_lossy(&output.stdout);
        let null = told.split_whitespace().find_map(|it| it.strip_prefix("null_instructions="));
        let null = null.and_then(|it| it.parse().ok()).context("the program told nothing")?;
        Ok((collected(&report).context("valgrind told no count")?, null))
    }
}

fn preload(command: &mut Command, library: Option<&Path>) {
    match library {
        Some(library) => command.env("LD_PRELOAD", library),
        None => command.env_remove("LD_PRELOAD"),
    };
}

fn collected(report: &str) -> Option<u64> {
    let line = report.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_count_is_found_in_the_report() {
        let report = "==7== Events    : Ir\n==7== Collected : 123456\n==7==\n";
        assert_eq!(collected(report), Some(123_456));
        assert_eq!(collected("==7== Events : Ir"), None);
    }
}
