//! The seven fits, as a test sees them: a name and a way to make a heap.

use heapwright_block::fit::{
    AnyFit, BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit,
};
use heapwright_block::{BlockHeap, Config};
use heapwright_break::Break;

/// A fit with the empty index that a test gives it.
pub(crate) trait TestedFit: Fit {
    /// A heap over `source` with this fit.
    fn heap<B: Break>(source: B, config: Config) -> BlockHeap<B, Self>
    where
        Self: Sized,
    {
        BlockHeap::with_config(source, config)
    }
}

impl TestedFit for FirstFit {}
impl TestedFit for SecondFit {}
impl TestedFit for NextFit {}
impl TestedFit for BestFit {}
impl TestedFit for WorstFit {}
impl TestedFit for GoodFit {}

impl TestedFit for AnyFit {
    fn heap<B: Break>(source: B, config: Config) -> BlockHeap<B, Self> {
        // Best fit, as the only one whose choice no other default would make.
        BlockHeap::with_any_fit(source, config, AnyFit::Best)
    }
}

/// One test for each fit: `every_fit! { fn check() }` in a module of its own calls
/// `check::<FirstFit>()` and so on.
macro_rules! every_fit {
    ($check:ident) => {
        #[test]
        fn first_fit() {
            $check::<heapwright_block::fit::FirstFit>();
        }
        #[test]
        fn second_fit() {
            $check::<heapwright_block::fit::SecondFit>();
        }
        #[test]
        fn next_fit() {
            $check::<heapwright_block::fit::NextFit>();
        }
        #[test]
        fn best_fit() {
            $check::<heapwright_block::fit::BestFit>();
        }
        #[test]
        fn worst_fit() {
            $check::<heapwright_block::fit::WorstFit>();
        }
        #[test]
        fn good_fit() {
            $check::<heapwright_block::fit::GoodFit>();
        }
        #[test]
        fn any_fit() {
            $check::<heapwright_block::fit::AnyFit>();
        }
    };
}

pub(crate) use every_fit;
