//! What `libheapwright.so` counted, one line a process, as tables: a full one for the process
//! that was started, and a row for each of its descendants.
//!
//! With `HEAPWRIGHT_STATS=FILE` in its environment, each process appends one line to the file
//! when it exits: `key=value` pairs between spaces. A process that is killed, or that ends by
//! `_exit`, writes none.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};

/// The variable by which the library learns where to write.
const VARIABLE: &str = "HEAPWRIGHT_STATS";

/// More rows than this say less than their number.
const ROWS_MAX: usize = 12;

/// The functions whose calls the library counts, by the names of their keys.
const FUNCTIONS: [&str; 5] = ["malloc", "calloc", "realloc", "aligned_alloc", "free"];

/// A file for the counts of one command, removed in the end.
#[derive(Debug)]
pub(crate) struct StatsFile {
    path: PathBuf,
}

impl StatsFile {
    /// An empty file in the folder for temporary files.
    pub(crate) fn create() -> Result<Self> {
        let name = format!("heapwright-stats-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, "").with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path })
    }

    /// Has `command` and its descendants write here. A file that the user named gets nothing, and
    /// that is said.
    pub(crate) fn receive_from(&self, command: &mut Command) {
        if let Some(theirs) = std::env::var_os(VARIABLE) {
            let theirs = theirs.display();
            eprintln!("xtask: the counts go to the tables here, not to {VARIABLE}={theirs}");
        }
        command.env(VARIABLE, &self.path);
    }

    /// What each process wrote, in the order in which they ended.
    pub(crate) fn read(&self) -> Result<Vec<Stats>> {
        let text = std::fs::read(&self.path)
            .with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(String::from_utf8_lossy(&text).lines().map(Stats::parse).collect())
    }
}

impl Drop for StatsFile {
    fn drop(&mut self) {
        // A file left behind in the temporary folder is no reason to fail.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The counts of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pairs: Vec<(String, String)>,
}

impl Stats {
    fn parse(line: &str) -> Self {
        let pairs = line.split_whitespace().filter_map(|pair| pair.split_once('='));
        let owned = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Self { pairs: owned.collect() }
    }

    /// The value of a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1.as_str())
    }

    /// The value of a key that counts something.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    /// How often each function was called, the most frequent first; those never called left out.
    pub(crate) fn calls(&self) -> Vec<(&'static str, u64)> {
        let calls = FUNCTIONS.iter().filter_map(|&name| Some((name, self.number(name)?)));
        let mut calls: Vec<_> = calls.filter(|&(_, count)| count > 0).collect();
        calls.sort_by_key(|&(_, count)| core::cmp::Reverse(count));
        calls
    }

    fn calls_total(&self) -> u64 {
        self.calls().iter().map(|&(_, count)| count).sum()
    }

    /// The value of a key, written for people; `?` where the library did not count it.
    fn shown(&self, key: &str, write: fn(u64) -> String) -> String {
        self.number(key).map_or_else(|| "?".to_owned(), write)
    }

    /// One line of the table of descendants.
    fn row(&self) -> [String; 6] {
        [
            self.text("program").unwrap_or("?").to_owned(),
            self.text("pid").unwrap_or("?").to_owned(),
            self.shown("heap_bytes_peak", bytes_text),
            self.shown("live_bytes", bytes_text),
            self.shown("external_permille", per_cent),
            group(self.calls_total()),
        ]
    }

