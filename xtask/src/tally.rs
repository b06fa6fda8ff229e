//! What a run has shown so far, counted from the lines that test programs print.
//!
//! ```text
//!   test result: ok. 12 passed; 0 failed; 1 ignored; …      adds 12 and 0
//!   test slow_one ... ignored, needs an hour                 a skip, with its reason
//!   SKIPPED: node is not installed                           a skip, with its reason
//! ```
//!
//! The last two are never silent: a skip keeps its reason to the end of the run.

use core::fmt;

/// Counts of what passed, failed and was skipped.
///
/// Displayed as `N passed, N failed, N skipped`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests, or steps that are one check.
    pub(crate) passed: usize,
    /// The same.
    pub(crate) failed: usize,
    /// Why each thing was not tried.
    pub(crate) skipped: Vec<String>,
}

impl Tally {
    /// One check that passed.
    pub(crate) fn pass() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// One check that failed.
    pub(crate) fn fail() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// One thing that could not be tried.
    pub(crate) fn skip(reason: impl Into<String>) -> Self {
        Self { skipped: vec![reason.into()], ..Self::default() }
    }

    /// Whether anything passed or failed.
    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0
    }

    /// Adds what another run has shown.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }

    /// Counts one line of a test program's output.
    pub(crate) fn observe(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count_before(result, " passed");
            self.failed += count_before(result, " failed");
        } else if let Some(reason) = line.trim_start().strip_prefix("SKIPPED: ") {
            self.skipped.push(reason.to_owned());
        } else if let Some((name, note)) = ignored(line) {
            let note = if note.is_empty() { "marked as ignored" } else { note };
            self.skipped.push(format!("{name}: {note}"));
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(formatter, "{passed} passed, {failed} failed, {} skipped", skipped.len())
    }
}

/// The lines of a log without those about tests that passed, and what such tests printed.
pub(crate) fn without_passes(log: &[String]) -> Vec<&str> {
    let mut is_about_passes = false;
    let mut lines = Vec::new();
    for line in log {
        if line == "successes:" {
            is_about_passes = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            is_about_passes = false;
        }
        let is_pass = line.starts_with("test ") && line.ends_with(" ... ok");
        if !is_about_passes && !is_pass {
            lines.push(line.as_str());
        }
    }
    lines
}

/// The number in front of `word`, or 0 where there is none.
fn count_before(line: &str, word: &str) -> usize {
    let digits = line.split(word).next().and_then(|before| before.rsplit(' ').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The name and reason in `test NAME ... ignored, REASON`.
fn ignored(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some((name, rest.trim_start_matches(',').trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.observe(line));
        tally
    }

    #[test]
    fn the_results_of_all_test_programs_are_summed() {
        let sum = tally(&[
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ]);
        assert_eq!((sum.passed, sum.failed), (13, 2));
        assert_eq!(sum.to_string(), "13 passed, 2 failed, 0 skipped");
    }

    #[test]
    fn a_skip_keeps_its_reason() {
        let sum = tally(&[
            "SKIPPED: node is not installed",
            "test slow ... ignored, needs an hour",
            "test src/lib.rs - (line 3) ... ignored",
        ]);
        let reasons = [
            "node is not installed",
            "slow: needs an hour",
            "src/lib.rs - (line 3): marked as ignored",
        ];
        assert_eq!(sum.skipped, reasons);
        assert!(sum.is_empty());
    }

    #[test]
    fn what_passed_is_left_out_of_a_log_and_what_failed_is_not() {
        let log = [
            "   Compiling a",
            "running 2 tests",
            "test a ... ok",
            "test b ... FAILED",
            "successes:",
            "---- a stdout ----",
            "noise of a",
            "successes:",
            "    a",
            "failures:",
            "---- b stdout ----",
            "b panicked",
            "failures:",
            "    b",
            "test result: FAILED. 1 passed; 1 failed;",
            "error: test failed",
        ];
        let log = log.map(str::to_owned);
        let expected = [
            "   Compiling a",
            "running 2 tests",
            "test b ... FAILED",
            "failures:",
            "---- b stdout ----",
            "b panicked",
            "failures:",
            "    b",
            "test result: FAILED. 1 passed; 1 failed;",
            "error: test failed",
        ];
        assert_eq!(without_passes(&log), expected);
    }

    #[test]
    fn lines_that_only_look_alike_count_nothing() {
        let sum =
            tally(&["the test result: 5 passed", "test a ... ok", "not SKIPPED: x", "5 passed"]);
        assert_eq!(sum, Tally::default());
    }
}
