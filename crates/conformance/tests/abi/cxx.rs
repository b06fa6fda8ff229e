//! The C++ operators: every form, exceptions, handlers, programs with operators of their own.

use heapwright_conformance::library::BREAKS;

use crate::programs::{Link, compile, expect_ok, has_compiler, on_library, passes};

#[test]
fn every_form_of_new_and_delete_works_and_failures_are_thrown() {
    passes("operators.cpp", Link::Preload);
}

#[test]
fn a_handler_that_frees_memory_lets_new_succeed() {
    passes("freeing_handler.cpp", Link::Preload);
}

#[test]
fn a_program_with_operators_of_its_own_gets_all_forms_led_there() {
    passes("replaced.cpp", Link::Preload);
}

#[test]
fn objects_that_outlive_their_thread_or_main_are_destroyed() {
    passes("late_objects.cpp", Link::Preload);
}

#[test]
fn a_cxx_library_in_a_program_of_c_can_throw() {
    if !(has_compiler("plugin_host.c") && has_compiler("plugin.cpp")) {
        return;
    }
    let host = compile("plugin_host.c", Link::Preload, &[]);
    let plugin = compile("plugin.cpp", Link::Preload, &["-shared", "-fPIC"]);
    for source in BREAKS {
        expect_ok(on_library(&host, source).arg(&plugin));
    }
}
