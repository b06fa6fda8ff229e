//! The report of `HEAPWRIGHT_STATS`: one line a process, whose figures are the heap's.

use std::process::Command;

use heapwright_conformance::library::{BREAKS, Library, Report, reports, without_heapwright};

use crate::programs::{Link, compile, directory, expect_ok, has_compiler, text};

#[test]
fn the_figures_are_those_of_the_program() {
    if !has_compiler("report.c") {
        return;
    }
    let program = compile("report.c", Link::Preload, &[]);
    let file = directory("report").join("figures");
    for source in BREAKS {
        let _ = std::fs::remove_file(&file);
        let mut command = Command::new(&program);
        Library::get().preload(&mut command, source).env("HEAPWRIGHT_STATS", &file);
        expect_ok(&mut command);
        let reports = reports(&file);
        // The child ends first; both were forked with the same heap.
        let [child, parent] = reports.as_slice() else { panic!("not two reports: {reports:?}") };
        assert_ne!(child.word("pid"), parent.word("pid"));
        for report in [child, parent] {
            check_figures(report, source);
        }
        // 10,000 blocks in the parent, 5000 more in the child; one in ten is not freed.
        let more = |key| child.number(key).checked_sub(parent.number(key)).expect("it did more");
        assert_about(more("malloc"), 5000);
        assert_about(more("free"), 4500);
        assert_about(more("live_count"), 500);
        assert_about(more("live_bytes") / SLOT_BYTES, 500);
    }
}

/// What is the same in parent and child.
fn check_figures(report: &Report, source: &str) {
    assert_eq!(report.word("program"), "report-Preload");
    assert_eq!(report.word("break"), source);
    assert_eq!(report.number("calloc"), 20);
    assert_eq!(report.number("realloc"), 30);
    assert_eq!(report.number("aligned_alloc"), 40);
    assert_eq!(report.number("large_count"), 1);
    assert_eq!(report.number("thread_heap_count"), 1);
    assert!(report.number("slab_count") >= 3, "blocks of more sizes: {report:?}");
    assert!(report.number("heap_bytes_peak") >= report.number("heap_bytes"));
    assert!(report.number("overhead_permille") <= 1000);
    assert!(report.number("external_permille") <= 1000);
    let parts = report.number("live_bytes") + report.number("free_bytes");
    assert!(parts <= report.number("heap_bytes"));
    assert!(report.number("free_bytes_largest") <= report.number("free_bytes"));
    assert!(report.number("dirty_bytes") <= report.number("free_bytes"));
}

/// What `report.c` asks for are 100 bytes.
const SLOT_BYTES: u64 = 112;

/// The slots that a thread holds ready count as handed out and as live: a page of them at most, in
/// the parent or in the child.
fn assert_about(found: u64, expected: u64) {
    let held_max = 4096 / SLOT_BYTES;
    assert!(found.abs_diff(expected) <= held_max, "{found} is not about {expected}");
}

#[test]
fn processes_that_end_at_once_do_not_mix_their_lines() {
    let file = directory("report").join("many");
    let _ = std::fs::remove_file(&file);
    let mut command = Command::new("sh");
    without_heapwright(&mut command)
        .args(["-c", "for i in 1 2 3 4 5 6 7 8 9 10; do sort /dev/null & done; wait"])
        .env("LD_PRELOAD", &Library::get().shared)
        .env("HEAPWRIGHT_STATS", &file);
    assert!(command.status().expect("there is a shell").success());
    let reports = reports(&file);
    let sorts = reports.iter().filter(|report| report.word("program") == "sort").count();
    assert_eq!(sorts, 10, "{reports:?}");
}

#[test]
fn a_path_that_cannot_be_written_gives_one_line() {
    if !has_compiler("exhaustion.c") {
        return;
    }
    let program = compile("exhaustion.c", Link::Preload, &[]);
    let mut command = Command::new(&program);
    without_heapwright(&mut command)
        .env("LD_PRELOAD", &Library::get().shared)
        .env("HEAPWRIGHT_STATS", "/no/such/directory/reports");
    let output = expect_ok(&mut command);
    assert_eq!(
        text(&output.stderr),
        "heapwright: HEAPWRIGHT_STATS=/no/such/directory/reports cannot be written; \
         there is no report\n"
    );
}
