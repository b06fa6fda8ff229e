//! Which block each fit takes, of the same holes.

use heapwright_block::fit::{
    AnyFit, BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit,
};
use heapwright_block::{BlockHeap, Config};
use heapwright_break::ReservedBreak;

use crate::tested::{Tested, growing};

/// Holes that differ so much that each fit has another favourite for 300 bytes.
const HOLES: [usize; 6] = [100, 2000, 900, 320, 6000, 500];

/// The index of the hole that is taken.
fn choice<F: Fit>() -> usize {
    let mut heap = growing::<F>();
    let holes = heap.make_holes(&HOLES);
    let taken = heap.allocate(300).address();
    holes.iter().position(|&hole| hole == taken).expect("a hole is large enough")
}

#[test]
fn each_fit_takes_the_block_that_its_rule_names() {
    assert_eq!(choice::<FirstFit>(), 1, "the lowest that fits");
    assert_eq!(choice::<SecondFit>(), 2, "the second that fits");
    assert_eq!(choice::<BestFit>(), 3, "the smallest that fits");
    assert_eq!(choice::<WorstFit>(), 4, "the largest");
    assert_eq!(choice::<GoodFit>(), 3, "one of the smallest that fit");
    assert_eq!(choice::<NextFit>(), 1, "the lowest, as nothing was taken yet");
}

#[test]
fn next_fit_goes_on_where_it_took_the_last_block() {
    let mut heap = growing::<NextFit>();
    let holes = heap.make_holes(&HOLES);
    let taken: Vec<_> = (0..4).map(|_| heap.allocate(1900).address()).collect();
    assert_eq!(taken[0], holes[1]);
    assert_eq!(taken[1], holes[4]);
    assert!(taken[2] > holes[4] && taken[3] > taken[2], "the rest of the last hole comes next");
}

#[test]
fn second_fit_takes_the_only_block_that_fits() {
    let mut heap = growing::<SecondFit>();
    let holes = heap.make_holes(&HOLES);
    assert_eq!(heap.allocate(5000).address(), holes[4]);
}

#[test]
fn worst_fit_refuses_a_hole_that_is_too_small_and_takes_the_top() {
    let mut heap = growing::<WorstFit>();
    let holes = heap.make_holes(&HOLES);
    assert!(heap.allocate(7000).address() > *holes.last().unwrap());
}

#[test]
fn a_fit_chosen_at_run_time_takes_the_same_block() {
    let choices = [1, 2, 1, 3, 4, 3];
    for (fit, hole) in AnyFit::ALL.into_iter().zip(choices) {
        assert_eq!(AnyFit::from_name(fit.name()), Some(fit));
        let source = ReservedBreak::new(1 << 30);
        let heap = BlockHeap::with_any_fit(source, Config::new(), fit);
        let mut heap: Tested<_, AnyFit> = Tested(heap);
        let holes = heap.make_holes(&HOLES);
        assert_eq!(heap.allocate(300).address(), holes[hole], "{}", fit.name());
    }
    assert_eq!(AnyFit::from_name("fastest"), None);
}

#[test]
fn no_fit_misses_the_only_block_that_is_just_large_enough() {
    fn just_fits<F: Fit>() {
        for size in [24, 1000, 1032, 5000, 70_000] {
            let mut heap = growing::<F>();
            let hole = heap.make_holes(&[size])[0];
            assert_eq!(heap.allocate(size).address(), hole, "size {size}");
        }
    }
    just_fits::<FirstFit>();
    just_fits::<SecondFit>();
    just_fits::<NextFit>();
    just_fits::<BestFit>();
    just_fits::<WorstFit>();
    just_fits::<GoodFit>();
}
