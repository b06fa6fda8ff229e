//! `ProgramBreak` beside others who move the break too, between its calls.

use core::ptr;
use std::thread;

use heapwright_break::{Break, BreakError};

use crate::fork::in_child;
use crate::pages::page_size;
use crate::program_break::program_break;

/// Moves the break behind everybody's back and answers where it was.
pub(crate) fn move_break(bytes: isize) -> usize {
    // SAFETY: the tests move it in a child with one thread, and down only over what they took.
    let address = unsafe { libc::sbrk(bytes) };
    assert_ne!(address.addr(), usize::MAX, "sbrk: {}", std::io::Error::last_os_error());
    address.addr()
}

/// Memory of somebody else, taken by `sbrk` and filled with a pattern.
pub(crate) struct Foreign {
    start: *mut u8,
    bytes: usize,
}

impl Foreign {
    const PATTERN: u8 = 0xC3;

    pub(crate) fn take(bytes: usize) -> Self {
        let distance = isize::try_from(bytes).unwrap();
        // SAFETY: upwards, in a child with one thread.
        let start = unsafe { libc::sbrk(distance) }.cast::<u8>();
        assert_ne!(start.addr(), usize::MAX);
        // SAFETY: the memory was just taken.
        unsafe { start.write_bytes(Self::PATTERN, bytes) };
        Self { start, bytes }
    }

    pub(crate) fn assert_untouched(&self) {
        // SAFETY: it was written whole and is released by nobody, which is what is tested.
        let bytes = unsafe { &*ptr::slice_from_raw_parts(self.start, self.bytes) };
        assert!(bytes.iter().all(|byte| *byte == Self::PATTERN), "foreign memory was overwritten");
    }

    pub(crate) fn end(&self) -> usize {
        self.start.addr() + self.bytes
    }
}

#[test]
fn growth_goes_on_above_foreign_memory_and_leaves_it_alone() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(4 * page_size).unwrap();
        tested.fill(0..4 * page_size, 1);
        let foreign = Foreign::take(3 * page_size + 100);

        let growth = tested.grow(2 * page_size).unwrap();
        // Their last page is partly theirs, so it is theirs.
        assert_eq!(growth.gap_bytes, 4 * page_size);
        assert_eq!(tested.source().len(), 10 * page_size);
        tested.fill(8 * page_size..10 * page_size, 2);
        foreign.assert_untouched();

        let next = tested.grow(page_size).unwrap();
        assert_eq!(next.gap_bytes, 0);
        tested.fill(10 * page_size..11 * page_size, 3);
        tested.discard(0..4 * page_size);
        foreign.assert_untouched();
    });
}

#[test]
fn shrinking_stops_at_a_gap() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(4 * page_size).unwrap();
        tested.fill(0..4 * page_size, 1);
        let foreign = Foreign::take(page_size);
        tested.grow(2 * page_size).unwrap();

        let gap_end = tested.start() + 5 * page_size;
        let across = BreakError::Moved { expected: gap_end - page_size, found: gap_end };
        assert_eq!(tested.shrink(3 * page_size), Err(across));
        tested.shrink(2 * page_size).unwrap();
        assert_eq!(move_break(0), gap_end);
        assert_eq!(tested.shrink(page_size), Err(across));
        foreign.assert_untouched();
        tested.assert_filled(0..4 * page_size, 1);
        assert_eq!(tested.grow(page_size).unwrap().gap_bytes, 0);
    });
}

#[test]
fn shrinking_under_foreign_memory_is_refused() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(4 * page_size).unwrap();
        let (expected, foreign) = (tested.end(), Foreign::take(10));
        let found = expected + 10;
        assert_eq!(tested.shrink(page_size), Err(BreakError::Moved { expected, found }));
        assert_eq!(tested.shrink(0), Ok(()));
        foreign.assert_untouched();

        move_break(-10); // they leave, and all is as before
        tested.shrink(page_size).unwrap();
        assert_eq!(tested.grow(page_size).unwrap().gap_bytes, 0);
    });
}

#[test]
fn memory_that_others_used_and_left_is_zero_when_it_becomes_ours() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(page_size).unwrap();
        // Dirt up to the middle of a page; the break comes to lie below it, in the same page.
        let foreign = Foreign::take(2 * page_size + page_size / 2);
        move_break(-(isize::try_from(page_size / 4).unwrap()));
        let growth = tested.grow(4 * page_size).unwrap(); // `Tested` checks the zeros
        assert_eq!(growth.gap_bytes, 3 * page_size);
        assert_eq!(foreign.end() + page_size / 2, tested.end() - 4 * page_size);
        foreign.assert_untouched();
    });
    in_child(|| {
        let mut tested = program_break();
        tested.grow(page_size()).unwrap();
        let taken = isize::try_from(Foreign::take(5 * page_size()).bytes).unwrap();
        move_break(-taken);
        assert_eq!(tested.grow(4 * page_size()).unwrap().gap_bytes, 0);
    });
}

