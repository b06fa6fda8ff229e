//! libheapwright as a user has it: built by cargo, preloaded into a program, and the reports that
//! the program leaves behind.
//!
//! ```text
//!   build ──▶ Library ──▶ preload(command, break) ──▶ the program runs ──▶ reports(file)
//! ```
//!
//! What the library must do is in the tests `abi` (small programs of C and C++, each about one
//! promise) and `programs` (real programs, unmodified).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};

/// The variable that names a directory with a library that is built already.
pub const LIBRARY_DIR: &str = "HEAPWRIGHT_LIBRARY_DIR";

/// The two files that a build of `heapwright-abi` makes.
#[derive(Debug, Clone)]
pub struct Library {
    /// `libheapwright.so`, for the dynamic linker.
    pub shared: PathBuf,
    /// `libheapwright.a`, for the linker.
    pub archive: PathBuf,
}

/// Where a library run takes its memory from: the values of `HEAPWRIGHT_BREAK`.
pub const BREAKS: [&str; 2] = ["reserved", "program"];

impl Library {
    /// The library, built at most once by this process.
    ///
    /// # Panics
    ///
    /// Where [`build`] fails: no test of the library can do without it.
    pub fn get() -> &'static Self {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| build().expect("libheapwright can be built"))
    }

    /// The directory with the shared library, for `-L` and `LD_LIBRARY_PATH`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.shared.parent().unwrap_or(Path::new("."))
    }

    /// Has `command` run on the shared library, and on the given break.
    pub fn preload<'c>(&self, command: &'c mut Command, source: &str) -> &'c mut Command {
        without_heapwright(command).env("LD_PRELOAD", &self.shared).env("HEAPWRIGHT_BREAK", source)
    }
}

/// Takes every variable `HEAPWRIGHT_*` out of a command's environment: those of the tests are
/// unknown to the library, and it says so.
pub fn without_heapwright(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"HEAPWRIGHT_") {
            command.env_remove(name);
        }
    }
    command.env_remove("LD_PRELOAD")
}

/// Builds the library by cargo in release mode, or takes the one in [`LIBRARY_DIR`].
///
/// # Errors
///
/// Where cargo fails, or the files are not there.
pub fn build() -> Result<Library> {
    if let Some(dir) = env::var_os(LIBRARY_DIR) {
        let dir = fs::canonicalize(&dir).with_context(|| format!("{LIBRARY_DIR}={dir:?}"))?;
        return found(dir.join("libheapwright.so"), dir.join("libheapwright.a"));
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--release", "-p", "heapwright-abi", "--message-format=json"])
        // A sanitizer of the tests must not get into a library that replaces its `malloc`.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    ensure!(output.status.success(), "cargo build -p heapwright-abi: {}", output.status);
    let files = artifacts(&output.stdout)?;
    let with_extension = |extension: &str| {
        let is_it = |file: &&PathBuf| file.extension() == Some(OsStr::new(extension));
        let file = files.iter().find(is_it).cloned();
        file.with_context(|| format!("cargo names no .{extension} among {files:?}"))
    };
    found(with_extension("so")?, with_extension("a")?)
}

fn found(shared: PathBuf, archive: PathBuf) -> Result<Library> {
    for file in [&shared, &archive] {
        ensure!(file.is_file(), "{} is not there", file.display());
    }
    Ok(Library { shared, archive })
}

/// The files of the library's target, from cargo's messages: one JSON object a line.
fn artifacts(messages: &[u8]) -> Result<Vec<PathBuf>> {
    for line in messages.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line)?;
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != "heapwright" {
            continue;
        }
        let files = message["filenames"].as_array().context("an artifact without files")?;
        return Ok(files.iter().filter_map(|file| file.as_str()).map(PathBuf::from).collect());
    }
    bail!("cargo built no heapwright")
}

/// One line of a report of `HEAPWRIGHT_STATS`: what a process says of its heap at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(BTreeMap<String, String>);

impl Report {
    /// The word after `key=`.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    pub fn word(&self, key: &str) -> &str {
        self.0.get(key).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }

    /// The number after `key=`.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    pub fn number(&self, key: &str) -> u64 {
        self.word(key).parse().unwrap_or_else(|_| panic!("{key} is no number in {self:?}"))
    }

    /// How often the process asked for a block.
    #[must_use]
    pub fn allocations(&self) -> u64 {
        ["malloc", "calloc", "realloc", "aligned_alloc"].iter().map(|key| self.number(key)).sum()
    }
}

/// The reports in a file, in the order in which the processes ended; none if there is no file.
///
/// # Panics
///
/// Where a line is not made of words `key=value`.
#[must_use]
pub fn reports(file: &Path) -> Vec<Report> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let entry = |word: &str| {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("no = in {word:?}"));
        (key.to_owned(), value.to_owned())
    };
    text.lines().map(|line| Report(line.split(' ').map(entry).collect())).collect()
}
