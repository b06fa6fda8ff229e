//! `cargo xtask bench [NAME] [--quick] [--peers] [-- ARGUMENTS…]`: the figures.
//! `cargo xtask bench peers|rust-peers|scaling|instructions [OPTIONS]`: programs, in `peers/`.
//!
//! Each benchmark is a program of its own in `benches/` and prints its own table of ratios; this
//! file picks one or all of them and passes the arguments on. The feature `peers` puts other
//! crates' allocators into the same tables; tests and CI never enable it.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;
use xshell::cmd;

use crate::peers;
use crate::usage::unexpected;
use crate::workspace::{self, BENCHES, Workspace};

/// The benchmarks whose timed loops are a dozen instructions long. Where such a loop happens to
/// begin decides about a quarter of its time, which any change elsewhere moves: in the compiled
/// program each of them, of ours and of the peers, begins with a line of the cache.
const SHORT_LOOPS: [&str; 1] = ["arena"];
const ALIGNED_LOOPS: &str = "-Cllvm-args=-align-loops=64";

/// What was asked for on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    name: Option<String>,
    features: Vec<&'static str>,
    passed_on: Vec<OsString>,
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let mut options = Self::default();
        loop {
            if let Some(rest) = arguments.try_raw_args()
                && rest.peek().is_some_and(|next| next == "--")
            {
                options.passed_on.extend(rest.skip(1));
                return Ok(options);
            }
            match arguments.next()? {
                None => return Ok(options),
                Some(Long("peers")) => options.features.push("peers"),
                Some(Long("quick")) => options.passed_on.push("--quick".into()),
                Some(Value(name)) if options.name.is_none() => {
                    options.name = Some(name.string()?);
                }
                Some(other) => return Err(unexpected(other)),
            }
        }
    }
}

/// Runs the benchmarks that were asked for, one after the other.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    let mut rest = arguments.clone();
    if let Ok(Some(Value(name))) = rest.next() {
        match name.to_string_lossy().as_ref() {
            "peers" => return peers::main(rest),
            "rust-peers" => return peers::rust(rest),
            "scaling" => return peers::scaling(rest),
            "instructions" => return peers::instructions(rest),
            _ => {}
        }
    }
    let options = Options::parse(arguments)?;
    let shell = workspace::shell()?;
    let workspace = Workspace::load(&shell)?;
    let package = workspace.package(BENCHES).context("no package of benchmarks")?;
    let chosen = choose(&package.names("bench"), options.name.as_deref())?;

    let Options { features, passed_on, .. } = options;
    let features: Vec<&str> = features.iter().flat_map(|name| ["--features", name]).collect();
    let features = features.as_slice();
    let build = cmd!(shell, "cargo bench --package {BENCHES} {features...} --benches --no-run");
    run(build.to_string(), build.into())?;

    let progress = ProgressBar::new(u64::try_from(chosen.len())?);
    progress.set_style(ProgressStyle::with_template("[{pos}/{len}] {msg} after {elapsed}")?);
    for name in chosen {
        progress.set_message(name.clone());
        progress.tick();
        let args = &passed_on;
        let bench = cmd!(
            shell,
            "cargo bench --quiet --package {BENCHES} {features...} --bench {name} -- {args...}"
        );
        let is_short = SHORT_LOOPS.contains(&name.as_str());
        let bench =
            if is_short { bench.env("RUSTFLAGS", flags_with(ALIGNED_LOOPS)) } else { bench };
        progress.suspend(|| run(bench.to_string(), bench.into()))?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// The caller's flags for the compiler, and one more.
fn flags_with(flag: &str) -> String {
    format!("{} {flag}", std::env::var("RUSTFLAGS").unwrap_or_default())
}

fn choose(known: &[&str], name: Option<&str>) -> Result<Vec<String>> {
    match name {
        None => Ok(known.iter().map(|&name| name.to_owned()).collect()),
        Some(name) if known.contains(&name) => Ok(vec![name.to_owned()]),
        Some(name) => bail!("no benchmark `{name}`; there are {}", known.join(", ")),
    }
}

fn run(shown: String, mut command: Command) -> Result<()> {
    eprintln!("$ {shown}");
    let status = command.status().context("cannot start `cargo`")?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn what_stands_after_two_dashes_goes_to_the_benchmark() {
        let options = parse(&["fits", "--quick", "--peers", "--", "--rounds", "3"]).unwrap();
        assert_eq!(options.name.as_deref(), Some("fits"));
        assert_eq!(options.features, ["peers"]);
        assert_eq!(options.passed_on, ["--quick", "--rounds", "3"]);
    }

    #[test]
    fn two_names_and_unknown_options_are_refused() {
        assert!(parse(&["fits", "breaks"]).is_err());
        assert!(parse(&["--slow"]).is_err());
    }

    #[test]
    fn a_name_picks_one_benchmark_and_none_picks_all() {
        let known = ["breaks", "fits"];
        assert_eq!(choose(&known, None).unwrap(), known);
        assert_eq!(choose(&known, Some("fits")).unwrap(), ["fits"]);
        let error = choose(&known, Some("fit")).unwrap_err().to_string();
        assert_eq!(error, "no benchmark `fit`; there are breaks, fits");
    }
}
