//! `cargo xtask ci`: what every commit passes. Format, lints, docs and
//! packages, then all of `test`.

use std::process::ExitCode;

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::steps::{OnSkip, Step, run_all};
use crate::usage::no_more;
use crate::workspace::{self, ABI, NO_PANIC, NO_STD, Workspace};
use crate::{alone, test};

/// Runs every check.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    no_more(arguments)?;
    let shell = workspace::shell()?;
    let workspace = Workspace::load(&shell)?;
    let mut steps = vec![Step::command("format", cmd!(shell, "cargo fmt --all --check"))];
    steps.extend(lints(&shell, &workspace));
    steps.extend(docs(&shell));
    steps.extend(packages(&shell, &workspace));
    steps.extend(test::steps(&shell, &workspace, None));
    Ok(run_all(steps, OnSkip::Tell))
}

/// Warnings are faults. The packages without `std` are linted alone and program by program.
fn lints(shell: &Shell, workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step::command(
            "lints: the workspace",
            cmd!(shell, "cargo clippy --workspace --exclude {ABI} --all-targets -- -D warnings"),
        ),
        Step::command(
            "lints: the C library",
            cmd!(shell, "cargo clippy --package {ABI} -- -D warnings"),
        ),
    ];
    for package in [NO_STD, NO_PANIC] {
        for target in alone::programs(workspace, package) {
            let bin = &target.name;
            let features = target.required_features.join(",");
            let lint = cmd!(
                shell,
                "cargo clippy --package {package} --bin {bin} --features {features} -- -D warnings"
            );
            steps.push(Step::command(format!("lints: {bin}"), lint));
        }
    }
    steps
}

fn docs(shell: &Shell) -> Vec<Step> {
    let flags = "-D warnings";
    vec![
        Step::command(
            "docs: the workspace",
            cmd!(shell, "cargo doc --workspace --exclude {ABI} --no-deps --document-private-items")
                .env("RUSTDOCFLAGS", flags),
        ),
        Step::command(
            "docs: the C library",
            cmd!(shell, "cargo doc --package {ABI} --no-deps --document-private-items")
                .env("RUSTDOCFLAGS", flags),
        ),
    ]
}

/// Each crate for users can be packaged: what its manifest names is there.
fn packages(shell: &Shell, workspace: &Workspace) -> impl Iterator<Item = Step> {
    workspace.published().map(|package| {
        let name = &package.name;
        let list = cmd!(shell, "cargo package --package {name} --list --allow-dirty --offline");
        Step::command(format!("package: {name}"), list)
    })
}