    /// What is told of the heap, and how.
    fn figures(&self) -> [(&'static str, String); 9] {
        let bytes = |key| self.shown(key, bytes_text);
        let count = |key| self.shown(key, group);
        let part = |key| self.shown(key, per_cent);
        let live = format!("{} in {} blocks", bytes("live_bytes"), count("live_count"));
        let free = format!("{} in {} spans and in slabs", bytes("free_bytes"), count("free_count"));
        [
            ("peak heap", bytes("heap_bytes_peak")),
            ("live at the end", live),
            ("free at the end", free),
            ("dirty, of the free spans", bytes("dirty_bytes")),
            ("slabs", count("slab_count")),
            ("large blocks", count("large_count")),
            ("thread heaps", count("thread_heap_count")),
            ("not in use, of slabs and large blocks", part("overhead_permille")),
            ("external fragmentation", part("external_permille")),
        ]
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        for (name, value) in self.figures() {
            table.add_row([name.to_owned(), value]);
        }
        for (name, count) in self.calls() {
            table.add_row([format!("calls of {name}"), group(count)]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    fn title(&self) -> String {
        let text = |key| self.text(key).unwrap_or("?");
        format!(
            "{} (process {}) on heapwright: {} break, {} fit",
            text("program"),
            text("pid"),
            text("break"),
            text("fit")
        )
    }
}

/// Prints what the process `pid` counted, and under it its descendants, on standard error:
/// standard output belongs to the program that ran.
pub(crate) fn print(pid: u32, processes: &[Stats]) {
    eprint!("{}", report(pid, processes));
}

fn report(pid: u32, processes: &[Stats]) -> String {
    let is_first = |stats: &&Stats| stats.number("pid") == Some(pid.into());
    // The last line of that process: a process may become another program by `exec`.
    let first = processes.iter().rev().find(is_first);
    let mut text = first.map_or_else(
        || format!("\nProcess {pid} wrote no counts: killed, statically linked, or set-user-ID.\n"),
        |stats| format!("\n{}\n{}\n", stats.title(), stats.table()),
    );
    let mut others: Vec<_> = processes.iter().filter(|stats| !is_first(stats)).collect();
    if others.is_empty() {
        return text;
    }
    others.sort_by_key(|stats| core::cmp::Reverse(stats.calls_total()));
    let shown = others.len().min(ROWS_MAX);
    text += &format!("\nIts descendants: {shown} of {}, by calls\n", others.len());
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["program", "process", "peak heap", "live", "external", "calls"]);
    table.add_rows(others.iter().take(ROWS_MAX).map(|stats| stats.row()));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    text + &format!("{table}\n")
}

/// Digits in groups of three, as in `12,345`.
fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Thousandths as per cent, as in `12.5 %`.
fn per_cent(permille: u64) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

/// Bytes in the largest unit that keeps a digit before the point, as in `12.3 MiB`.
fn bytes_text(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >> shift > 0 {
            let tenths = (bytes >> (shift - 10)) * 10 / 1024;
            return format!("{}.{} {unit}", group(tenths / 10), tenths % 10);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "pid=17 program=sort break=reserved fit=good heap_bytes_peak=1572864 \
                        live_bytes=2048 live_count=12 free_bytes=5242880 free_count=7 \
                        dirty_bytes=65536 slab_count=1234 large_count=3 thread_heap_count=4 \
                        overhead_permille=94 external_permille=125 \
                        malloc=12345 free=12333 calloc=0";

    #[test]
    fn a_line_is_read_pair_by_pair() {
        let stats = Stats::parse(LINE);
        assert_eq!(stats.text("program"), Some("sort"));
        assert_eq!(stats.number("heap_bytes_peak"), Some(1_572_864));
        assert_eq!(stats.number("program"), None);
        assert_eq!(stats.calls(), [("malloc", 12345), ("free", 12333)]);
    }

    #[test]
    fn the_table_says_what_was_counted_and_what_was_not() {
        let text = Stats::parse(LINE).table().to_string();
        let rows = [
            ("peak heap", "1.5 MiB"),
            ("live at the end", "2.0 KiB in 12 blocks"),
            ("free at the end", "5.0 MiB in 7 spans and in slabs"),
            ("dirty, of the free spans", "64.0 KiB"),
            ("slabs", "1,234"),
            ("large blocks", "3"),
            ("thread heaps", "4"),
            ("not in use, of slabs and large blocks", "9.4 %"),
            ("external fragmentation", "12.5 %"),
            ("calls of malloc", "12,345"),
        ];
        for (name, value) in rows {
            let row = text.lines().find(|line| line.starts_with(&format!("│ {name} ")));
            let ends_so = row.is_some_and(|row| row.ends_with(&format!(" {value} │")));
            assert!(ends_so, "{name} {value} in\n{text}");
        }
        assert!(Stats::parse("pid=1").table().to_string().contains('?'));
        assert!(!text.contains("calloc"), "{text}");
        assert_eq!(
            Stats::parse(LINE).title(),
            "sort (process 17) on heapwright: reserved break, good fit"
        );
    }

    #[test]
    fn the_started_process_comes_first_and_its_descendants_are_counted() {
        let child = |pid: u64| Stats::parse(&format!("pid={pid} program=ls malloc={pid}"));
        let mut processes: Vec<_> = (100..120).map(child).collect();
        processes.push(Stats::parse("pid=17 program=bash malloc=1"));
        processes.push(Stats::parse(LINE));
        let text = report(17, &processes);
        assert!(text.starts_with("\nsort (process 17)"), "{text}");
        assert!(text.contains("12 of 20, by calls"), "{text}");
        assert!(text.contains(" 119 ") && !text.contains(" 107 "), "{text}");
        assert!(!text.contains("bash"), "{text}");
        assert!(report(18, &[]).contains("Process 18 wrote no counts"));
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(group(0), "0");
        assert_eq!(group(999), "999");
        assert_eq!(group(1_234_567), "1,234,567");
        assert_eq!(bytes_text(1023), "1023 B");
        assert_eq!(bytes_text(1536), "1.5 KiB");
        assert_eq!(bytes_text(u64::MAX), "17,179,869,183.9 GiB");
    }
}
