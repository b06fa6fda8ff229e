//! `cargo xtask test [--all]`: everything a contributor needs.
//!
//! Plain, it proves what the stable toolchain can, in minutes. `--all` adds what needs more, which
//! is in `thorough.rs`, and fails where a tool is absent.

use std::process::ExitCode;

use anyhow::Result;
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use crate::steps::{OnSkip, Step, run_all};
use crate::usage::unexpected;
use crate::workspace::{self, ABI, EXAMPLES, Package, Workspace};
use crate::{alone, thorough, tidy};

/// Runs the tests.
pub(crate) fn main(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let mut on_skip = OnSkip::Tell;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("all") => on_skip = OnSkip::Fail,
            other => return Err(unexpected(other)),
        }
    }
    let shell = workspace::shell()?;
    let workspace = Workspace::load(&shell)?;
    let mut steps = steps(&shell, &workspace);
    match on_skip {
        OnSkip::Fail => steps.extend(thorough::steps(&shell, &workspace)),
        OnSkip::Tell => {
            println!("The sanitizers, fuzzing and valgrind run with `--all` only.");
        }
    }
    Ok(run_all(steps, on_skip))
}

/// What the stable toolchain can prove.
pub(crate) fn steps(shell: &Shell, workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step::check("tidy", || tidy::check(workspace::root())),
        Step::command("the C library builds", cmd!(shell, "cargo build --release --package {ABI}")),
        // `--show-output`, because a test that skips says so on its own standard output.
        Step::command(
            "tests of the workspace",
            cmd!(shell, "cargo test --workspace --exclude {ABI} --no-fail-fast -- --show-output"),
        ),
    ];
    // In a folder of its own: the flag would have everything else built anew.
    steps.push(Step::command(
        "the protocol between threads, in every order (loom)",
        cmd!(
            shell,
            "cargo test --package heapwright-malloc --test loom --release --target-dir target/loom"
        )
        .env("RUSTFLAGS", "--cfg loom"),
    ));
    steps.push(Step::command(
        "the free slots of pools between threads, in every order (loom)",
        cmd!(
            shell,
            "cargo test --package heapwright-arena --test loom --release --target-dir target/loom"
        )
        .env("RUSTFLAGS", "--cfg loom"),
    ));
    for package in workspace.packages.iter().filter(|package| package.is_published) {
        steps.extend(features(shell, package));
    }
    steps.extend(alone::steps(shell, workspace));
    if let Some(package) = workspace.package(EXAMPLES) {
        steps.extend(examples(shell, package));
    }
    steps
}

/// A library builds without its features, with each alone, and passes its tests with all: but for
/// the one that needs a nightly toolchain, which `thorough.rs` tries.
fn features(shell: &Shell, package: &Package) -> Vec<Step> {
    let name = &package.name;
    let stable = package.stable_features();
    if stable.is_empty() {
        return Vec::new();
    }
    let bare = cmd!(shell, "cargo check --package {name} --no-default-features");
    let mut steps = vec![Step::command(format!("{name} without features"), bare)];
    for &feature in &stable {
        let one =
            cmd!(shell, "cargo check --package {name} --no-default-features --features {feature}");
        steps.push(Step::command(format!("{name} with {feature} alone"), one));
    }
    let features = stable.join(",");
    let all = cmd!(
        shell,
        "cargo test --package {name} --features {features} --no-fail-fast -- --show-output"
    );
    steps.push(Step::command(format!("{name} with all features"), all));
    steps
}

/// Every program in `examples/` ends well.
fn examples(shell: &Shell, package: &Package) -> Vec<Step> {
    let name = &package.name;
    let run = |kind: &'static str| {
        let option = format!("--{kind}");
        package.names(kind).into_iter().map(move |program| {
            Step::command(
                format!("example {program}"),
                cmd!(shell, "cargo run --package {name} {option} {program}"),
            )
        })
    };
    run("bin").chain(run("example")).collect()
}
