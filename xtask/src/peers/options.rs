//! What was asked for on the command line of `bench peers`, `rust-peers` and `instructions`.

use core::time::Duration;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use super::contenders::Contender;
use crate::library::can_be_preloaded;
use crate::usage::unexpected;

const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 2;
const SCALE_QUICK: f64 = 0.1;

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    /// How often everything is run.
    pub(super) rounds: usize,
    /// How large the work is; 1 is some tenths of a second each.
    pub(super) scale: f64,
    /// The threads of those workloads that have some; their own default where it is `None`.
    pub(super) threads: Option<usize>,
    /// Libraries beside those that are found: name and file.
    pub(super) libraries: Vec<(String, PathBuf)>,
    /// The only rows to run; all where it is empty.
    pub(super) rows: Vec<String>,
    /// The only contenders to run; all where it is empty.
    pub(super) contenders: Vec<String>,
    /// Whom the ratios refer to.
    base: Option<String>,
    /// How long one run may take.
    pub(super) timeout: Duration,
}

impl Options {
    /// Reads the arguments.
    pub(super) fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            rounds: ROUNDS,
            scale: 1.0,
            threads: None,
            libraries: Vec::new(),
            rows: Vec::new(),
            contenders: Vec::new(),
            base: None,
            timeout: Duration::from_secs(120),
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("quick") => (options.rounds, options.scale) = (ROUNDS_QUICK, SCALE_QUICK),
                Long("rounds") => options.rounds = arguments.value()?.parse()?,
                Long("scale") => options.scale = arguments.value()?.parse()?,
                Long("threads") => options.threads = Some(arguments.value()?.parse()?),
                Long("lib") => options.libraries.push(library(&arguments.value()?.string()?)?),
                Long("workload") => options.rows.extend(names(&arguments.value()?.string()?)),
                Long("allocator") => {
                    options.contenders.extend(names(&arguments.value()?.string()?));
                }
                Long("base") => options.base = Some(arguments.value()?.string()?),
                Long("timeout") => {
                    options.timeout = Duration::from_secs(arguments.value()?.parse()?);
                }
                other => return Err(unexpected(other)),
            }
        }
        if options.rounds == 0 || !(options.scale > 0.0 && options.scale.is_finite()) {
            bail!("--rounds and --scale need numbers above 0");
        }
        Ok(options)
    }

    /// Whether a row of that name is asked for.
    pub(super) fn wants_row(&self, name: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|row| row == name)
    }

    /// Whether a contender of that name is asked for.
    pub(super) fn wants_contender(&self, name: &str) -> bool {
        self.contenders.is_empty() || self.contenders.iter().any(|wanted| wanted == name)
    }

    /// The index of the contender whom ratios refer to: the one that is named, else mimalloc 3,
    /// else mimalloc, else the first that is not ours, else the first.
    pub(super) fn base(&self, contenders: &[Contender]) -> Result<usize> {
        let position = |name: &str| contenders.iter().position(|it| it.name == name);
        if let Some(name) = &self.base {
            return position(name).with_context(|| format!("--base: `{name}` does not compete"));
        }
        let known = position("mimalloc3").or_else(|| position("mimalloc"));
        let other = || contenders.iter().position(|it| !it.is_ours());
        if contenders.is_empty() {
            bail!("no allocator is left to run");
        }
        Ok(known.or_else(other).unwrap_or(0))
    }
}

/// `NAME=PATH`, the file of a library that can be preloaded.
fn library(text: &str) -> Result<(String, PathBuf)> {
    let (name, path) = text.split_once('=').context("--lib needs NAME=PATH")?;
    let path = std::path::absolute(path)?;
    if !path.is_file() {
        bail!("--lib {name}: there is no file {}", path.display());
    }
    if !can_be_preloaded(&path) {
        bail!("--lib {name}: LD_PRELOAD cannot name a path with spaces or colons");
    }
    Ok((name.to_owned(), path))
}

fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(lexopt::Parser::from_args(words))
    }

    fn contenders(names: &[&str]) -> Vec<Contender> {
        names.iter().map(|name| Contender::preloaded(name, None, "1")).collect()
    }

    #[test]
    fn lists_of_names_choose_and_no_list_chooses_all() {
        let options = parse(&["--workload", "huge, server", "--workload=storm"]).unwrap();
        assert!(options.wants_row("huge") && options.wants_row("storm"));
        assert!(!options.wants_row("strings"));
        assert!(options.wants_contender("glibc"));
        assert_eq!((options.rounds, options.scale), (5, 1.0));
    }

    #[test]
    fn quick_is_less_of_everything_and_can_be_changed() {
        let options = parse(&["--quick", "--rounds", "3"]).unwrap();
        assert_eq!((options.rounds, options.scale), (3, 0.1));
    }

    #[test]
    fn libraries_must_be_files_with_a_name() {
        let file = env!("CARGO_MANIFEST_PATH");
        let options = parse(&["--lib", &format!("other={file}")]).unwrap();
        assert_eq!(options.libraries, [("other".to_owned(), PathBuf::from(file))]);
        assert!(parse(&["--lib", "other"]).is_err());
        assert!(parse(&["--lib", "other=/no/such/file.so"]).is_err());
        assert!(parse(&["--rounds", "0"]).is_err());
        assert!(parse(&["--scale", "nan"]).is_err());
    }

    #[test]
    fn the_base_is_who_is_asked_for_else_the_latest_mimalloc() {
        let options = parse(&[]).unwrap();
        let all = contenders(&["heapwright", "glibc", "mimalloc", "mimalloc3"]);
        assert_eq!(options.base(&all).unwrap(), 3);
        assert_eq!(options.base(&all[..3]).unwrap(), 2);
        assert_eq!(options.base(&all[..2]).unwrap(), 1);
        assert_eq!(options.base(&all[..1]).unwrap(), 0);
        assert!(options.base(&[]).is_err());
        let named = parse(&["--base", "glibc"]).unwrap();
        assert_eq!(named.base(&all).unwrap(), 1);
        assert!(named.base(&all[..1]).is_err());
    }
}
