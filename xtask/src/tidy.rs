//! `cargo xtask tidy`: what no compiler checks.
//!
//! | rule | where |
//! |---|---|
//! | at most 500 lines a file, 100 columns a line | Rust |
//! | nothing unfinished: no macros that stand for missing code, no notes to fix it | Rust |
//! | no lint silenced by `allow`, no test ignored, no mutable statics | Rust |
//! | the system's memory calls are made in `sys/` alone | Rust in `crates/*/src` |
//! | one term a concept | Rust in `crates/` |
//! | no file that is named after nothing | everywhere |
//!
//! A finding says where it is and what to do.

use core::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::usage::no_more;
use crate::workspace;

const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;

/// Folders that hold what others wrote or what was built.
const FOLDERS_SKIPPED: [&str; 5] = ["target", ".git", "corpus", "artifacts", "coverage"];

/// What may not stand in code, and what to do instead. The words are split so that this file
/// does not find itself.
const IN_CODE: [(&str, &str); 7] = [
    (concat!("to", "do!"), "write it, or return an error"),
    (concat!("unimpl", "emented!"), "write it, or return an error"),
    (concat!("db", "g!("), "remove it"),
    (concat!("#[al", "low("), "use `#[expect(…, reason = \"…\")]`"),
    (concat!("#![al", "low("), "use `#![expect(…, reason = \"…\")]`"),
    (concat!("#[ign", "ore"), "run it, or let it print `SKIPPED: reason`, which is counted"),
    (concat!("static ", "mut "), "use an atomic, a lock or an `UnsafeCell` with its invariants"),
];

/// What may stand neither in code nor in a comment.
const ANYWHERE: [(&str, &str); 2] = [
    (concat!("FIX", "ME"), "fix it, or open an issue and name it"),
    (concat!("XX", "X"), "say what is wrong, or open an issue and name it"),
];

/// The calls that move memory between the system and this process.
const SYSTEM_CALLS: [&str; 9] =
    ["mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "sbrk", "syscall", "mincore"];

/// Words that the glossary replaces.
const GLOSSARY: [(&str, &str); 3] =
    [("footer", "boundary tag"), ("freelist", "free list"), ("memory pool", "arena or slab")];

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    path: PathBuf,
    /// Counted from 1; `None` where the whole file is meant.
    line: Option<usize>,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(formatter, "{line}:")?;
        }
        write!(formatter, " {}", self.message)
    }
}

/// Prints every finding.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode> {
    no_more(arguments)?;
    let findings = check(workspace::root())?;
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.is_empty() {
        println!("tidy");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} findings", findings.len());
    Ok(ExitCode::FAILURE)
}

/// Every breach of a rule in the files under `root`, by path and line.
pub(crate) fn check(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.sort();
    let mut findings = Vec::new();
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        findings.extend(check_name(shown));
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            findings.extend(check_rust(shown, &text));
        }
    }
    Ok(findings.iter().map(ToString::to_string).collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_file() {
            paths.push(entry.path());
        } else if kind.is_dir() && !FOLDERS_SKIPPED.iter().any(|skipped| name == *skipped) {
            collect(&entry.path(), paths)?;
        }
    }
    Ok(())
}

fn check_name(path: &Path) -> Option<Finding> {
    let stem = path.file_stem()?.to_str()?;
    let is_empty_name = ["utils", "util", "helpers", "misc", "common"].contains(&stem);
    let message = format!("`{stem}` names no idea: name the file after the one it holds");
    is_empty_name.then(|| Finding { path: path.to_owned(), line: None, message })
}

/// Every breach of a rule in one Rust file.
fn check_rust(path: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line, message| {
        findings.push(Finding { path: path.to_owned(), line, message });
    };
    let count = text.lines().count();
    if count > LINES_MAX {
        found(None, format!("{count} lines, {LINES_MAX} at most: give the second idea a file"));
    }
    for (index, line) in text.lines().enumerate() {
        for message in check_line(path, line) {
            found(Some(index + 1), message);
        }
    }
    findings
}

fn check_line(path: &Path, line: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let columns = line.chars().count();
    if columns > COLUMNS_MAX && !cannot_be_broken(line) {
        messages.push(format!("{columns} columns, {COLUMNS_MAX} at most: break the line"));
    }
    let code = line.split("//").next().unwrap_or_default();
    let in_code = IN_CODE.iter().filter(|(word, _)| contains_word(code, word));
    let anywhere = ANYWHERE.iter().filter(|(word, _)| contains_word(line, word));
    for (word, advice) in in_code.chain(anywhere) {
        messages.push(format!("`{}`: {advice}", word.trim_end_matches('(').trim_end()));
    }
    if must_not_call_the_system(path) {
        for call in SYSTEM_CALLS.iter().filter(|call| calls_system(code, call)) {
            messages.push(format!("`libc::{call}` outside `sys/`: call a function of `sys/`"));
        }
    }
    if path.starts_with("crates") {
        let lower = line.to_lowercase();
        for (word, term) in GLOSSARY.iter().filter(|(word, _)| contains_word(&lower, word)) {
            messages.push(format!("`{word}`: the glossary says `{term}`"));
        }
    }
    messages
}

