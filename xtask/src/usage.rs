//! How the commands are called, and what is said where they are called otherwise.
//!
//! ```text
//!   --help, -h         ──►  HelpWanted     main prints USAGE, and all is well
//!   whatever is left   ──►  an error that points to --help
//! ```
//!
//! Each command reads its own arguments and brings what it does not know to [`unexpected`], so
//! `--help` is understood by all of them. `tour` has a text of its own.

use core::fmt;

use anyhow::{Result, anyhow};
use lexopt::prelude::*;

/// What `cargo xtask --help` prints.
pub(crate) const USAGE: &str = "\
Heapwright: memory management in layers.

    cargo xtask run [--break program|reserved] [--fit NAME] [--stats] -- COMMAND...
        runs COMMAND on libheapwright.so; --stats prints a table for each process at its end.
        NAME is first, second, next, best, worst or good.
        Without COMMAND: the tour, then a sort of many lines on heapwright.
    cargo xtask tour [--step N] [--plain]
        tells the story, from the program break to objects, on live memory
    cargo xtask test [NAME] [--all]
        proves everything that the stable toolchain can, or what is of one layer: break, block,
        malloc, new, arena; --all adds the address and the thread sanitizer, fuzzing and
        valgrind, and fails where anything is skipped
    cargo xtask bench [NAME] [--quick] [--peers] [-- ARGUMENTS...]
        measures; --peers puts other crates' allocators into the same tables
    cargo xtask bench peers|rust-peers|scaling|instructions [--rounds N] [--scale X] [--threads N]
            [--lib NAME=PATH]... [--workload A,B] [--allocator A,B] [--base NAME] [--quick]
        measures whole programs on this malloc, on the libraries that are installed and on those
        given by --lib; Rust programs by global allocator; with more and more live objects and
        threads; instructions of a malloc and a free
    cargo xtask tidy
        checks what no compiler checks: sizes of files and lines, words, where system calls are
    cargo xtask ci
        format, lints, docs, packages, and all of test: what every commit passes
    cargo xtask help
        this text, as --help after any command
";

/// Ends the reading of arguments where `--help` is among them. It is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HelpWanted;

impl fmt::Display for HelpWanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("help is wanted")
    }
}

impl core::error::Error for HelpWanted {}

/// What to answer to an argument that a command does not know: [`HelpWanted`] if it asks for help.
pub(crate) fn unexpected(argument: lexopt::Arg<'_>) -> anyhow::Error {
    match argument {
        Long("help") | Short('h') => HelpWanted.into(),
        other => anyhow!("{}; see `cargo xtask --help`", other.unexpected()),
    }
}

/// Refuses whatever is left on the command line.
pub(crate) fn no_more(mut arguments: lexopt::Parser) -> Result<()> {
    arguments.next()?.map_or(Ok(()), |argument| Err(unexpected(argument)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(word: &str) -> anyhow::Error {
        no_more(lexopt::Parser::from_args([word])).unwrap_err()
    }

    #[test]
    fn help_is_understood_and_is_no_fault() {
        assert!(refusal("--help").is::<HelpWanted>());
        assert!(refusal("-h").is::<HelpWanted>());
        assert!(!refusal("--helpful").is::<HelpWanted>());
    }

    #[test]
    fn what_is_unknown_is_named_and_the_way_on_is_told() {
        let text = refusal("--verbose").to_string();
        assert_eq!(text, "invalid option '--verbose'; see `cargo xtask --help`");
        assert!(refusal("word").to_string().ends_with("; see `cargo xtask --help`"));
        assert!(no_more(lexopt::Parser::from_args([""; 0])).is_ok());
    }
}
