//! `cargo xtask test [NAME] [--all]`: everything a contributor needs, or what is of one layer.
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
    let shell = workspace::shell()?;
    let workspace = Workspace::load(&shell)?;
    let mut on_skip = OnSkip::Tell;
    let mut wanted = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("all") => on_skip = OnSkip::Fail,
            Value(name) if wanted.is_none() => {
                wanted = Some(workspace.library(&name.to_string_lossy())?);
            }
            other => return Err(unexpected(other)),
        }
    }
    let mut steps = steps(&shell, &workspace, wanted);
    match on_skip {
        OnSkip::Fail => steps.extend(thorough::steps(&shell, &workspace, wanted)),
        OnSkip::Tell => {
            println!("The sanitizers, fuzzing and valgrind run with `--all` only.");
        }
    }
    Ok(run_all(steps, on_skip))
}

/// What the stable toolchain can prove, of everything or of one library.
pub(crate) fn steps(shell: &Shell, workspace: &Workspace, wanted: Option<&Package>) -> Vec<Step> {
    // `--show-output`, because a test that skips says so on its own standard output.
    let mut steps = match wanted {
        None => vec![
            Step::check("tidy", || tidy::check(workspace::root())),
            Step::command(
                "the C library builds",
                cmd!(shell, "cargo build --release --package {ABI}"),
            ),
            Step::command(
                "tests of the workspace",
                cmd!(
                    shell,
                    "cargo test --workspace --exclude {ABI} --no-fail-fast -- --show-output"
                ),
            ),
        ],
        Some(Package { name, .. }) => vec![Step::command(
            format!("tests of {name}"),
            cmd!(shell, "cargo test --package {name} --no-fail-fast -- --show-output"),
        )],
    };
    let libraries = || workspace.published().filter(|package| package.is_wanted(wanted));
    steps.extend(libraries().filter_map(|package| loom(shell, package)));
    for package in libraries() {
        steps.extend(features(shell, package));
    }
    steps.extend(alone::steps(shell, workspace, wanted));
    if let Some(package) = workspace.package(EXAMPLES).filter(|_| wanted.is_none()) {
        steps.extend(examples(shell, package));
    }
    steps
}

/// What threads do to each other in a library, in every order.
fn loom(shell: &Shell, package: &Package) -> Option<Step> {
    package.of_kind("test").find(|target| target.name == "loom")?;
    let name = &package.name;
    // In a folder of its own: the flag would have everything else built anew.
    let models =
        cmd!(shell, "cargo test --package {name} --test loom --release --target-dir target/loom");
    let models = models.env("RUSTFLAGS", "--cfg loom");
    Some(Step::command(format!("threads of {name} in every order (loom)"), models))
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