/// An address, or a row of a table in a comment.
fn cannot_be_broken(line: &str) -> bool {
    let text = line.trim_start();
    line.contains("://") || text.starts_with("//! |") || text.starts_with("/// |")
}

/// Whether the system's calls are out of place here: in the source of a library, outside `sys/`.
/// The conformance crate plays the one who moves the break behind a heap's back.
fn must_not_call_the_system(path: &Path) -> bool {
    let has = |name: &str| path.components().any(|part| part.as_os_str() == name);
    path.starts_with("crates")
        && has("src")
        && !has("sys")
        && !has("tests")
        && !path.starts_with("crates/conformance")
}

fn calls_system(code: &str, call: &str) -> bool {
    contains_word(code, &format!("libc::{call}"))
}

/// Whether `word` stands in `text` by itself, and not inside a longer name or as a lifetime.
fn contains_word(text: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_before_name = |letter: char| is_name(letter) || letter == '\'';
    let starts_as_name = word.chars().next().is_some_and(is_name);
    let ends_as_name = word.chars().next_back().is_some_and(is_name);
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|text| text.chars().next());
        !(starts_as_name && before.is_some_and(is_before_name)
            || ends_as_name && after.is_some_and(is_name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check_rust(Path::new(path), text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_finding_says_where_and_what_to_do() {
        let text = format!("fn f() {{\n    {}();\n}}\n", concat!("to", "do!"));
        let path = "crates/a/src/f.rs";
        let expected =
            format!("{path}:2: `{}`: write it, or return an error", concat!("to", "do!"));
        assert_eq!(messages(path, &text), [expected]);
    }

    #[test]
    fn every_word_of_every_rule_is_found() {
        for (word, _) in IN_CODE.iter().chain(&ANYWHERE) {
            assert_eq!(messages("a.rs", &format!("    {word} x)]")).len(), 1, "{word}");
        }
        for (word, _) in GLOSSARY {
            assert_eq!(messages("crates/a/src/b.rs", &format!("// the {word} of")).len(), 1);
            assert_eq!(messages("xtask/src/b.rs", &format!("// the {word} of")).len(), 0);
        }
    }

    #[test]
    fn code_words_may_stand_in_comments_and_inside_names() {
        let mutable = concat!("static ", "mut ");
        assert!(messages("a.rs", &format!("//! without `{mutable}X`")).is_empty());
        assert!(messages("a.rs", concat!("not_to", "do!();")).is_empty());
        assert!(messages("a.rs", &format!("fn f() -> &'{mutable}u8")).is_empty());
        assert!(messages("a.rs", concat!("XX", "XX")).is_empty());
        assert!(messages("a.rs", "#[allowed(x)]").is_empty());
        assert!(messages("a.rs", "#[ignored]").is_empty());
    }

    #[test]
    fn long_files_and_long_lines_are_found() {
        assert!(messages("a.rs", &"\n".repeat(LINES_MAX)).is_empty());
        assert_eq!(messages("a.rs", &"\n".repeat(LINES_MAX + 1)).len(), 1);
        assert!(messages("a.rs", &"ä".repeat(COLUMNS_MAX)).is_empty());
        assert_eq!(messages("a.rs", &"ä".repeat(COLUMNS_MAX + 1)).len(), 1);
        assert!(messages("a.rs", &format!("//! | {} |", "ä".repeat(COLUMNS_MAX))).is_empty());
    }

    #[test]
    fn only_sys_calls_the_system() {
        let text = "let end = libc::sbrk(0);";
        assert_eq!(messages("crates/break-heap/src/program_break.rs", text).len(), 1);
        assert!(messages("crates/break-heap/src/sys/linux.rs", text).is_empty());
        assert!(messages("crates/break-heap/tests/it/main.rs", text).is_empty());
        assert!(messages("crates/a/src/b.rs", "libc::mmap64_like()").is_empty());
    }

    #[test]
    fn a_file_named_after_nothing_is_found() {
        assert!(check_name(Path::new("crates/a/src/utils.rs")).is_some());
        assert!(check_name(Path::new("crates/a/src/utility_of.rs")).is_none());
    }
}
