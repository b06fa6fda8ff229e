//! The variables `HEAPWRIGHT_*`: each value is heeded, unknown ones give a line and the default.

use std::process::Command;

use heapwright_conformance::library::{BREAKS, Library, reports, without_heapwright};

use crate::programs::{Link, compile, directory, expect_ok, has_compiler, on_library, text};

const FITS: [&str; 6] = ["first", "second", "next", "best", "worst", "good"];

/// Runs a small program of the system with `variables`; returns its report and standard error.
fn run(test: &str, variables: &[(&str, &str)]) -> (String, String, String) {
    let file = directory(test).join("reports");
    let _ = std::fs::remove_file(&file);
    let mut command = Command::new("sort");
    without_heapwright(&mut command).arg("/dev/null");
    command.env("LD_PRELOAD", &Library::get().shared).env("HEAPWRIGHT_STATS", &file);
    let output = command.envs(variables.iter().copied()).output().expect("there is sort");
    assert!(output.status.success(), "{command:?}: {output:?}");
    let reports = reports(&file);
    let [report] = reports.as_slice() else { panic!("not one report: {reports:?}") };
    let (source, fit) = (report.word("break").to_owned(), report.word("fit").to_owned());
    (source, fit, text(&output.stderr))
}

#[test]
fn without_variables_the_defaults_hold_and_nothing_is_said() {
    let expected = ("reserved".to_owned(), "good".to_owned(), String::new());
    assert_eq!(run("defaults", &[]), expected);
}

#[test]
fn every_known_value_is_heeded() {
    for source in ["reserved", "program"] {
        for fit in FITS {
            let found = run("known", &[("HEAPWRIGHT_BREAK", source), ("HEAPWRIGHT_FIT", fit)]);
            assert_eq!(found, (source.to_owned(), fit.to_owned(), String::new()));
        }
    }
}

#[test]
fn every_fit_serves_a_whole_program() {
    if !has_compiler("semantics.c") {
        return;
    }
    let program = compile("semantics.c", Link::Archive, &[]);
    for fit in FITS {
        expect_ok(without_heapwright(&mut Command::new(&program)).env("HEAPWRIGHT_FIT", fit));
    }
}

#[test]
fn an_unknown_value_gives_one_line_and_the_default() {
    for value in ["", "Program", "program ", "sbrk"] {
        let (source, _, said) = run("unknown_break", &[("HEAPWRIGHT_BREAK", value)]);
        assert_eq!(source, "reserved");
        assert!(said.starts_with(&format!("heapwright: HEAPWRIGHT_BREAK={value} is unknown")));
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let (_, fit, said) = run("unknown_fit", &[("HEAPWRIGHT_FIT", "tight")]);
    assert_eq!(fit, "good");
    assert!(said.starts_with("heapwright: HEAPWRIGHT_FIT=tight is unknown"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn an_unknown_name_gives_one_line() {
    let long = "x".repeat(100_000);
    for value in ["1", &long] {
        let (source, fit, said) = run("unknown_name", &[("HEAPWRIGHT_BRAKE", value)]);
        assert_eq!((source.as_str(), fit.as_str()), ("reserved", "good"));
        assert!(said.starts_with("heapwright: HEAPWRIGHT_BRAKE="), "{said}");
        assert!(said.ends_with(" is unknown and ignored\n"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.len() < 200, "{said}");
    }
}

#[test]
fn the_variable_of_the_tests_is_none_of_the_librarys() {
    let (_, _, said) = run("library_dir", &[("HEAPWRIGHT_LIBRARY_DIR", "/somewhere")]);
    assert_eq!(said, "");
}

#[test]
fn a_value_cannot_command_the_terminal() {
    let (_, _, said) = run("control", &[("HEAPWRIGHT_FIT", "a\x1b[2Jb\nc\x7f\u{e9}")]);
    assert!(said.starts_with("heapwright: HEAPWRIGHT_FIT=a?[2Jb?c?\u{e9} is unknown"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn the_scavenger_lets_an_idle_process_and_its_child_shrink() {
    if !has_compiler("scavenger.c") {
        return;
    }
    let program = compile("scavenger.c", Link::Preload, &[]);
    for source in BREAKS {
        expect_ok(on_library(&program, source).env("HEAPWRIGHT_SCAVENGER", "1"));
    }
}
