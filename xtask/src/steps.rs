//! Runs a list of steps, shows how far it is, and counts what passed.
//!
//! A step that succeeds is one line. A step that fails shows what it printed, passing tests left
//! out, and the steps after it still run, so that one run shows all that is broken.
//!
//! ```text
//!   [ 2/14] tests of the workspace
//!           $ cargo test --workspace …
//!           412 passed, 0 failed, 0 skipped in 87 s
//! ```

use core::time::Duration;
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use xshell::Cmd;

use crate::tally::{self, Tally};

/// One thing to try, under a title.
pub(crate) struct Step {
    title: String,
    action: Action,
}

enum Action {
    /// A command, shown as typed. It passes by its exit code and by the tests that it reports.
    Command(String, Command),
    /// A check inside this program: the faults it found, none where it passed.
    Check(Box<dyn FnOnce() -> Result<Vec<String>>>),
    /// A check that cannot be made here, and why.
    Skip(String),
}

impl Step {
    /// A step that runs a command.
    pub(crate) fn command(title: impl Into<String>, command: Cmd<'_>) -> Self {
        let shown = command.to_string();
        Self { title: title.into(), action: Action::Command(shown, command.into()) }
    }

    /// A step that runs a function, which answers the faults that it found.
    pub(crate) fn check(
        title: impl Into<String>,
        check: impl FnOnce() -> Result<Vec<String>> + 'static,
    ) -> Self {
        Self { title: title.into(), action: Action::Check(Box::new(check)) }
    }

    /// A step that cannot be tried on this machine.
    pub(crate) fn skip(title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { title: title.into(), action: Action::Skip(reason.into()) }
    }
}

/// What a skipped step means for the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnSkip {
    /// It is told and counted.
    Tell,
    /// The run fails.
    Fail,
}

/// Runs every step, says what was skipped and failed, and ends with the counts on one line.
pub(crate) fn run_all(steps: Vec<Step>, on_skip: OnSkip) -> ExitCode {
    let screen = Screen::new(steps.len());
    let mut total = Tally::default();
    let mut titles_failed = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        screen.title(index, &step.title);
        let started = Instant::now();
        let tally = perform(step.action, &screen).unwrap_or_else(|error| {
            screen.print(&format!("{INDENT}{error:#}"));
            Tally::fail()
        });
        for reason in &tally.skipped {
            screen.print(&format!("{INDENT}SKIPPED: {reason}"));
        }
        screen.print(&format!("{INDENT}{tally} in {} s", started.elapsed().as_secs()));
        if tally.failed > 0 {
            titles_failed.push(step.title);
        }
        total.add(tally);
    }
    screen.end();
    conclude(&total, &titles_failed, on_skip)
}

fn conclude(total: &Tally, titles_failed: &[String], on_skip: OnSkip) -> ExitCode {
    println!();
    for reason in &total.skipped {
        println!("SKIPPED: {reason}");
    }
    for title in titles_failed {
        println!("FAILED: {title}");
    }
    let is_skip_fatal = on_skip == OnSkip::Fail && !total.skipped.is_empty();
    if is_skip_fatal {
        println!("FAILED: nothing may be skipped here");
    }
    println!("{total}");
    if total.failed > 0 || is_skip_fatal { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn perform(action: Action, screen: &Screen) -> Result<Tally> {
    match action {
        Action::Command(shown, command) => {
            screen.print(&format!("{INDENT}$ {shown}"));
            perform_command(command, screen)
        }
        Action::Check(check) => {
            let faults = check()?;
            faults.iter().for_each(|fault| screen.print(fault));
            Ok(if faults.is_empty() { Tally::pass() } else { Tally::fail() })
        }
        Action::Skip(reason) => Ok(Tally::skip(reason)),
    }
}

fn perform_command(mut command: Command, screen: &Screen) -> Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().with_context(|| format!("cannot start `{name}`"))?;
    drop(command); // It holds the writing ends: without this the pipe would never end.

    let mut tally = Tally::default();
    let mut log = Vec::new();
    let mut output = BufReader::new(reader);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tally.observe(&text);
        screen.working(&text);
        log.push(text);
        line.clear();
    }

    let status = child.wait()?;
    if !status.success() || tally.failed > 0 {
        // The bar before each line keeps it from being counted again by whoever runs us.
        for text in tally::without_passes(&log) {
            screen.print(&format!("{INDENT}| {text}"));
        }
        screen.print(&format!("{INDENT}`{name}` ended with {status}"));
    }
    if !status.success() && tally.failed == 0 {
        tally.add(Tally::fail());
    } else if status.success() && tally.is_empty() && tally.skipped.is_empty() {
        tally.add(Tally::pass());
    }
    Ok(tally)
}

