//! Every fit over every break: the contract, and scripts of every profile.
//!
//! ```text
//!              first  second  next  best  worst  good  any
//!   fixed        ✓      ✓      ✓     ✓      ✓     ✓     ✓
//!   reserved     ✓      …
//!   program      ✓      …      each in a forked child: a process has one program break
//!   gappy        ✓      …      and no byte of a gap changes
//!   failing      ✓      …      every grow refused once, by number
//! ```

use core::alloc::Layout;

use heapwright_block::{AllocError, BlockHeap, Config};
use heapwright_break::{Break, FixedBreak, ProgramBreak, ReservedBreak};
use heapwright_conformance::block_heap::{Buffer, HeapSubject, panicking_config};
use heapwright_conformance::contract::{self, Promises, ZeroSize};
use heapwright_conformance::failing_break::FailingBreak;
use heapwright_conformance::gappy_break::GappyBreak;
use heapwright_conformance::misuse;
use heapwright_conformance::script::{Profile, Tally, check_seeds};
use heapwright_conformance::subject::AsAllocator;

use crate::fits::{TestedFit, every_fit};
use crate::sources::Source;

/// Enough for the contract and for every script of the usual length.
const FIXED_BYTES: usize = 6 << 20;
const RESERVED_BYTES: usize = 64 << 20;

/// What every block heap promises.
const PROMISES: Promises = Promises { zero_size: ZeroSize::Distinct, ..Promises::BASIC };

/// Grows and trims at every opportunity.
const RESTLESS: Config =
    Config { grow_bytes_min: 0, trim_bytes_min: 8 << 10, ..panicking_config() };

fn subject<F: TestedFit>(source: Source, config: Config) -> HeapSubject<Source, F> {
    HeapSubject::new(F::heap(source, config)).checking_source(Source::check)
}

fn fixed<F: TestedFit>(config: Config) -> HeapSubject<Source, F> {
    let buffer = Buffer::new(FIXED_BYTES);
    // SAFETY: lent once, to a heap that the subject drops before the buffer.
    let source = FixedBreak::new(unsafe { buffer.lend() }).expect("aligned and large enough");
    subject(Source::Fixed(source), config).keeping(buffer)
}

fn reserved<F: TestedFit>(capacity: usize, config: Config) -> HeapSubject<Source, F> {
    subject(Source::Reserved(ReservedBreak::new(capacity)), config)
}

fn gappy<F: TestedFit>(config: Config) -> HeapSubject<Source, F> {
    let source = GappyBreak::new(ReservedBreak::new(RESERVED_BYTES), 3, 1);
    subject(Source::Gappy(Box::new(source)), config)
}

fn failing<F: TestedFit>(
    config: Config,
    refuse: impl Fn(FailingBreak<ReservedBreak>) -> FailingBreak<ReservedBreak>,
) -> HeapSubject<Source, F> {
    let source = FailingBreak::new(ReservedBreak::new(RESERVED_BYTES));
    subject(Source::Failing(refuse(source)), config)
}

/// Every profile for a few seeds, and something must have happened in them.
fn check_scripts<F: TestedFit>(make: impl FnMut() -> HeapSubject<Source, F>) -> Tally {
    let tally = check_seeds(&Profile::ALL, 0..2, make);
    assert!(tally.moved_count > 0, "{tally:?}");
    assert!(tally.resized_in_place_count > 0, "{tally:?}");
    assert!(tally.refused_count > 0, "{tally:?}");
    assert!(tally.granted_count > tally.refused_count, "{tally:?}");
    tally
}

mod contract_on_a_fixed_break {
    use super::*;

    fn check<F: TestedFit>() {
        let promises = Promises { bytes_max: Some(FIXED_BYTES), ..PROMISES };
        contract::check_with(promises, || AsAllocator::new(fixed::<F>(panicking_config())));
    }

    every_fit! { check }
}

mod contract_on_a_reserved_break {
    use super::*;

    fn check<F: TestedFit>() {
        let promises = Promises { bytes_max: Some(RESERVED_BYTES / 8), ..PROMISES };
        contract::check_with(promises, || {
            AsAllocator::new(reserved::<F>(RESERVED_BYTES / 8, RESTLESS))
        });
    }

    every_fit! { check }
}

mod contract_on_a_break_with_gaps {
    use super::*;

    fn check<F: TestedFit>() {
        contract::check_with(PROMISES, || AsAllocator::new(gappy::<F>(panicking_config())));
    }

    every_fit! { check }
}

mod alignment_of_a_gibibyte {
    use super::*;

    fn check<F: TestedFit>() {
        let promises = Promises { align_max: 1 << 30, ..PROMISES };
        contract::check_with(promises, || {
            AsAllocator::new(reserved::<F>(64 << 30, panicking_config()))
        });
    }

    every_fit! { check }
}

mod scripts_on_a_fixed_break {
    use super::*;

    fn check<F: TestedFit>() {
        check_scripts(|| fixed::<F>(panicking_config()));
        check_scripts(|| fixed::<F>(RESTLESS));
    }

    every_fit! { check }
}

mod scripts_on_a_reserved_break {
    use super::*;

