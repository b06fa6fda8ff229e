//! The malloc family of C, threads, fork, signals, libraries that come and go.

use std::process::Command;

use heapwright_conformance::library::{BREAKS, Library, without_heapwright};

use crate::programs::{Link, compile, expect_ok, has_compiler, on_library, passes, text};

#[test]
fn every_function_keeps_the_manual_to_the_letter() {
    passes("semantics.c", Link::Shared);
}

#[test]
fn the_figures_and_trim_follow_the_heap() {
    if !has_compiler("diagnostics.c") {
        return;
    }
    let program = compile("diagnostics.c", Link::Preload, &[]);
    for source in BREAKS {
        let output = expect_ok(&mut on_library(&program, source));
        let stats = text(&output.stderr);
        assert!(stats.starts_with(&format!("heapwright: {source} break, good fit\n")), "{stats}");
        assert!(stats.contains("\nlive_bytes = "), "{stats}");
    }
}

#[test]
fn the_break_is_moved_by_others_between_our_calls() {
    passes("foreign_break.c", Link::Preload);
}

#[test]
fn threads_allocate_while_others_fork_and_children_go_on() {
    passes("threads_fork.c", Link::Preload);
}

#[test]
fn forks_go_on_while_streams_are_read_and_flushed() {
    passes("fork_streams.c", Link::Preload);
}

#[test]
fn a_signal_handler_that_interrupted_the_heap_forks() {
    passes("fork_handler.c", Link::Preload);
}

#[test]
fn fork_handlers_of_others_allocate() {
    passes("fork_handlers.c", Link::Archive);
}

#[test]
fn frees_that_come_after_a_thread_ended_are_served() {
    passes("late_frees.c", Link::Preload);
}

#[test]
fn handlers_allocate_while_other_threads_are_inside() {
    passes("signals.c", Link::Preload);
}

#[test]
fn a_process_without_memory_is_told_so_and_goes_on() {
    passes("exhaustion.c", Link::Preload);
}

#[test]
fn libraries_come_and_go_and_so_does_this_one() {
    if !has_compiler("loading.c") {
        return;
    }
    let program = compile("loading.c", Link::Preload, &[]);
    let shared = &Library::get().shared;
    for source in BREAKS {
        expect_ok(on_library(&program, source).arg(shared));
    }
    // And beside the C library's own malloc.
    expect_ok(without_heapwright(&mut Command::new(&program)).arg(shared));
}

#[test]
fn an_operator_new_that_fails_in_a_program_of_c_ends_it_with_a_line() {
    if !has_compiler("plain_new.c") {
        return;
    }
    let program = compile("plain_new.c", Link::Shared, &[]);
    for source in BREAKS {
        let output = on_library(&program, source).output().expect("it was compiled");
        assert_eq!(text(&output.stdout), "ready\n");
        assert_eq!(
            text(&output.stderr),
            "heapwright: operator new is out of memory, and no libstdc++ is there to throw\n"
        );
        assert!(!output.status.success());
    }
}
