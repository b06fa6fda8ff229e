//! Programs that are built by themselves, each on one layer: without std, and without panics.
//!
//! Each brings a panic handler of its own, and no other member's features may reach it. They
//! are linked with the whole program in view (`profile.proof`), so that what cannot be reached is
//! not there: neither the unwinder that std would bring, nor, in `xtask/no_panic`, a panic.

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::steps::Step;
use crate::workspace::{ABI, NO_PANIC, NO_STD, Package, Target, Workspace};

/// The program that must not link, or the others prove nothing.
const CONTROL: &str = "no_panic_control";
/// The symbol that the panic handlers call, and that is nowhere.
const MISSING_SYMBOL: &str = "heapwright_a_panic_is_reachable";

/// Every such program, and the C library; or those of one library.
pub(crate) fn steps(shell: &Shell, workspace: &Workspace, wanted: Option<&Package>) -> Vec<Step> {
    let mut steps = Vec::new();
    let is_wanted = |target: &&Target| {
        wanted.is_none_or(|wanted| target.required_features.iter().any(|it| it == wanted.layer()))
    };
    for target in programs(workspace, NO_STD).filter(is_wanted) {
        steps.push(linked_and_run(shell, NO_STD, "without std", target));
    }
    let is_proof = |target: &&Target| target.name != CONTROL && is_wanted(target);
    let proofs: Vec<_> = programs(workspace, NO_PANIC).filter(is_proof).collect();
    for target in &proofs {
        steps.push(linked_and_run(shell, NO_PANIC, "no panic is reachable", target));
    }
    if wanted.is_none() {
        let library =
            cmd!(shell, "cargo build --profile proof --package {ABI} --features prove-no-panic");
        steps.push(Step::command("no panic is reachable: the C library", library));
    }
    if !proofs.is_empty() {
        let copy = shell.clone();
        steps.push(Step::check("no panic is reachable: the counterproof", move || control(&copy)));
    }
    steps
}

/// The programs of one of these packages.
pub(crate) fn programs<'a>(
    workspace: &'a Workspace,
    package: &str,
) -> impl Iterator<Item = &'a Target> + use<'a> {
    workspace.package(package).into_iter().flat_map(|package| package.of_kind("bin"))
}

fn linked_and_run(shell: &Shell, package: &str, title: &str, target: &Target) -> Step {
    let bin = &target.name;
    let features = target.required_features.join(",");
    let run = cmd!(
        shell,
        "cargo run --profile proof --package {package} --bin {bin} --features {features}"
    );
    Step::command(format!("{title}: {bin}"), run)
}

/// A program with a reachable panic, which must be refused for that and nothing else.
fn control(shell: &Shell) -> Result<Vec<String>> {
    let build = cmd!(
        shell,
        "cargo build --profile proof --package {NO_PANIC} --bin {CONTROL} --features control"
    );
    let output = build.quiet().ignore_status().output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(vec![format!("{CONTROL} links, so the proofs above prove nothing")]);
    }
    if text.contains(MISSING_SYMBOL) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{CONTROL} failed for another reason:\n{text}")])
}
