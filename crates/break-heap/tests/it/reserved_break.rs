//! `ReservedBreak`: reservations, limits, memory really given back.
//!
//! Large reservations are made in children alone: the address space that a test of limits counts
//! on is the whole process's.

use std::thread;

use heapwright_break::{Break, BreakError, ProcessBreak, ReservedBreak};

use crate::contract::assert_contract;
use crate::fork::{End, end_of_child, in_child};
use crate::limits::{limit_address_space, limit_data, usage};
use crate::pages::{self, page_size, resident_count};
use crate::tested::Tested;

#[test]
fn a_reserved_break_keeps_the_contract() {
    assert_contract(ReservedBreak::new(16 * page_size()));
    in_child(|| assert_contract(ReservedBreak::default()));
    assert_contract(ProcessBreak::Reserved(ReservedBreak::new(1 << 20)));
}

#[test]
fn the_page_size_is_the_systems() {
    let mut source = ReservedBreak::new(1 << 20);
    assert_eq!(source.page_size(), page_size());
    source.grow(1).unwrap();
    assert_eq!(source.page_size(), page_size());
}

#[test]
fn the_capacity_is_what_was_asked_for_in_whole_pages() {
    let mut source = ReservedBreak::new(5 * page_size() - 1);
    source.grow(1).unwrap();
    assert_eq!(source.capacity(), 5 * page_size());
    assert_eq!(ReservedBreak::new(0).grow(1), Err(BreakError::Exhausted { needed: 1 }));
}

#[test]
fn the_largest_capacity_is_halved_until_the_address_space_holds_it() {
    in_child(|| {
        let mut source = ReservedBreak::new(usize::MAX);
        source.grow(1).unwrap();
        assert!(source.capacity() >= ReservedBreak::CAPACITY_BYTES_DEFAULT);
        assert!(source.capacity() < usize::MAX / 2);
    });
}

#[test]
fn breaks_side_by_side_share_no_byte() {
    let mut all = [(); 4].map(|()| Tested::new(ReservedBreak::new(1 << 20)));
    for (tested, value) in all.iter_mut().zip(1..) {
        tested.grow(1 << 16).unwrap();
        tested.fill(0..1 << 16, value);
    }
    for (tested, value) in all.iter().zip(1..) {
        tested.assert_filled(0..1 << 16, value);
    }
}

#[test]
fn shrinking_frees_the_pages_and_takes_away_the_access() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 20));
    let page_size = page_size();
    tested.grow(8 * page_size).unwrap();
    tested.fill(0..8 * page_size, 7);
    let upper = tested.memory(4 * page_size..8 * page_size);
    assert_eq!(resident_count(upper), Some(4));
    tested.shrink(4 * page_size).unwrap();
    assert_eq!(resident_count(upper), Some(0));

    let end = end_of_child(|| {
        // SAFETY: none: the access is meant to fail, in a child.
        unsafe { upper.cast::<u8>().read_volatile() };
    });
    assert_eq!(end, End::Signalled(libc::SIGSEGV));
}

#[test]
fn discarding_frees_the_pages_and_keeps_the_addresses() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 20));
    let page_size = page_size();
    tested.grow(8 * page_size).unwrap();
    tested.fill(0..8 * page_size, 7);
    let page = page_size..2 * page_size;
    // SAFETY: a whole page of the break, to which nothing refers.
    unsafe { tested.source().discard(tested.memory(page.clone())) };
    assert_eq!(resident_count(tested.memory(page)), Some(0));
    assert_eq!(resident_count(tested.memory(0..8 * page_size)), Some(7));
}

#[test]
fn locked_pages_are_zero_after_discard_and_after_shrink_and_grow() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 20));
    let page_size = page_size();
    tested.grow(4 * page_size).unwrap();
    pages::lock(tested.memory(0..4 * page_size));
    tested.fill(0..4 * page_size, 3);
    assert!(pages::is_discard_refused(tested.memory(0..page_size)), "nothing is tried here");
    tested.discard(0..2 * page_size);
    tested.assert_filled(2 * page_size..4 * page_size, 3);
    tested.shrink(3 * page_size).unwrap();
    tested.grow(3 * page_size).unwrap();
}

