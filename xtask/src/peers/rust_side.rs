//! The allocators that Rust programs choose by `#[global_allocator]`, one binary each.
//!
//! A crate that does not build here is named as absent, with the others still compared.

use anyhow::{Result, bail};
use std::process::Command;

use super::build;
use super::contenders::{Contender, Way, output_of, revision};
use super::options::Options;
use super::rows::{self, Row};
use crate::workspace;

/// Name in tables, and the crate whose version is shown: none for what is not a crate.
const ALLOCATORS: [(&str, Option<&str>); 7] = [
    ("heapwright", None),
    ("system", None),
    ("mimalloc", Some("mimalloc")),
    ("snmalloc", Some("snmalloc-rs")),
    ("jemalloc", Some("tikv-jemallocator")),
    ("rpmalloc", Some("rpmalloc")),
    ("rallocator", Some("rallocator")),
];

/// Builds one program for each allocator that is asked for; the second list names those that do
/// not build.
pub(super) fn find(options: &Options) -> Result<(Vec<Contender>, Vec<String>)> {
    if !options.libraries.is_empty() {
        bail!("--lib is for `bench peers`: Rust programs are linked with their allocator");
    }
    let lock = std::fs::read_to_string(workspace::root().join("Cargo.lock"))?;
    let mut contenders = Vec::new();
    let mut absent = Vec::new();
    for (name, package) in ALLOCATORS.into_iter().filter(|it| options.wants_contender(it.0)) {
        let feature = format!("peers-{name}");
        let feature = (name != "system").then_some(feature.as_str());
        match build::program(&format!("rust-{name}"), feature) {
            Ok(program) => {
                let version = version(&lock, name, package);
                contenders.push(Contender::linked(name, program, &version));
            }
            Err(error) => absent.push(format!("{name}: {error:#}")),
        }
    }
    Ok((contenders, absent))
}

fn version(lock: &str, name: &str, package: Option<&str>) -> String {
    match package {
        Some(package) => format!("{package} {}", locked_version(lock, package).unwrap_or("?")),
        None if name == "system" => output_of(Command::new("getconf").arg("GNU_LIBC_VERSION")),
        None => revision(),
    }
}

/// The version of a package in a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0)
}

/// The rows that the programs know; all of them know the same.
pub(super) fn rows(options: &Options, contenders: &[Contender]) -> Result<Vec<Row>> {
    let linked = |contender: &Contender| match &contender.way {
        Way::Linked(program) => Some(program.clone()),
        Way::Preload(_) => None,
    };
    let Some(program) = contenders.iter().find_map(linked) else {
        bail!("no allocator is left to run");
    };
    let mut rows = rows::workload_rows(options, &program, None)?;
    let known: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    if let Some(name) = options.rows.iter().find(|name| !known.contains(name)) {
        bail!("no workload `{name}`; there are {}", known.join(", "));
    }
    rows.retain(|row| options.wants_row(&row.name));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"a-rs\"\nversion = \"1.2\"\n\n[[package]]\nname = \"a\"\n\
                    version = \"3.4\"\n";
        assert_eq!(locked_version(lock, "a"), Some("3.4"));
        assert_eq!(locked_version(lock, "b"), None);
        assert_eq!(version(lock, "it", Some("a-rs")), "a-rs 1.2");
    }
}