    fn check<F: TestedFit>() {
        check_scripts(|| reserved::<F>(RESERVED_BYTES, panicking_config()));
        check_scripts(|| reserved::<F>(RESERVED_BYTES, RESTLESS));
    }

    every_fit! { check }
}

mod scripts_on_a_break_with_gaps {
    use super::*;

    fn check<F: TestedFit>() {
        check_scripts(|| gappy::<F>(panicking_config()));
        check_scripts(|| gappy::<F>(RESTLESS));
    }

    every_fit! { check }
}

mod scripts_and_contract_on_the_program_break {
    use super::*;

    fn check<F: TestedFit>() {
        misuse::lives(|| {
            let heap = || {
                // SAFETY: the child has one thread, so nobody moves the break during our calls;
                // glibc's malloc moves it between them, which the heap must bear.
                let source = unsafe { ProgramBreak::new() };
                subject::<F>(Source::Program(source), panicking_config())
            };
            contract::check_with(PROMISES, || AsAllocator::new(heap()));
            check_scripts(heap);
        });
    }

    every_fit! { check }
}

mod scripts_with_every_growth_refused_once {
    use super::*;

    fn check<F: TestedFit>() {
        for number in 0..12 {
            check_seeds(&[Profile::Mixed, Profile::ReallocGrowth], 0..1, || {
                failing::<F>(RESTLESS, |source| {
                    source
                        .refusing_grows(number..number + 2) // The heap asks for less at once.
                        .refusing_shrinks(number..number + 1)
                })
            });
        }
    }

    every_fit! { check }
}

mod scripts_where_growth_ends {
    use super::*;

    /// Past some growth nothing is granted any more: the heap serves what it can until the end.
    fn check<F: TestedFit>() {
        for number in [0, 1, 2, 5, 20] {
            let tally = check_seeds(&Profile::ALL, 0..1, || {
                failing::<F>(panicking_config(), |source| source.refusing_grows(number..usize::MAX))
            });
            assert_eq!(number == 0, tally.granted_count == 0, "{number}: {tally:?}");
            assert!(tally.refused_count > 0, "{number}: {tally:?}");
        }
    }

    every_fit! { check }
}

#[test]
fn a_heap_without_any_memory_refuses_and_stays_whole() {
    let source =
        FailingBreak::new(ReservedBreak::new(RESERVED_BYTES)).refusing_grows(0..usize::MAX);
    let mut heap: BlockHeap<_> = BlockHeap::with_config(source, panicking_config());
    let refused = heap.allocate(Layout::new::<u64>());
    assert!(matches!(refused, Err(AllocError::Exhausted { .. })), "{refused:?}");
    assert_eq!(heap.verify(), Ok(()));
    assert_eq!(heap.walk().count(), 0);
    assert_eq!(heap.trim(0), 0);
}

#[test]
fn a_size_that_no_heap_can_hold_is_too_large_and_not_exhaustion() {
    let mut heap: BlockHeap<_> = BlockHeap::new(ReservedBreak::new(RESERVED_BYTES));
    let size = isize::MAX.unsigned_abs();
    let layout = Layout::from_size_align(size, 1).expect("the largest layout");
    assert_eq!(heap.allocate(layout), Err(AllocError::TooLarge { size }));
    assert_eq!(heap.allocate_zeroed(layout), Err(AllocError::TooLarge { size }));
    let larger_than_the_break =
        Layout::from_size_align(2 * RESERVED_BYTES, 1).expect("a valid layout");
    let refused = heap.allocate(larger_than_the_break);
    assert!(matches!(refused, Err(AllocError::Exhausted { .. })), "{refused:?}");
}

/// The heap over a break where somebody else moves the end before every growth but the first.
fn heap_over_gaps_everywhere() -> BlockHeap<GappyBreak<ReservedBreak>> {
    let source = GappyBreak::new(ReservedBreak::new(RESERVED_BYTES), 1, 1);
    let mut heap = BlockHeap::with_config(source, panicking_config());
    heap.allocate(Layout::new::<u64>()).expect("the heap is empty");
    heap
}

#[test]
fn a_large_block_costs_little_where_every_growth_lies_above_a_gap() {
    const SIZE: usize = 100 << 10;
    let mut heap = heap_over_gaps_everywhere();
    heap.allocate(Layout::new::<[u8; SIZE]>()).expect("there is memory for many such blocks");
    assert!(heap.source().len() <= 4 * SIZE, "the heap has {} bytes", heap.source().len());
    assert_eq!(heap.verify(), Ok(()));
}

#[test]
fn an_aligned_block_costs_little_where_every_growth_lies_above_a_gap() {
    const ALIGN: usize = 1 << 20;
    let mut heap = heap_over_gaps_everywhere();
    let layout = Layout::from_size_align(64, ALIGN).expect("a valid layout");
    let block = heap.allocate(layout).expect("there is memory for sixty such blocks");
    assert!(block.addr().get().is_multiple_of(ALIGN));
    assert!(heap.source().len() <= 5 * ALIGN, "the heap has {} bytes", heap.source().len());
    assert_eq!(heap.verify(), Ok(()));
}
