//! The suite's own breaks keep the guarantees of `Break`, apart from what they are made for.

use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, ReservedBreak};
use heapwright_conformance::failing_break::FailingBreak;
use heapwright_conformance::gappy_break::GappyBreak;

const CAPACITY: usize = 4 << 20;

fn reserved() -> ReservedBreak {
    ReservedBreak::new(CAPACITY)
}

fn end<B: Break>(source: &B) -> usize {
    source.start().expect("the break was grown").addr().get() + source.len()
}

#[test]
fn a_gap_lies_between_the_old_end_and_the_new_memory() {
    let mut source = GappyBreak::new(reserved(), 2, 5000);
    let page = source.page_size();
    let mut gap_count = 0;
    source.grow(1).expect("the first growth");
    for _ in 0..8 {
        let old_end = end(&source);
        let growth = source.grow(page).expect("there is room");
        assert_eq!(growth.memory.addr().get(), old_end + growth.gap_bytes);
        assert_eq!(growth.memory.addr().get() + growth.memory.len(), end(&source));
        gap_count += usize::from(growth.gap_bytes > 0);
        assert!(growth.gap_bytes == 0 || growth.gap_bytes >= 5000);
    }
    assert_eq!(gap_count, 4, "every second growth but the first");
    assert_eq!(source.gaps().count(), 4);
}

#[test]
fn shrinking_stops_at_a_gap() {
    let mut source = GappyBreak::new(reserved(), 1, 1);
    let page = source.page_size();
    source.grow(page).expect("the first growth");
    let growth = source.grow(2 * page).expect("above a gap");
    assert_eq!(growth.gap_bytes, page);
    let len = source.len();
    // SAFETY: nothing refers to the span.
    let across = unsafe { source.shrink(3 * page) };
    assert!(matches!(across, Err(BreakError::Moved { .. })), "{across:?}");
    assert_eq!(source.len(), len);
    // SAFETY: nothing refers to the span.
    assert_eq!(unsafe { source.shrink(2 * page) }, Ok(()));
    assert_eq!(source.len(), len - 2 * page);
    assert_eq!(source.check_gaps(), Ok(()));
}

#[test]
fn a_write_to_a_gap_is_found() {
    let mut source = GappyBreak::new(reserved(), 1, 1);
    let page = source.page_size();
    source.grow(page).expect("the first growth");
    let growth = source.grow(page).expect("above a gap");
    assert_eq!(source.check_gaps(), Ok(()));
    // SAFETY: the gap is memory of the break, and that it belongs to somebody else is a tale.
    let last: NonNull<u8> = unsafe { growth.memory.cast().sub(1) };
    // SAFETY: the same.
    let old = unsafe { last.replace(0) };
    let damage = source.check_gaps().expect_err("a byte of the gap was changed");
    assert_eq!(damage.offset, page - 1);
    assert_ne!(old, 0, "no byte of the pattern is zero");
}

#[test]
fn a_growth_that_fails_leaves_no_gap() {
    let mut source = GappyBreak::new(reserved(), 1, 1);
    source.grow(1).expect("the first growth");
    let len = source.len();
    let refused = source.grow(2 * CAPACITY);
    assert!(matches!(refused, Err(BreakError::Exhausted { .. })), "{refused:?}");
    assert_eq!(source.len(), len);
    assert_eq!(source.gaps().count(), 0);
}

#[test]
fn exactly_the_calls_that_were_named_are_refused() {
    let mut source = FailingBreak::new(reserved()).refusing_grows(1..3).refusing_shrinks(0..1);
    let page = source.page_size();
    let granted: Vec<bool> = (0..5).map(|_| source.grow(page).is_ok()).collect();
    assert_eq!(granted, [true, false, false, true, true]);
    assert_eq!(source.len(), 3 * page);
    // SAFETY: nothing refers to the span.
    let refused = unsafe { source.shrink(page) };
    assert!(matches!(refused, Err(BreakError::Moved { .. })), "{refused:?}");
    // SAFETY: nothing refers to the span.
    assert_eq!(unsafe { source.shrink(page) }, Ok(()));
    assert_eq!((source.grow_count(), source.shrink_count()), (5, 2));
}
