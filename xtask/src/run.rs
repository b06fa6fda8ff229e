//! `cargo xtask run [--break program|reserved] [--fit NAME] [--stats] -- COMMAND…`: any program
//! on libheapwright.so.
//!
//! ```text
//!   LD_PRELOAD=…/libheapwright.so  HEAPWRIGHT_BREAK=…  HEAPWRIGHT_FIT=…  COMMAND…
//! ```
//!
//! Without `--stats` this process becomes the command, so its exit code or signal is passed on
//! by itself. With it this process waits, prints what was counted, and answers the command's
//! exit code, or 128 plus its signal, as shells do.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::stats::{self, StatsFile};
use crate::usage::unexpected;
use crate::{demo, library};

const BREAKS: [&str; 2] = ["program", "reserved"];
const FITS: [&str; 6] = ["first", "second", "next", "best", "worst", "good"];

/// What was asked for on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The break to stand on; the library's default where it is `None`.
    source: Option<String>,
    /// The fit; the library's default where it is `None`.
    fit: Option<String>,
    /// What to print in the end.
    report: Report,
    /// The program and its arguments.
    command: Vec<OsString>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Report {
    #[default]
    Nothing,
    Tables,
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("break") => options.source = Some(name(&mut arguments, "--break", &BREAKS)?),
                Long("fit") => options.fit = Some(name(&mut arguments, "--fit", &FITS)?),
                Long("stats") => options.report = Report::Tables,
                Value(program) => {
                    options.command.push(program);
                    options.command.extend(arguments.raw_args()?);
                }
                other => return Err(unexpected(other)),
            }
        }
        Ok(options)
    }
}

/// The value of `option`, which must be a known name.
fn name(arguments: &mut lexopt::Parser, option: &str, known: &[&str]) -> Result<String> {
    // The next word is taken for the value whatever it is, so it may be another option.
    let word = arguments.value().ok().filter(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let Some(word) = word else {
        bail!("{option} needs a name: {}", known.join(", "));
    };
    let value = word.string()?;
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    bail!("`{value}` is none of {}", known.join(", "))
}

/// Builds the library and runs the command on it; without a command, the tour and a sort.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if options.command.is_empty() {
        return demo::main(&options);
    }
    let library = library::build()?;
    let mut command = prepare(&options, &library)?;
    match options.report {
        Report::Nothing => Ok(become_command(&mut command)),
        Report::Tables => {
            let file = StatsFile::create()?;
            file.receive_from(&mut command);
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => return Ok(not_started(&command, &error)),
            };
            let status = child.wait()?;
            stats::print(child.id(), &file.read()?);
            Ok(exit_code(status))
        }
    }
}

/// The command of `options`, set up to load `library`.
fn prepare(options: &Options, library: &Path) -> Result<Command> {
    let (program, rest) = options.command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(rest);
    load(&mut command, options, library);
    Ok(command)
}

/// Makes `command` load `library`, before whatever else it preloads.
pub(crate) fn load(command: &mut Command, options: &Options, library: &Path) {
    let others = std::env::var_os("LD_PRELOAD");
    command.env("LD_PRELOAD", preload(library, others.as_deref()));
    for (name, value) in [("HEAPWRIGHT_BREAK", &options.source), ("HEAPWRIGHT_FIT", &options.fit)] {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
}

fn preload(library: &Path, others: Option<&OsStr>) -> OsString {
    let mut list = library.as_os_str().to_owned();
    if let Some(others) = others.filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    list
}

/// Comes back only where the command could not be started.
fn become_command(command: &mut Command) -> ExitCode {
    let error = command.exec();
    not_started(command, &error)
}

/// 127 for a program that is not there and 126 for one that cannot run, as `env` answers.
fn not_started(command: &Command, error: &std::io::Error) -> ExitCode {
    eprintln!("xtask: cannot run `{}`: {error}", command.get_program().display());
    ExitCode::from(if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 })
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    if let Some(signal) = status.signal() {
        eprintln!("xtask: the command was ended by signal {signal}");
    }
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn options_end_where_the_command_begins() {
        let options =
            parse(&["--break", "program", "--stats", "--", "python3", "-c", "1", "--stats"])
                .unwrap();
        assert_eq!(options.source.as_deref(), Some("program"));
        assert_eq!(options.report, Report::Tables);
        assert_eq!(options.command, ["python3", "-c", "1", "--stats"]);
        assert_eq!(parse(&["ls", "--fit", "x"]).unwrap().command, ["ls", "--fit", "x"]);
        assert_eq!(parse(&["--fit=best"]).unwrap().fit.as_deref(), Some("best"));
    }

    #[test]
    fn unknown_names_are_told_with_those_that_are_known() {
        let error = parse(&["--break", "mmap", "--", "ls"]).unwrap_err().to_string();
        assert_eq!(error, "`mmap` is none of program, reserved");
        assert!(parse(&["--fit", "tight"]).is_err());
        assert!(parse(&["--verbose"]).is_err());
    }

    #[test]
    fn a_name_that_is_missing_is_asked_for() {
        for words in [&["--fit", "--", "true"][..], &["--fit"], &["--fit", "--stats"]] {
            let error = parse(words).unwrap_err().to_string();
            assert_eq!(error, "--fit needs a name: first, second, next, best, worst, good");
        }
        let error = parse(&["--break", "--", "true"]).unwrap_err().to_string();
        assert_eq!(error, "--break needs a name: program, reserved");
    }

    #[test]
    fn help_is_for_xtask_before_the_command_and_for_the_command_after_it() {
        assert!(parse(&["--stats", "--help"]).unwrap_err().is::<crate::usage::HelpWanted>());
        assert_eq!(parse(&["ls", "--help"]).unwrap().command, ["ls", "--help"]);
    }

    #[test]
    fn the_library_comes_before_what_was_preloaded_already() {
        let library = Path::new("/t/libheapwright.so");
        assert_eq!(preload(library, None), "/t/libheapwright.so");
        assert_eq!(preload(library, Some(OsStr::new(""))), "/t/libheapwright.so");
        assert_eq!(preload(library, Some(OsStr::new("/b.so"))), "/t/libheapwright.so:/b.so");
    }

    #[test]
    fn a_signal_becomes_128_plus_its_number() {
        assert_eq!(exit_code(ExitStatus::from_raw(6)), ExitCode::from(134));
        assert_eq!(exit_code(ExitStatus::from_raw(3 << 8)), ExitCode::from(3));
        assert_eq!(exit_code(ExitStatus::from_raw(0)), ExitCode::SUCCESS);
    }
}
