//! Two heaps in one process: this test's global allocator, and a preloaded libheapwright.

use core::ffi::c_void;
use core::ptr;
use std::thread;

use heapwright_conformance::library::{BREAKS, Library, reports};

use crate::programs::{directory, text};

/// What the child does; alone it is a test of the global allocator beside the C library's.
#[test]
fn blocks_of_both_heaps_live_side_by_side() {
    thread::scope(|scope| {
        for seed in 1..=3_usize {
            scope.spawn(move || {
                let mut ours: Vec<Vec<usize>> = Vec::new();
                let mut theirs: Vec<usize> = Vec::new();
                for round in 0..5000 {
                    ours.push(vec![round * seed; round % 50]);
                    // SAFETY: the call has no conditions.
                    let block = unsafe { libc::calloc(round % 60 + 1, 8) };
                    assert!(!block.is_null());
                    theirs.push(block.expose_provenance());
                    if round % 3 != 0 {
                        ours.swap_remove(round % ours.len());
                        let block = theirs.swap_remove(round % theirs.len());
                        let block = ptr::with_exposed_provenance_mut::<c_void>(block);
                        // SAFETY: of the process's malloc, and freed once.
                        unsafe { libc::free(block) };
                    }
                }
                for numbers in &ours {
                    assert!(numbers.iter().all(|number| number == &numbers[0]));
                }
                for block in theirs {
                    let block = ptr::with_exposed_provenance_mut::<c_void>(block);
                    // SAFETY: as above.
                    unsafe { libc::free(block) };
                }
            });
        }
    });
    heapwright_malloc::verify().expect("the heap is whole");
}

#[test]
fn a_global_allocator_runs_beside_the_preloaded_library() {
    let this = std::env::current_exe().expect("a test knows its file");
    let file = directory("two_heaps").join("reports");
    for source in BREAKS {
        let _ = std::fs::remove_file(&file);
        let mut command = std::process::Command::new(&this);
        Library::get().preload(&mut command, source).env("HEAPWRIGHT_STATS", &file);
        let output = command
            .args(["--exact", "two_heaps::blocks_of_both_heaps_live_side_by_side"])
            .output()
            .expect("the test can be run again");
        let said = text(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
        let reports = reports(&file);
        let [report] = reports.as_slice() else { panic!("not one report: {reports:?}") };
        assert_eq!(report.word("break"), source);
        assert!(report.number("calloc") >= 15_000, "{report:?}");
    }
}
