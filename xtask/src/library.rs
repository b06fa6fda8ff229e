//! Builds `libheapwright.so` and finds it.
//!
//! The path comes from cargo's JSON messages, so it is right wherever `CARGO_TARGET_DIR` points.
//! The tests have the same in `heapwright_conformance::library`; it is not used here, because then
//! a layer that does not compile would take `cargo xtask` down with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xshell::cmd;

use crate::workspace::{self, ABI};

/// Builds the C library for release and answers the path of its shared object.
pub(crate) fn build() -> Result<PathBuf> {
    let shell = workspace::shell()?;
    let format = "json-render-diagnostics";
    let build = cmd!(shell, "cargo build --release --package {ABI} --message-format {format}");
    let output = Command::from(build).stderr(Stdio::inherit()).output();
    let output = output.context("cannot start `cargo`")?;
    if !output.status.success() {
        bail!("libheapwright.so was not built: cargo ended with {}", output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let path = shared_object(&messages).context("cargo built no libheapwright.so")?;
    if can_be_preloaded(&path) {
        return Ok(path);
    }
    bail!(
        "LD_PRELOAD cannot name `{}`: set CARGO_TARGET_DIR to a path without spaces and colons",
        path.display()
    );
}

/// The shared object among the files that cargo says it has built.
fn shared_object(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact");
    let ours = artifacts.filter(|message| message["target"]["name"] == "heapwright");
    let files = ours.flat_map(|message| {
        let names = message["filenames"].as_array().cloned().unwrap_or_default();
        names.into_iter().filter_map(|name| Some(PathBuf::from(name.as_str()?)))
    });
    let is_shared = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "so");
    files.rev().find(is_shared)
}

/// The dynamic linker splits `LD_PRELOAD` at spaces and colons and knows no quotes.
pub(crate) fn can_be_preloaded(path: &Path) -> bool {
    !path.to_string_lossy().contains([' ', ':', '\t', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_object_is_found_among_the_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"libc"},"filenames":["/t/liblibc.so"]}
            not json
            {"reason":"build-finished","success":true}
            {"reason":"compiler-artifact","target":{"name":"heapwright"},
        "#;
        let ours = r#""filenames":["/t/libheapwright.a","/t/libheapwright.so"]}"#;
        let messages = &format!("{}{ours}", messages.trim_end());
        assert_eq!(shared_object(messages), Some(PathBuf::from("/t/libheapwright.so")));
        assert_eq!(shared_object(""), None);
    }

    #[test]
    fn paths_that_the_dynamic_linker_would_split_are_refused() {
        assert!(can_be_preloaded(Path::new("/t/libheapwright.so")));
        assert!(!can_be_preloaded(Path::new("/my target/libheapwright.so")));
        assert!(!can_be_preloaded(Path::new("/a:b/libheapwright.so")));
    }
}