#[test]
fn growth_goes_on_from_our_end_where_others_took_back_what_lay_below_it() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(page_size).unwrap();
        tested.fill(0..page_size, 1);
        Foreign::take(3 * page_size);
        tested.grow(page_size).unwrap();
        tested.fill(4 * page_size..5 * page_size, 2);
        tested.shrink(page_size).unwrap(); // nothing of ours is left above the gap
        move_break(-(isize::try_from(2 * page_size).unwrap()));
        let growth = tested.grow(2 * page_size).unwrap();
        assert_eq!(growth.gap_bytes, 0);
        tested.assert_filled(0..page_size, 1);
        assert_eq!(move_break(0), tested.end());
    });
}

#[test]
fn growth_is_refused_where_others_took_our_own_memory() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(4 * page_size).unwrap();
        let (expected, found) = (tested.end(), tested.end() - page_size);
        move_break(-(isize::try_from(page_size).unwrap()));
        let moved = BreakError::Moved { expected, found };
        assert_eq!(tested.grow(1), Err(moved));
        assert_eq!(tested.shrink(page_size), Err(moved));
    });
}

#[test]
fn the_capacity_counts_gaps() {
    in_child(|| {
        crate::limits::limit_data(1 << 30);
        let mut tested = program_break();
        tested.grow(1).unwrap();
        let capacity = tested.source().capacity();
        crate::limits::limit_data(usize::MAX);
        move_break(isize::try_from(capacity - 2 * page_size()).unwrap());
        let needed = page_size() + 1;
        assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
        tested.grow(page_size()).unwrap();
        assert_eq!(tested.source().len(), capacity);
    });
}

#[test]
fn the_drop_leaves_foreign_memory_above_and_below_alone() {
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        tested.grow(page_size).unwrap();
        let below = Foreign::take(page_size);
        tested.grow(page_size).unwrap();
        let gap_end = tested.end() - page_size;
        drop(tested);
        below.assert_untouched();
        assert_eq!(move_break(0), gap_end);

        let mut tested = program_break();
        tested.grow(page_size).unwrap();
        let above = Foreign::take(page_size);
        drop(tested);
        above.assert_untouched();
        assert_eq!(move_break(0), above.end());
    });
}

/// Blocks of the process's malloc, written whole.
#[cfg(target_env = "gnu")]
fn foreign_blocks() -> Vec<Vec<u8>> {
    (0..64).map(|index| vec![index; 8 << 10]).collect()
}

/// Starts this test program anew for the test `name` alone, with a malloc all of whose threads
/// take their memory from the program break.
#[cfg(target_env = "gnu")]
fn run_with_one_arena(name: &str) {
    let program = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(program);
    let output = command.args([name, "--exact"]).env("MALLOC_ARENA_MAX", "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[cfg(target_env = "gnu")]
#[test]
fn a_thread_started_beside_it_mallocs_from_the_same_break_and_both_keep_what_they_wrote() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        return run_with_one_arena(
            "program_break_shared::\
             a_thread_started_beside_it_mallocs_from_the_same_break_and_both_keep_what_they_wrote",
        );
    }
    in_child(|| {
        let page_size = page_size();
        let mut tested = program_break();
        let mut foreign = Vec::new();
        for round in 1..=7 {
            let before = move_break(0);
            // The thread ends before our next call: the moves are serialised.
            foreign.push(thread::spawn(foreign_blocks).join().unwrap());
            assert_ne!(move_break(0), before, "the thread did not move the break");
            let growth = tested.grow(16 * page_size).unwrap();
            assert_eq!(growth.gap_bytes > 0, round > 1, "all but the first lie above a gap");
            let end = tested.source().len();
            tested.fill(end - 16 * page_size..end, round);
        }
        for blocks in &foreign {
            assert_eq!(*blocks, foreign_blocks());
        }
        drop(foreign);
        assert_ours_is_whole(&tested);
    });
}

/// Every piece still holds the number of the round that wrote it.
#[cfg(target_env = "gnu")]
fn assert_ours_is_whole(tested: &crate::tested::Tested<impl Break>) {
    for (piece, round) in tested.pieces().iter().zip(1..) {
        tested.assert_filled(piece.clone(), round);
    }
}
