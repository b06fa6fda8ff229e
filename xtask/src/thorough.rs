//! What `cargo xtask test --all` adds: tools beside the stable toolchain.
//!
//! | step | needs |
//! |---|---|
//! | the tests under the address sanitizer | a nightly toolchain (rustup) |
//! | threads under the thread sanitizer, and a race that it must find | the same |
//! | those of objects under the leak sanitizer too | the same |
//! | what has a feature `nightly`, with it | the same |
//! | a minute of each fuzz target | nightly and cargo-fuzz |
//! | the examples under valgrind | valgrind |
//!
//! A tool that is absent is a skip with its reason, never silence.

use std::process::{Command, Stdio};

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use crate::steps::Step;
use crate::workspace::{EXAMPLES, NIGHTLY_FEATURE, Package, Workspace};

/// The packages whose tests have a meaning under the address sanitizer: it brings a malloc of
/// its own, so what preloads the C library is left out, as are programs that nobody instruments.
const SANITIZED: [&str; 3] = ["heapwright-break", "heapwright-block", "heapwright-conformance"];
/// Packages whose tests leave nothing behind, so that leaks are looked for as well, the features
/// that the tests are for, and the tests.
const LEAK_FREE: [(&str, &str, &[&str]); 2] = [
    ("heapwright-new", "alloc,allocator-api2-02", &["it"]),
    ("heapwright-arena", "malloc", &["it", "pool"]),
];
/// One of them measures the memory of its process, to which the sanitizer adds.
const MEASURES_MEMORY: &str = "takes_no_more_memory";
/// The package whose threads are tried under the thread sanitizer.
const THREADED: &str = "heapwright-malloc";
/// Tests that ask about what the sanitizer changes: the program break and its limits, `errno` after
/// a refusal, locked pages, how much address space is left, and the system's own allocator.
const NOT_SANITIZED: [&str; 5] =
    ["program_break", "errno", "locked_pages", "refused_first_growth", "trusted"];
/// Named, or the compiler refuses to mix what is instrumented with the standard library, which is
/// not: `crates/malloc/tests/races.rs` says how it is still seen what orders the threads.
const THREAD_SANITIZER: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
/// How the thread sanitizer begins a report.
const RACE: &str = "WARNING: ThreadSanitizer: data race";
const FUZZ: &str = "crates/conformance/fuzz";
const FUZZ_SECONDS: &str = "60";
const NO_NIGHTLY: &str = "no nightly toolchain (rustup toolchain install nightly)";

/// The steps, of everything or of one library, with a skip for each tool that is absent.
pub(crate) fn steps(shell: &Shell, workspace: &Workspace, wanted: Option<&Package>) -> Vec<Step> {
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted.name == name);
    let mut steps = Vec::new();
    let sanitized: Vec<_> = SANITIZED.into_iter().filter(|name| is_wanted(name)).collect();
    if !sanitized.is_empty() {
        steps.push(address_sanitizer(shell, &sanitized));
    }
    let leak_free = LEAK_FREE.iter().filter(|(name, ..)| is_wanted(name));
    steps.extend(leak_free.map(|(name, features, tests)| leaks(shell, name, features, tests)));
    if is_wanted(THREADED) {
        steps.extend(thread_sanitizer(shell));
    }
    steps.extend(nightly(shell, workspace, wanted));
    if wanted.is_none() {
        steps.extend(fuzzing(shell));
        let examples = workspace.package(EXAMPLES).into_iter();
        steps.extend(examples.flat_map(|package| valgrind(shell, workspace, package)));
    }
    steps
}

fn address_sanitizer(shell: &Shell, names: &[&str]) -> Step {
    let title = "tests under the address sanitizer";
    let Some(host) = nightly_host(shell) else { return Step::skip(title, NO_NIGHTLY) };
    let packages = names.iter().flat_map(|name| ["--package", name]);
    let skips = NOT_SANITIZED.iter().flat_map(|name| ["--skip", name]);
    let command = cmd!(
        shell,
        "rustup run nightly cargo test {packages...} --target {host} --lib --test it
         --no-fail-fast -- --show-output {skips...}"
    );
    // Naming the target keeps these builds in a folder of their own. Leaks are not looked for:
    // tests fork, are killed and leave heaps behind on purpose. Some expect a fault of their own.
    let command = command
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1:handle_segv=0")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    Step::command(title, command)
}

fn thread_sanitizer(shell: &Shell) -> Vec<Step> {
    let title = "threads under the thread sanitizer";
    let Some(host) = nightly_host(shell) else { return vec![Step::skip(title, NO_NIGHTLY)] };
    let counterproof = Command::from(races(shell, &host, &["--", "--counterproof"]).quiet());
    vec![
        Step::command(title, races(shell, &host, &[])),
        Step::check("the thread sanitizer finds a race: the counterproof", move || {
            race_is_found(counterproof)
        }),
    ]
}

fn races<'a>(shell: &'a Shell, host: &str, arguments: &[&str]) -> Cmd<'a> {
    let command = cmd!(
        shell,
        "rustup run nightly cargo test --package {THREADED} --target {host} --test races
         {arguments...}"
    );
    command
        .env("RUSTFLAGS", THREAD_SANITIZER)
        .env("TSAN_OPTIONS", "halt_on_error=1")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
}

