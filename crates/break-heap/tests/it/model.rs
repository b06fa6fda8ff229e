//! Random moves of a break against a vector of bytes that moves along.

use core::mem::MaybeUninit;

use heapwright_break::{Break, BreakError, FixedBreak};
use proptest::prelude::*;

use crate::tested::Tested;

/// One move; counts are in pages, modulo what there is.
#[derive(Debug, Clone, Copy)]
enum Move {
    Grow(usize),
    Shrink(usize),
    Discard(usize, usize),
    Write(usize, u8),
}

/// The capacity of the breaks under test, in pages.
const PAGES: usize = 24;

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let any_move = prop_oneof![
        (0..PAGES / 2).prop_map(Move::Grow),
        (0..PAGES / 2).prop_map(Move::Shrink),
        (0..PAGES, 1..4_usize).prop_map(|(first, count)| Move::Discard(first, count)),
        (any::<usize>(), 1..=u8::MAX).prop_map(|(offset, value)| Move::Write(offset, value)),
    ];
    prop::collection::vec(any_move, 1..60)
}

/// Makes one move on both and checks the answer of the break.
fn step(tested: &mut Tested<impl Break>, model: &mut Vec<u8>, step: Move) {
    let page_size = tested.source().page_size();
    let pages = model.len() / page_size;
    match step {
        Move::Grow(count) if pages + count > PAGES => {
            let needed = count * page_size;
            assert_eq!(tested.grow(needed), Err(BreakError::Exhausted { needed }));
        }
        Move::Grow(count) => {
            tested.grow(count * page_size).unwrap();
            model.resize((pages + count) * page_size, 0);
        }
        Move::Shrink(count) => {
            let count = count.min(pages);
            tested.shrink(count * page_size).unwrap();
            model.truncate((pages - count) * page_size);
        }
        Move::Discard(first, count) => {
            let first = first.min(pages);
            let range = first * page_size..(first + count).min(pages) * page_size;
            if !range.is_empty() {
                tested.discard(range.clone());
                model[range].fill(0);
            }
        }
        Move::Write(offset, value) => {
            if let Some(offset) = offset.checked_rem(model.len()) {
                tested.fill(offset..offset + 1, value);
                model[offset] = value;
            }
        }
    }
}

fn run(source: impl Break, moves: &[Move]) {
    let mut tested = Tested::new(source);
    let mut model = Vec::new();
    for it in moves {
        step(&mut tested, &mut model, *it);
        assert_eq!(tested.source().len(), model.len());
        if !model.is_empty() {
            // SAFETY: `memory` checked that the bytes are ours, and they are zeroed or written.
            let contents = unsafe { tested.memory(0..model.len()).as_ref() };
            assert!(contents == model, "the contents differ after {it:?}");
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_fixed_break_holds_what_its_model_holds(moves in moves()) {
        #[repr(C, align(16))]
        struct Buffer([MaybeUninit<u8>; PAGES * 16]);
        let mut buffer = Buffer([MaybeUninit::new(0xEE); PAGES * 16]);
        run(FixedBreak::new(&mut buffer.0).unwrap(), &moves);
    }

    #[cfg(feature = "libc")]
    #[test]
    fn a_reserved_break_holds_what_its_model_holds(moves in moves()) {
        use heapwright_break::ReservedBreak;
        let page_size = ReservedBreak::new(0).page_size();
        run(ReservedBreak::new(PAGES * page_size), &moves);
    }
}
