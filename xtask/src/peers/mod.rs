//! `cargo xtask bench peers`: whole programs on this malloc and on others, side by side.
//!
//! ```text
//!   contenders                rows                          a round
//!   heapwright, glibc,        workloads of `benches/`,      every row on every contender,
//!   Debian's and --lib's      programs of the system        each time in another order
//!        └───────────────┬────────────┘                              │
//!                        ▼                                           ▼
//!   launch ──► samples (time, peak RSS) ──► figures ──► report · plot · record
//! ```
//!
//! `rust-peers` does the same with Rust programs, one binary for each `#[global_allocator]`,
//! `scaling` with more and more objects and threads, and `instructions` counts what a malloc and a
//! free execute.
//!
//! - `contenders`: the allocators, how each is found; `rust_side`: those chosen by Rust programs
//! - `rows`: what is run; `programs`: real programs and their inputs
//! - `launch`: one run; `rounds`: all of them in order
//! - `figures`: medians, ratios, means; `report`, `plot`, `record`: what is made of them

mod build;
mod contenders;
mod figures;
mod instructions;
mod launch;
mod machine;
mod options;
mod plot;
mod programs;
mod record;
mod report;
mod rounds;
mod rows;
mod rust_side;
mod scaling;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use self::contenders::Contender;
use self::figures::Figures;
pub(crate) use self::instructions::main as instructions;
use self::launch::Launcher;
use self::options::Options;
use self::rows::Row;
pub(crate) use self::scaling::main as scaling;
use crate::workspace::{self, Workspace};

/// Who competes in what, and what could not be tried.
struct Contest {
    /// Its name, which files bear.
    name: &'static str,
    /// At least one.
    contenders: Vec<Contender>,
    /// At least one.
    rows: Vec<Row>,
    /// One line for each contender and each row that is missing here, with the reason.
    absent: Vec<String>,
}

/// Runs `bench peers`.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let workloads = build::workloads()?;
    let folder = folder()?;
    let launcher = Launcher { program: workloads.clone(), timeout: options.timeout };
    let (contenders, mut absent) = contenders::find(&options, &launcher)?;
    let rows = rows::find(&options, &workloads, &folder.join("inputs"), &mut absent)?;
    let contest = Contest { name: "peers", contenders, rows, absent };
    run(&contest, &options, &launcher, &folder)
}

/// Runs `bench rust-peers`.
pub(crate) fn rust(arguments: lexopt::Parser) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let workloads = build::workloads()?;
    let (contenders, absent) = rust_side::find(&options)?;
    let rows = rust_side::rows(&options, &contenders)?;
    let launcher = Launcher { program: workloads, timeout: options.timeout };
    let contest = Contest { name: "rust-peers", contenders, rows, absent };
    run(&contest, &options, &launcher, &folder()?)
}

fn run(
    contest: &Contest,
    options: &Options,
    launcher: &Launcher,
    folder: &Path,
) -> Result<ExitCode> {
    let (figures, stem) = measure(contest, options, launcher, folder)?;
    report::print(contest, &figures);
    let picture = stem.with_extension("svg");
    plot::draw(&picture, contest, &figures)?;
    println!("\n{}\n{}", stem.with_extension("json").display(), picture.display());
    let complete = figures.failures().is_empty();
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs all rounds and keeps the record. Also answers its path, without the ending.
fn measure(
    contest: &Contest,
    options: &Options,
    launcher: &Launcher,
    folder: &Path,
) -> Result<(Figures, PathBuf)> {
    let Contest { name, contenders, rows, absent } = contest;
    let base = options.base(contenders)?;
    if rows.is_empty() {
        bail!("no row is left to run");
    }
    for line in absent {
        println!("absent: {line}");
    }
    let stem = folder.join(format!("{name}-{}", machine::unix_seconds()));
    let record = stem.with_extension("json");
    let header = record::header(contest, options, base);
    let samples = rounds::run(contest, options, launcher, |samples| {
        record::write(&record, &header, contest, samples)
    })?;
    Ok((Figures::new(contest, &samples, base), stem))
}

/// Where results and inputs are kept: `peers` in the folder where cargo builds.
fn folder() -> Result<PathBuf> {
    let shell = workspace::shell()?;
    let folder = Workspace::load(&shell)?.target_directory.join("peers");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
