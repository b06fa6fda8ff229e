//! One run of one row on one contender, by the launcher, and what it told.
//!
//! The launcher is `workloads launch`, whose documentation says why it is a process of its own.
//!
//! ```text
//!   workload=server seconds=0.7 peak_rss_kib=23584 checksum=… malloc=…      a workload's line
//!   launched seconds=0.71 … peak_rss_kib=23584 end=exit:0                   the launcher's line
//! ```

use core::time::Duration;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::contenders::{Contender, Way};
use super::rows::Row;

/// What one run showed, or why it failed.
pub(super) type Outcome = core::result::Result<Sample, String>;

/// One run that ended well.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// From start to end, measured from outside.
    pub(super) seconds: f64,
    /// Processor time in the program and in the kernel.
    pub(super) processor_seconds: f64,
    /// What a workload timed by itself, of its work or of a part of it.
    pub(super) own_seconds: Option<f64>,
    /// The most memory resident at one time.
    pub(super) peak_kib: f64,
    /// What the program made of its work: the same on every allocator.
    pub(super) checksum: String,
}

/// Runs programs and measures them.
pub(super) struct Launcher {
    /// The program of workloads.
    pub(super) program: PathBuf,
    /// How long a program may run.
    pub(super) timeout: Duration,
}

impl Launcher {
    /// Why `library` does not serve the malloc of a program that preloads it, if it does not. The
    /// dynamic linker leaves out what it cannot load and says so on standard error alone.
    pub(super) fn objection(&self, contender: &Contender) -> Result<Option<String>> {
        let Some(library) = contender.library() else { return Ok(None) };
        let mut command = Command::new(&self.program);
        command.arg("malloc").env("LD_PRELOAD", library);
        let output = command.output().context("cannot start the program of workloads")?;
        let told = String::from_utf8_lossy(&output.stdout);
        let malloc = value(&told, "malloc").unwrap_or("?");
        let reason = || format!("with it preloaded, malloc still comes from {malloc}");
        Ok((!contender.is(malloc)).then(reason))
    }

    /// Runs a row on a contender once.
    pub(super) fn launch(&self, row: &Row, contender: &Contender) -> Result<Outcome> {
        let mut command = Command::new(&self.program);
        command.arg("launch").arg("--timeout").arg(self.timeout.as_secs().to_string());
        if let Some(library) = contender.library() {
            command.arg("--preload").arg(library);
        }
        command.arg("--");
        if let Way::Linked(program) = &contender.way {
            command.arg(program);
        }
        // The launcher itself runs on the C library's malloc, whatever this process was given.
        command.args(&row.command).envs(row.variables.iter().copied()).env_remove("LD_PRELOAD");
        let output = command.stdin(Stdio::null()).output().context("cannot start the launcher")?;
        let told = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        Ok(read(&told, &complaint, contender))
    }
}

/// Reads what the launcher and the program before it told.
fn read(told: &str, complaint: &str, contender: &Contender) -> Outcome {
    let last = |text: &str| text.trim_end().lines().next_back().unwrap_or("").to_owned();
    let (own, launched) = told
        .rsplit_once("launched ")
        .ok_or_else(|| format!("the launcher failed: {}", last(complaint)))?;
    let end = value(launched, "end").unwrap_or("?");
    if end != "exit:0" {
        return Err(format!("{end} {}", last(complaint)).trim_end().to_owned());
    }
    let number = |text, key| value(text, key).and_then(|value| value.parse::<f64>().ok());
    let measured = |key| number(launched, key).ok_or_else(|| format!("no {key} was measured"));
    let sample = Sample {
        seconds: measured("seconds")?,
        processor_seconds: measured("user_seconds")? + measured("system_seconds")?,
        own_seconds: None,
        peak_kib: measured("peak_rss_kib")?,
        checksum: own.trim().to_owned(),
    };
    if !own.starts_with("workload=") {
        return Ok(sample);
    }
    let malloc = value(own, "malloc").unwrap_or("?");
    if !contender.is(malloc) {
        return Err(format!("it ran on {malloc}"));
    }
    // What the process reads about itself is exact, what `wait4` tells is not.
    let peak_kib = number(own, "peak_rss_kib").unwrap_or(sample.peak_kib);
    let checksum = value(own, "checksum").unwrap_or("?").to_owned();
    Ok(Sample { own_seconds: number(own, "seconds"), peak_kib, checksum, ..sample })
}

/// The value of `key=value` among words.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut pairs = text.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.find(|pair| pair.0 == key).map(|pair| pair.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAUNCHED: &str =
        "launched seconds=2.5 user_seconds=1.5 system_seconds=0.25 peak_rss_kib=2000 end=";

    fn glibc() -> Contender {
        Contender::preloaded("glibc", None, "1")
    }

    #[test]
    fn a_workload_tells_its_own_peak_and_checksum() {
        let own = "workload=a seconds=2 peak_rss_kib=1900 checksum=ab malloc=/lib/libc.so.6\n";
        let sample = read(&format!("{own}{LAUNCHED}exit:0\n"), "", &glibc()).unwrap();
        let expected = Sample {
            seconds: 2.5,
            processor_seconds: 1.75,
            own_seconds: Some(2.0),
            peak_kib: 1900.0,
            checksum: "ab".to_owned(),
        };
        assert_eq!(sample, expected);
    }

    #[test]
    fn a_workload_on_another_malloc_does_not_count() {
        let own = "workload=a peak_rss_kib=1900 checksum=ab malloc=/other.so\n";
        let outcome = read(&format!("{own}{LAUNCHED}exit:0\n"), "", &glibc());
        assert_eq!(outcome.unwrap_err(), "it ran on /other.so");
    }

    #[test]
    fn what_a_program_prints_is_its_checksum() {
        let sample = read(&format!("17\nok\n{LAUNCHED}exit:0\n"), "", &glibc()).unwrap();
        assert_eq!((sample.checksum.as_str(), sample.peak_kib), ("17\nok", 2000.0));
    }

    #[test]
    fn a_failure_has_its_last_words() {
        let fail = |end: &str, words| read(&format!("{LAUNCHED}{end}\n"), words, &glibc());
        assert_eq!(fail("signal:11", "").unwrap_err(), "signal:11");
        assert_eq!(fail("exit:1", "a\nno memory\n").unwrap_err(), "exit:1 no memory");
        assert_eq!(fail("timeout", "").unwrap_err(), "timeout");
        let outcome = read("", "cannot fork", &glibc());
        assert_eq!(outcome.unwrap_err(), "the launcher failed: cannot fork");
    }
}
