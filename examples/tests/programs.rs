//! The programs about objects say what they should, alone and beside C++ on either malloc.

use std::path::PathBuf;
use std::process::Command;

use heapwright_conformance::library::{BREAKS, Library};

/// A program of this package, which cargo builds with the tests.
fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let profile = tests.ancestors().nth(2).expect("it lies in `deps` of a profile");
    profile.join("examples").join(name)
}

/// Runs a command that must end well, and returns what it wrote.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; `cargo test -p heapwright-examples` builds it")
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("it writes text")
}

fn says(name: &str, words: &[&str]) {
    let text = output(&mut Command::new(program(name)));
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

#[test]
fn the_placement_of_the_book_constructs_and_destroys() {
    says("placement", &["MyData(3) is destroyed", "in the same 4 bytes", "MyData(7) is destroyed"]);
}

#[test]
fn plugins_end_through_their_base_with_their_own_layout() {
    says("plugin_host", &["count ends after 6 words", "256 bytes aligned to 64 go back"]);
}

#[test]
fn a_large_matrix_is_built_on_a_small_stack() {
    says("big_matrix", &["64 MiB on a stack of 64 KiB, trace 2897"]);
}

#[test]
fn messages_of_different_sizes_go_round_in_fixed_bytes() {
    says("message_ring", &["sent in 256 bytes", "the first: ping 0"]);
}

#[test]
fn a_driver_that_fails_releases_what_it_acquired() {
    let prefixes = ["Busy(\"registers\"))): \n", "+registers +channel -channel -registers"];
    says("driver_state", &prefixes);
    says("driver_state", &["started with +registers +channel +buffer +interrupt"]);
}

#[test]
fn an_order_book_has_a_pool_and_a_handler() {
    says(
        "order_book",
        &["1505 bought for 150575", "order_book::Order", "the cache has 1", "one report"],
    );
}

#[test]
fn an_expression_is_compiled_and_its_names_end_newest_first() {
    says("expression_compiler", &["destroyed, the newest first: left, area, height, width"]);
}

#[test]
fn timers_unlink_themselves_on_the_stack_and_in_an_arena() {
    says("timer_wheel", &["after the scope 2 wait", "one that was forgotten was called 1 time"]);
}

#[test]
fn frames_keep_their_memory_and_the_end_reports_what_lived() {
    says("game_frame", &["live objects: 2 types, 7 objects", "examples/game_frame.rs:"]);
}

#[test]
fn files_are_parsed_by_threads_into_leased_arenas() {
    says("parallel_parsing", &["192 modules were destroyed", "refused: a list does not end"]);
}

#[test]
fn entities_have_keys_that_grow_stale() {
    says("entity_world", &["is gone", "3 entities"]);
}

#[test]
fn objects_cross_between_rust_and_cxx_on_the_process_malloc() {
    let text = output(&mut Command::new(program("cxx_objects")));
    if text.starts_with("SKIPPED") {
        return print!("{text}");
    }
    assert!(text.contains("every track ended once"), "{text}");
    // The same under libheapwright, which is then the malloc of both sides. The C++ side is there
    // already: a compiler would run on the library as well.
    let cxx = program("libtracks.so");
    for source in BREAKS {
        let mut command = Command::new(program("cxx_objects"));
        let text = output(Library::get().preload(command.arg(&cxx), source));
        assert!(text.contains("every track ended once"), "{text}");
    }
}