#[test]
fn threads_may_discard_disjoint_pages_at_the_same_time() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 22));
    let bytes = 16 * page_size();
    tested.grow(4 * bytes).unwrap();
    tested.fill(0..4 * bytes, 1);
    thread::scope(|scope| {
        for index in 0..4 {
            let tested = &tested;
            scope.spawn(move || {
                for _ in 0..50 {
                    tested.fill(index * bytes..(index + 1) * bytes, 2);
                    tested.discard(index * bytes..(index + 1) * bytes);
                }
            });
        }
    });
    tested.assert_filled(0..4 * bytes, 0);
}

#[test]
fn a_break_may_grow_on_another_thread() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 20));
    tested.grow(1).unwrap();
    tested.fill(0..1, 8);
    let tested = thread::spawn(move || tested.grow(1).map(|_| tested)).join().unwrap().unwrap();
    tested.assert_filled(0..1, 8);
}

#[test]
fn dropping_a_break_unmaps_its_whole_reservation() {
    // In a child: no other thread maps anything at the same address meanwhile.
    in_child(|| {
        let mut tested = Tested::new(ReservedBreak::new(16 * page_size()));
        tested.grow(2 * page_size()).unwrap();
        let memory = tested.memory(0..2 * page_size());
        assert_eq!(resident_count(memory).map(|_| ()), Some(()));
        drop(tested);
        assert_eq!(resident_count(memory), None);
    });
}

#[test]
fn under_a_limit_on_address_space_a_smaller_reservation_serves() {
    in_child(|| {
        let free = 100 << 20;
        limit_address_space(usage().0 + free);
        let mut tested = Tested::new(ReservedBreak::default());
        tested.grow(1 << 20).unwrap();
        let capacity = tested.source().capacity();
        assert!(capacity <= free && capacity > free / 4, "{capacity} bytes reserved");
        tested.grow(capacity - (1 << 20)).unwrap();
    });
}

#[test]
fn without_address_space_the_reservation_is_refused_and_may_be_tried_again() {
    in_child(|| {
        limit_address_space(0);
        let mut tested = Tested::new(ReservedBreak::default());
        let size = ReservedBreak::CAPACITY_BYTES_MIN;
        assert_eq!(tested.grow(1), Err(BreakError::Refused { size }));
        // A first growth above the minimum is the least that is worth reserving.
        assert_eq!(tested.grow(size * 3), Err(BreakError::Refused { size: size * 3 }));
        let mut small = Tested::new(ReservedBreak::new(page_size()));
        assert_eq!(small.grow(1), Err(BreakError::Refused { size: page_size() }));

        limit_address_space(usize::MAX);
        tested.grow(1).unwrap();
        assert_eq!(tested.source().capacity(), ReservedBreak::CAPACITY_BYTES_DEFAULT);
    });
}

#[test]
fn under_a_limit_on_data_a_growth_is_exhausted_and_a_smaller_one_may_serve() {
    in_child(|| {
        limit_data(usage().1 + (8 << 20));
        let mut tested = Tested::new(ReservedBreak::default());
        let needed = 64 << 20;
        assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
        tested.grow(1 << 20).unwrap();
        tested.fill(0..1 << 20, 1);
        assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
        tested.shrink(1 << 20).unwrap();
        tested.grow(1 << 20).unwrap();
    });
}

#[test]
fn a_refused_first_growth_leaves_no_reservation_behind() {
    in_child(|| {
        limit_data(1); // 0 means something else to the kernel
        let mut source = ReservedBreak::default();
        source.grow(1 << 20).unwrap_err();
        let before = usage().0;
        for _ in 0..10 {
            source.grow(1 << 20).unwrap_err();
        }
        assert!(usage().0 < before + (1 << 30));
    });
}

#[test]
fn after_fork_both_sides_go_on() {
    let mut tested = Tested::new(ReservedBreak::new(1 << 20));
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
    tested.grow(page_size).unwrap();
    tested.assert_filled(0..4 * page_size, 1);
}
