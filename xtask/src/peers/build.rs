//! Builds the programs of `benches/` that are measured, and finds them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xshell::cmd;

use crate::workspace::{self, BENCHES};

/// The program of workloads, which is the launcher too.
pub(super) fn workloads() -> Result<PathBuf> {
    program("workloads", None)
}

/// Builds a program of the package of benchmarks, by the feature that it needs.
///
/// Without debug information, whatever the profile says: cargo tells build scripts `DEBUG=true`
/// where there is some, and then snmalloc's builds itself without optimisation.
pub(super) fn program(bin: &str, feature: Option<&str>) -> Result<PathBuf> {
    let shell = workspace::shell()?;
    let features = feature.into_iter().flat_map(|feature| ["--features", feature]);
    let build = cmd!(
        shell,
        "cargo build --release --package {BENCHES} --bin {bin} {features...}
         --message-format json-render-diagnostics"
    );
    let build = build.env("CARGO_PROFILE_RELEASE_DEBUG", "false");
    let output = Command::from(build).stderr(Stdio::inherit()).output();
    let output = output.context("cannot start `cargo`")?;
    if !output.status.success() {
        bail!("{bin} was not built: cargo ended with {}", output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    executable(&messages, bin).with_context(|| format!("cargo built no {bin}"))
}

/// The file of a program among those that cargo says it has built.
fn executable(messages: &str, bin: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut ours = messages.filter(|message| message["target"]["name"] == bin);
    ours.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"a"},"executable":"/t/a"}
            {"reason":"compiler-artifact","target":{"name":"b"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"b"},"executable":"/t/b"}
        "#;
        assert_eq!(executable(messages, "b"), Some(PathBuf::from("/t/b")));
        assert_eq!(executable(messages, "c"), None);
    }
}
