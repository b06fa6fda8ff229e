//! A scenario: a script of real programs in a directory of its own, run with and without the
//! library.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use heapwright_conformance::library::{BREAKS, Library, reports, without_heapwright};

/// A script that is run three times: without the library, and on each break.
pub(crate) struct Scenario<'a> {
    /// The name of its directory.
    pub(crate) name: &'a str,
    /// The programs that it calls; where one is absent, the scenario is skipped.
    pub(crate) needs: &'a [&'a str],
    /// Files that lie in its directory before.
    pub(crate) files: &'a [(&'a str, &'a [u8])],
    /// The script, for `sh`. It says what it did on standard output.
    pub(crate) script: &'a str,
    /// How the names of programs begin that must report allocations.
    pub(crate) served: &'a [&'a str],
}

impl Scenario<'_> {
    /// Runs it.
    ///
    /// # Panics
    ///
    /// Where a run on the library says anything else than the one without it, or a program that
    /// was to be served was not.
    pub(crate) fn run(&self) {
        if let Some(absent) = self.needs.iter().find(|program| !is_there(program)) {
            println!("SKIPPED: {}: there is no {absent}", self.name);
            return;
        }
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(self.name);
        let plain = self.output(&directory, |_| ());
        assert!(plain.status.success(), "{} without the library: {plain:?}", self.name);
        assert!(!plain.stdout.is_empty(), "{} says nothing that could be compared", self.name);
        for source in BREAKS {
            let reported = directory.with_extension("reports");
            let _ = fs::remove_file(&reported);
            let output = self.output(&directory, |command| {
                Library::get().preload(command, source).env("HEAPWRIGHT_STATS", &reported);
            });
            self.same(&plain, &output, source);
            self.were_served(&reported, source);
        }
    }

    /// Runs the script in a fresh directory, always of the same path.
    fn output(&self, directory: &Path, prepare: impl FnOnce(&mut Command)) -> Output {
        let _ = fs::remove_dir_all(directory);
        fs::create_dir_all(directory).expect("a directory for the script");
        for (name, contents) in self.files {
            fs::write(directory.join(name), contents).expect("a file for the script");
        }
        let mut command = Command::new("sh");
        without_heapwright(&mut command)
            .args(["-e", "-u", "-c", self.script])
            .current_dir(directory)
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("PYTHONHASHSEED", "0");
        prepare(&mut command);
        command.output().expect("there is a shell")
    }

    fn same(&self, plain: &Output, output: &Output, source: &str) {
        let differs = |stream: &str, plain: &[u8], found: &[u8]| {
            assert!(
                plain == found,
                "{} on the {source} break: {stream} differs\n--- without\n{}\n--- with\n{}",
                self.name,
                String::from_utf8_lossy(plain),
                String::from_utf8_lossy(found)
            );
        };
        differs("standard error", &plain.stderr, &output.stderr);
        differs("standard output", &plain.stdout, &output.stdout);
        assert_eq!(plain.status, output.status, "{} on the {source} break", self.name);
    }

    fn were_served(&self, file: &Path, source: &str) {
        let reports = reports(file);
        for name in self.served {
            let mine: Vec<_> =
                reports.iter().filter(|report| report.word("program").starts_with(name)).collect();
            let allocations: u64 = mine.iter().map(|report| report.allocations()).sum();
            println!(
                "{}: {name}: {} processes, {allocations} allocations on the {source} break",
                self.name,
                mine.len()
            );
            assert!(allocations > 0, "{name} was not served by the library: {reports:#?}");
            assert!(mine.iter().all(|report| report.word("break") == source));
        }
    }
}

fn is_there(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}