/// A program with a race, which must be reported: or what is silent proves nothing.
fn race_is_found(mut command: Command) -> Result<Vec<String>> {
    let output = command.stdin(Stdio::null()).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && report.contains(RACE) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{report}\nended with {}, and no race was reported", output.status)])
}

/// The tests of objects, with whatever they allocated and did not give back.
fn leaks(shell: &Shell, name: &str, features: &str, tests: &[&str]) -> Step {
    let title = format!("tests of {name} under the address and leak sanitizers");
    let Some(host) = nightly_host(shell) else { return Step::skip(title, NO_NIGHTLY) };
    let tests = tests.iter().flat_map(|test| ["--test", test]);
    let command = cmd!(
        shell,
        "rustup run nightly cargo test --package {name} --features {features} --target {host}
         --lib {tests...} --no-fail-fast -- --show-output --skip {MEASURES_MEMORY}"
    );
    let command = command
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    Step::command(title, command)
}

/// The packages with a feature that needs a nightly toolchain.
fn nightly(shell: &Shell, workspace: &Workspace, wanted: Option<&Package>) -> Vec<Step> {
    let is_nightly =
        |package: &&Package| package.features.iter().any(|name| name == NIGHTLY_FEATURE);
    let packages = workspace.packages.iter().filter(|package| package.is_wanted(wanted));
    let step = |package: &Package| {
        let name = &package.name;
        let title = format!("{name} on nightly, with all features");
        if nightly_host(shell).is_none() {
            return Step::skip(title, NO_NIGHTLY);
        }
        let test = cmd!(
            shell,
            "rustup run nightly cargo test --package {name} --all-features --lib --test it
             --no-fail-fast --target-dir target/nightly -- --show-output"
        );
        Step::command(title, test.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO"))
    };
    packages.filter(is_nightly).map(step).collect()
}

/// The host triple of the nightly toolchain, where it is installed.
fn nightly_host(shell: &Shell) -> Option<String> {
    let version = cmd!(shell, "rustup run nightly rustc --version --verbose");
    let text = version.env_remove("RUSTUP_TOOLCHAIN").quiet().ignore_stderr().read().ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn fuzzing(shell: &Shell) -> Vec<Step> {
    let title = "fuzzing";
    if !shell.path_exists(FUZZ) {
        return vec![Step::skip(title, format!("{FUZZ} is absent"))];
    }
    if nightly_host(shell).is_none() {
        return vec![Step::skip(title, NO_NIGHTLY)];
    }
    let list = cmd!(shell, "rustup run nightly cargo fuzz list --fuzz-dir {FUZZ}");
    let list = list.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").quiet().ignore_stderr();
    let Ok(targets) = list.read() else {
        return vec![Step::skip(title, "no cargo-fuzz (cargo install cargo-fuzz)")];
    };
    let run = |target: &str| {
        let limit = format!("-max_total_time={FUZZ_SECONDS}");
        let fuzz =
            cmd!(shell, "rustup run nightly cargo fuzz run --fuzz-dir {FUZZ} {target} -- {limit}");
        let fuzz = fuzz.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        Step::command(format!("fuzzing {target} for {FUZZ_SECONDS} s"), fuzz)
    };
    targets.lines().map(run).collect()
}

fn valgrind(shell: &Shell, workspace: &Workspace, package: &Package) -> Vec<Step> {
    if cmd!(shell, "valgrind --version").quiet().read().is_err() {
        return vec![Step::skip("the examples under valgrind", "valgrind is not installed")];
    }
    let debug = workspace.target_directory.join("debug");
    let programs = package.names("bin").into_iter().map(|name| (name, debug.join(name)));
    let examples =
        package.names("example").into_iter().map(|name| (name, debug.join("examples").join(name)));
    let run = |(name, path)| {
        let check = cmd!(shell, "valgrind --child-silent-after-fork=yes {path}");
        let title = format!("example {name} under valgrind");
        let command = Command::from(check.quiet());
        Step::check(title, move || faults_under_valgrind(command))
    };
    programs.chain(examples).map(run).collect()
}

/// What valgrind found in a program. Its children are not asked: some show what a fault is.
fn faults_under_valgrind(mut command: Command) -> Result<Vec<String>> {
    let output = command.stdin(Stdio::null()).output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && has_no_error(&report) {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{report}\nended with {}", output.status)])
}

fn has_no_error(report: &str) -> bool {
    let mut summaries = report.lines().filter(|line| line.contains("ERROR SUMMARY: ")).peekable();
    summaries.peek().is_some() && summaries.all(|line| line.contains("ERROR SUMMARY: 0 errors "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_passes_by_its_summary_alone() {
        assert!(has_no_error("==1== ERROR SUMMARY: 0 errors from 0 contexts"));
        assert!(!has_no_error("==1== ERROR SUMMARY: 10 errors from 1 contexts"));
        assert!(!has_no_error("the program was never started"));
    }
}
