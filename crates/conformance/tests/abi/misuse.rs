//! Misuse ends the program: by `SIGABRT`, and one line that names the pointer and the finding.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use heapwright_conformance::library::BREAKS;

use crate::programs::{Link, compile, has_compiler, on_library, text};

/// The program, compiled once for all tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compile("misuse.c", Link::Shared, &[]))
}

/// Runs one misuse on both breaks; `line` is the finding, with `@` for the pointer.
fn dies(misuse: &str, line: &str) {
    if !has_compiler("misuse.c") {
        return;
    }
    let program = program();
    for source in BREAKS {
        let output = on_library(program, source).arg(misuse).output().expect("it was compiled");
        let announced = text(&output.stdout);
        let pointer = announced.lines().last().expect("the program prints the pointer");
        assert_eq!(text(&output.stderr), format!("heapwright: {line}\n").replace('@', pointer));
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", output.status);
    }
}

#[test]
fn a_double_free_of_a_cancelled_thread_dies() {
    if !has_compiler("cancel.c") {
        return;
    }
    let program = compile("cancel.c", Link::Preload, &[]);
    for source in BREAKS {
        let output = on_library(&program, source).output().expect("it was compiled");
        let line = format!("heapwright: double free of {}", text(&output.stdout));
        assert_eq!(text(&output.stderr), line);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", output.status);
    }
}

#[test]
fn a_double_free_dies() {
    dies("double free", "double free of @");
}

#[test]
fn a_realloc_of_a_freed_block_dies() {
    dies("double free through realloc", "double free of @");
}

#[test]
fn a_free_of_what_is_on_the_stack_dies() {
    dies("stack", "@ is no block of this heap");
}

#[test]
fn a_free_of_an_unaligned_pointer_dies() {
    dies("unaligned", "@ is no block of this heap");
}

#[test]
fn a_free_of_an_interior_pointer_dies() {
    dies("interior", "@ is no block of this heap");
    dies("medium interior", "@ is no block of this heap");
    dies("large interior", "@ is no block of this heap");
}

#[test]
fn a_double_free_of_a_medium_block_dies() {
    dies("medium double free", "double free of @");
    dies("size of a freed medium block", "double free of @");
}

#[test]
fn a_double_free_of_a_large_block_dies() {
    dies("large double free", "double free of @");
}

#[test]
fn a_double_free_of_another_threads_block_dies() {
    dies("other thread's double free", "double free of @");
}

#[test]
fn an_overflow_reaches_no_metadata() {
    if !has_compiler("misuse.c") {
        return;
    }
    for source in BREAKS {
        let output = on_library(program(), source).arg("overflow").output().expect("compiled");
        assert_eq!((text(&output.stderr).as_str(), output.status.code()), ("", Some(0)));
    }
}

#[test]
fn a_question_about_a_freed_block_dies() {
    dies("size of a freed block", "double free of @");
}

#[test]
fn a_free_with_too_large_a_size_dies() {
    dies("wrong size", "the block at @ is smaller than its layout says");
}
