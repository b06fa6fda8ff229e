//! `ProgramBreak` alone in its process: every test runs in a forked child with one thread.

use heapwright_break::{Break, BreakError, ProcessBreak, ProgramBreak};

use crate::contract::assert_contract;
use crate::fork::in_child;
use crate::limits::{limit_address_space, limit_data, usage};
use crate::pages::{self, page_size};
use crate::program_break_shared::move_break;
use crate::tested::Tested;

/// A fresh program break in a child.
pub(crate) fn program_break() -> Tested<ProgramBreak> {
    // SAFETY: every test of the program break runs in a child, which has one thread, and what
    // others move in it, they move between our calls.
    Tested::new(unsafe { ProgramBreak::new() })
}

#[test]
fn the_program_break_keeps_the_contract() {
    // SAFETY: the child has one thread.
    in_child(|| assert_contract(unsafe { ProgramBreak::new() }));
    // SAFETY: as above.
    in_child(|| assert_contract(ProcessBreak::Program(unsafe { ProgramBreak::new() })));
}

#[test]
fn it_is_the_real_break_that_moves() {
    in_child(|| {
        let mut tested = program_break();
        assert_eq!(tested.source().page_size(), page_size());
        tested.grow(10 * page_size()).unwrap();
        assert_eq!(move_break(0), tested.end());
        tested.shrink(4 * page_size()).unwrap();
        assert_eq!(move_break(0), tested.end());
    });
}

#[test]
fn the_first_growth_claims_the_break_and_the_drop_leaves_it_to_the_next() {
    in_child(|| {
        let (mut first, mut second) = (program_break(), program_break());
        first.grow(1).unwrap();
        assert_eq!(second.grow(1), Err(BreakError::Claimed));
        assert_eq!(second.grow(0), Err(BreakError::Claimed));
        drop(first);
        second.grow(1).unwrap();
    });
}

#[test]
fn a_first_growth_that_fails_claims_nothing() {
    in_child(|| {
        let (mut first, mut second) = (program_break(), program_break());
        let needed = usize::MAX;
        assert_eq!(first.grow(needed), Err(BreakError::Exhausted { needed }));
        second.grow(1).unwrap();
    });
}

#[test]
fn the_span_starts_at_a_page_even_where_the_break_did_not() {
    in_child(|| {
        let odd = move_break(100) + 100;
        let mut tested = program_break();
        let growth = tested.grow(1).unwrap();
        assert_eq!(growth.gap_bytes, 0);
        assert_eq!(tested.start(), odd.next_multiple_of(page_size()));
    });
}

#[test]
fn the_drop_lowers_the_break_to_where_it_found_it() {
    in_child(|| {
        let before = move_break(0).next_multiple_of(page_size());
        let mut tested = program_break();
        tested.grow(1 << 20).unwrap();
        drop(tested);
        assert_eq!(move_break(0), before);
    });
}

#[test]
fn the_capacity_is_bounded_by_the_limits_found_at_the_first_growth() {
    let capacity_now = || {
        let mut tested = program_break();
        tested.grow(1).unwrap();
        tested.source().capacity()
    };
    in_child(|| assert_eq!(capacity_now(), ProgramBreak::CAPACITY_BYTES_MAX));
    in_child(|| {
        limit_data((8 << 30) + 1);
        assert_eq!(capacity_now(), 8 << 30);
    });
    in_child(|| {
        limit_address_space(64 << 30);
        assert_eq!(capacity_now(), 16 << 30);
    });
    in_child(|| {
        limit_data(8 << 30);
        let mut tested = program_break();
        assert_eq!(tested.source().capacity(), ProgramBreak::CAPACITY_BYTES_MAX);
        tested.grow(1).unwrap();
        limit_data(1 << 30);
        assert_eq!(tested.source().capacity(), 8 << 30);
    });
}

#[test]
fn under_a_small_limit_on_data_growth_is_exhausted_by_the_system_itself() {
    in_child(|| {
        let limit = usage().1 + (4 << 20);
        limit_data(limit);
        let mut tested = program_break();
        tested.grow(1 << 20).unwrap();
        let (end, needed) = (tested.end(), limit - (2 << 20));
        assert!(needed + (1 << 20) <= tested.source().capacity(), "only the capacity is tried");
        assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
        assert_eq!(move_break(0), end);
        tested.grow(1 << 20).unwrap();
    });
    in_child(|| {
        limit_data(0);
        assert_eq!(program_break().grow(1), Err(BreakError::Exhausted { needed: 1 }));
    });
}

#[test]
fn a_growth_beyond_the_capacity_is_exhausted() {
    in_child(|| {
        limit_address_space(64 << 30);
        let mut tested = program_break();
        tested.grow(1).unwrap();
        let needed = tested.source().capacity() - page_size() + 1;
        assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
    });
}

#[test]
fn locked_pages_are_zero_after_discard_and_after_shrink_and_grow() {
    in_child(|| {
        let mut tested = program_break();
        let page_size = page_size();
        tested.grow(4 * page_size).unwrap();
        pages::lock(tested.memory(0..4 * page_size));
        tested.fill(0..4 * page_size, 3);
        assert!(pages::is_discard_refused(tested.memory(0..page_size)), "nothing is tried here");
        tested.discard(0..2 * page_size);
        tested.assert_filled(2 * page_size..4 * page_size, 3);
        tested.shrink(3 * page_size).unwrap();
        tested.grow(3 * page_size).unwrap();
    });
}

#[test]
fn after_fork_both_sides_go_on() {
    in_child(|| {
        let mut tested = program_break();
        let page_size = page_size();
        tested.grow(4 * page_size).unwrap();
        tested.fill(0..4 * page_size, 1);
        in_child(|| {
            tested.assert_filled(0..4 * page_size, 1);
            tested.fill(0..2 * page_size, 2);
            tested.shrink(2 * page_size).unwrap();
            tested.grow(6 * page_size).unwrap();
            tested.assert_filled(0..2 * page_size, 2);
        });
        tested.assert_filled(0..4 * page_size, 1);
        tested.shrink(page_size).unwrap();
        tested.grow(page_size).unwrap();
        tested.assert_filled(0..3 * page_size, 1);
    });
}