const INDENT: &str = "        ";

/// Where progress goes: a bar on a terminal, plain lines everywhere else.
struct Screen {
    bar: ProgressBar,
    count: usize,
    is_plain: bool,
}

impl Screen {
    fn new(count: usize) -> Self {
        let is_plain = std::env::var_os("CI").is_some() || !std::io::stderr().is_terminal();
        let bar = ProgressBar::new(count.try_into().unwrap_or(u64::MAX));
        if is_plain {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            let template = "{bar:24} {pos}/{len} {elapsed} {wide_msg}";
            bar.set_style(
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, count, is_plain }
    }

    fn title(&self, index: usize, title: &str) {
        self.bar.set_position(index.try_into().unwrap_or(u64::MAX));
        self.bar.set_message(title.to_owned());
        self.print(&format!("[{:2}/{}] {title}", index + 1, self.count));
    }

    /// A line of the command at work: on a terminal the last one is shown beside the bar; else
    /// only the names of test programs are, so that a long step is seen to move.
    fn working(&self, line: &str) {
        let is_program = ["Running ", "Doc-tests "].iter().any(|it| line.trim().starts_with(it));
        if !self.is_plain {
            self.bar.set_message(line.trim().to_owned());
        } else if is_program {
            println!("{INDENT}{}", line.trim());
        }
    }

    fn print(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use xshell::{Shell, cmd};

    use super::*;

    fn tally_of(script: &str) -> Tally {
        let shell = Shell::new().unwrap();
        let step = Step::command("a step", cmd!(shell, "sh -c {script}"));
        perform(step.action, &Screen::new(1)).unwrap()
    }

    #[test]
    fn a_command_without_tests_counts_as_one_check() {
        assert_eq!(tally_of("true"), Tally::pass());
        assert_eq!(tally_of("false"), Tally::fail());
        assert_eq!(tally_of("kill -9 $$"), Tally::fail());
    }

    #[test]
    fn tests_are_counted_from_both_streams() {
        let script = "echo 'test result: ok. 2 passed; 0 failed;'; \
                      echo 'SKIPPED: no node' >&2";
        let expected = Tally { passed: 2, failed: 0, skipped: vec!["no node".to_owned()] };
        assert_eq!(tally_of(script), expected);
    }

    #[test]
    fn a_command_that_fails_after_its_tests_passed_is_a_failure() {
        assert_eq!(tally_of("echo 'test result: ok. 2 passed; 0 failed;'; exit 3").failed, 1);
    }

    #[test]
    fn failed_tests_are_not_counted_twice() {
        assert_eq!(tally_of("echo 'test result: FAILED. 2 passed; 4 failed;'; exit 101").failed, 4);
    }

    #[test]
    fn an_unreadable_line_does_not_stop_the_count() {
        assert_eq!(
            tally_of(r"printf '\377\n'; echo 'test result: ok. 1 passed; 0 failed'").passed,
            1
        );
    }

    #[test]
    fn a_check_passes_where_it_finds_nothing() {
        let screen = Screen::new(1);
        let tally_of = |step: Step| perform(step.action, &screen).unwrap();
        assert_eq!(tally_of(Step::check("", || Ok(vec![]))), Tally::pass());
        assert_eq!(tally_of(Step::check("", || Ok(vec!["a fault".into()]))), Tally::fail());
        assert_eq!(tally_of(Step::skip("", "why")), Tally::skip("why"));
    }
}
