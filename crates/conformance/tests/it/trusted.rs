//! Allocators that are known to work pass: what the suite refuses is not its own fault.

use std::alloc::System;

use allocator_api2::alloc::Global;
use heapwright_conformance::contract::{self, ByGlobalAlloc};
use heapwright_conformance::script::{Profile, check_seeds};
use heapwright_conformance::subject::{AsAllocator, OverAllocator};

#[test]
fn the_global_allocator_keeps_the_contract() {
    contract::check(|| Global);
}

#[test]
fn the_system_allocator_keeps_the_contract() {
    contract::check(|| ByGlobalAlloc(System));
}

#[test]
fn a_subject_made_of_an_allocator_made_of_a_subject_keeps_the_contract() {
    contract::check(|| AsAllocator::new(OverAllocator(Global)));
}

#[test]
fn the_system_allocator_passes_every_profile() {
    let tally = check_seeds(&Profile::ALL, 0..4, || OverAllocator(ByGlobalAlloc(System)));
    assert!(tally.moved_count > 0, "{tally:?}");
    assert!(tally.refused_count > 0, "{tally:?}");
    assert_eq!(
        tally.granted_count,
        tally.freed_count + tally.moved_count + tally.resized_in_place_count,
        "what was granted was resized or given back"
    );
}
