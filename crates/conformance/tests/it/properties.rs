//! proptest: any script, on any fit, over breaks that are small, refuse, and have gaps.

use heapwright_block::fit::AnyFit;
use heapwright_block::{BlockHeap, Config};
use heapwright_break::{FixedBreak, ReservedBreak};
use heapwright_conformance::block_heap::{Buffer, HeapSubject, panicking_config};
use heapwright_conformance::failing_break::FailingBreak;
use heapwright_conformance::gappy_break::GappyBreak;
use heapwright_conformance::script::{Operation, decode, run};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::sources::Source;

/// Operations of a script, at most.
const STEPS_MAX: usize = 120;

fn layout() -> impl Strategy<Value = (usize, usize)> {
    let size = prop_oneof![
        8 => 0_usize..300,
        4 => 300_usize..5000,
        1 => 5000_usize..200_000,
        1 => Just(1 << 62),
    ];
    let align = prop_oneof![8 => 0_u32..=4, 2 => 5_u32..=12, 1 => 13_u32..=16];
    (size, align.prop_map(|log2| 1 << log2))
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => layout().prop_map(|(size, align)| Operation::Allocate { size, align }),
        2 => layout().prop_map(|(size, align)| Operation::AllocateZeroed { size, align }),
        5 => any::<usize>().prop_map(|index| Operation::Deallocate { index }),
        4 => (any::<usize>(), layout())
            .prop_map(|(index, (size, align))| Operation::Resize { index, size, align }),
        1 => (0_usize..100_000).prop_map(|keep_bytes| Operation::Trim { keep_bytes }),
    ]
}

fn fit() -> impl Strategy<Value = AnyFit> {
    proptest::sample::select(&AnyFit::ALL[..])
}

fn config() -> impl Strategy<Value = Config> {
    let restless = Config { grow_bytes_min: 0, trim_bytes_min: 4096, ..panicking_config() };
    prop_oneof![Just(panicking_config()), Just(restless)]
}

fn subject(source: Source, config: Config, fit: AnyFit) -> HeapSubject<Source, AnyFit> {
    HeapSubject::new(BlockHeap::with_any_fit(source, config, fit)).checking_source(Source::check)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_script_on_a_small_buffer(
        script in vec(operation(), 0..STEPS_MAX),
        (fit, config) in (fit(), config()),
        size in 16_usize..300_000,
    ) {
        let buffer = Buffer::new(size);
        // SAFETY: lent once, to a heap that the subject drops before the buffer.
        let source = FixedBreak::new(unsafe { buffer.lend() }).expect("aligned and large enough");
        let mut subject = subject(Source::Fixed(source), config, fit).keeping(buffer);
        run(&mut subject, &script).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
    }

    #[test]
    fn any_script_where_growth_and_shrinking_are_refused(
        script in vec(operation(), 0..STEPS_MAX),
        (fit, config) in (fit(), config()),
        (grow, shrink, count) in (0_usize..10, 0_usize..10, 1_usize..5),
    ) {
        let source = FailingBreak::new(ReservedBreak::new(8 << 20))
            .refusing_grows(grow..grow + count)
            .refusing_shrinks(shrink..shrink + count);
        let mut subject = subject(Source::Failing(source), config, fit);
        run(&mut subject, &script).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
    }

    #[test]
    fn any_script_over_gaps(
        script in vec(operation(), 0..STEPS_MAX),
        (fit, config) in (fit(), config()),
        (every, gap_bytes) in (1_usize..4, 1_usize..6000),
    ) {
        let source = GappyBreak::new(ReservedBreak::new(32 << 20), every, gap_bytes);
        let mut subject = subject(Source::Gappy(Box::new(source)), config, fit);
        run(&mut subject, &script).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
    }

    #[test]
    fn any_bytes_are_a_script(
        bytes in vec(any::<u8>(), 0..4 * STEPS_MAX),
        (fit, config) in (fit(), config()),
    ) {
        let script = decode(&bytes);
        prop_assert_eq!(script.len(), bytes.len() / 4);
        let mut subject = subject(Source::Reserved(ReservedBreak::new(8 << 20)), config, fit);
        run(&mut subject, &script).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
    }
}
