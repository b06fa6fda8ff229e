//! The archive: programs that are linked with it have its malloc, its constructor and its end,
//! be the rest of them shared or not.

use std::process::Command;

use heapwright_conformance::library::{reports, without_heapwright};

use crate::programs::{Link, compile, directory, expect_ok, has_compiler, has_static_libraries};

/// Links one program with the archive, and runs it on both breaks.
fn is_linked(source: &'static str, link: Link) {
    if !has_compiler(source) {
        return;
    }
    let program = compile(source, link, &[]);
    let file = directory("archive").join(format!("{source}-{link:?}"));
    for source in heapwright_conformance::library::BREAKS {
        let _ = std::fs::remove_file(&file);
        let mut command = Command::new(&program);
        without_heapwright(&mut command);
        command.env("HEAPWRIGHT_BREAK", source).env("HEAPWRIGHT_STATS", &file);
        expect_ok(&mut command);
        let reports = reports(&file);
        let report = reports.last().expect("the program's malloc is the archive's");
        assert_eq!(report.word("break"), source);
        assert!(report.allocations() > 100, "{report:?}");
    }
}

#[test]
fn a_program_of_c_is_linked_with_the_archive() {
    is_linked("semantics.c", Link::Archive);
}

#[test]
fn a_program_that_forks_is_linked_with_the_archive() {
    is_linked("threads_fork.c", Link::Archive);
}

#[test]
fn a_program_of_cxx_is_linked_with_the_archive() {
    is_linked("operators.cpp", Link::Archive);
}

#[test]
fn static_programs_of_c_and_cxx_are_linked_with_the_archive() {
    if has_compiler("probe.cpp") && has_static_libraries() {
        is_linked("semantics.c", Link::Static);
        is_linked("threads_fork.c", Link::Static);
        is_linked("fork_streams.c", Link::Static);
        is_linked("operators.cpp", Link::Static);
    }
}
