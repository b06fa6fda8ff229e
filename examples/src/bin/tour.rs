//! `cargo xtask tour`: the story of this project, on live memory.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use heapwright_examples::tour::page::{Page, Paint};
use heapwright_examples::tour::{self, STEPS};
use lexopt::prelude::*;

const USAGE: &str = "\
The tour: from the program break to objects, step by step, on live memory.

    --step N   only this step
    --plain    no colours, as where the output is no terminal or NO_COLOR is set
    --help     this text
";

/// What to tell.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Everything,
    Step(usize),
    Help,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tour: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (wish, paint) = arguments()?;
    let mut page = Page::new();
    match wish {
        Wish::Help => return print(USAGE),
        Wish::Step(number) => return print(&tour::tell(number)?.render(paint)),
        Wish::Everything => tour::introduce(&mut page),
    }
    print(&page.render(paint))?;
    for number in 1..=STEPS.len() {
        print(&format!("\n\n{}", tour::tell(number)?.render(paint)))?;
    }
    Ok(())
}

fn arguments() -> Result<(Wish, Paint)> {
    let mut wish = Wish::Everything;
    let mut paint = Paint::of_standard_output();
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("step") => wish = Wish::Step(step_number(&arguments.value()?)?),
            Long("plain") => paint = Paint::Plain,
            Long("help") | Short('h') => wish = Wish::Help,
            other => bail!("{}; see `cargo xtask tour --help`", other.unexpected()),
        }
    }
    Ok((wish, paint))
}

fn step_number(word: &OsStr) -> Result<usize> {
    let number = word.to_str().and_then(|word| word.parse().ok());
    number
        .with_context(|| format!("`{}` is no step: they are 1 to {}", word.display(), STEPS.len()))
}

/// Prints at once, so that a child does not inherit words that are still in a buffer.
fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        // A reader who has seen enough, such as `head`, is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        outcome => Ok(outcome?),
    }
}
