//! `FixedBreak` and `StaticBuffer`.

use core::mem::MaybeUninit;
use std::thread;

use heapwright_break::{Break, BreakError, FixedBreak, StaticBuffer};

use crate::contract::assert_contract;
use crate::tested::Tested;

/// A buffer full of dirt, which the break has to clean.
#[repr(C, align(16))]
struct Buffer([MaybeUninit<u8>; 1000]);

const DIRTY: Buffer = Buffer([MaybeUninit::new(0xEE); 1000]);

#[test]
fn a_borrowed_buffer_keeps_the_contract() {
    let mut buffer = DIRTY;
    assert_contract(FixedBreak::new(&mut buffer.0).unwrap());
}

#[test]
fn a_static_buffer_keeps_the_contract() {
    static BUFFER: StaticBuffer<1000> = StaticBuffer::new();
    assert_contract(FixedBreak::from_static(&BUFFER));
}

#[test]
fn a_reference_to_a_break_is_a_break_even_of_unknown_type() {
    let mut buffer = DIRTY;
    let mut source = FixedBreak::new(&mut buffer.0).unwrap();
    assert_contract(&mut source as &mut dyn Break);
    assert!(!source.is_empty(), "the reference moved another break");
}

#[test]
fn a_buffer_that_is_misaligned_or_too_small_is_refused() {
    let mut buffer = DIRTY;
    let address = buffer.0.as_ptr().addr();
    for offset in 1..16 {
        let refusal = FixedBreak::new(&mut buffer.0[offset..]).unwrap_err();
        assert_eq!(refusal, BreakError::Misaligned { address: address + offset, align: 16 });
    }
    for size in 0..16 {
        let refusal = FixedBreak::new(&mut buffer.0[..size]).unwrap_err();
        assert_eq!(refusal, BreakError::TooSmall { size, size_min: 16 });
    }
    assert_eq!(FixedBreak::new(&mut buffer.0[..31]).unwrap().capacity(), 16);
}

#[test]
fn a_fixed_break_hands_out_its_buffer_to_the_last_whole_step_and_then_is_exhausted() {
    let mut buffer = DIRTY;
    let address = buffer.0.as_ptr().addr();
    let mut tested = Tested::new(FixedBreak::new(&mut buffer.0).unwrap());
    assert_eq!(tested.source().capacity(), 992);
    tested.grow(900).unwrap();
    assert_eq!(tested.start(), address);
    assert_eq!(tested.grow(96), Err(BreakError::Exhausted { needed: 96 }));
    tested.grow(80).unwrap();
    assert_eq!(tested.grow(1), Err(BreakError::Exhausted { needed: 1 }));
}

#[test]
fn the_first_growth_claims_a_static_buffer_and_the_drop_leaves_it_to_the_next() {
    static BUFFER: StaticBuffer<256> = StaticBuffer::new();
    let mut first = Tested::new(FixedBreak::from_static(&BUFFER));
    let mut second = Tested::new(FixedBreak::from_static(&BUFFER));
    assert_eq!(first.grow(257), Err(BreakError::Exhausted { needed: 257 }));

    second.grow(64).unwrap(); // the failed growth claimed nothing
    assert_eq!(first.grow(64), Err(BreakError::Claimed));
    second.fill(0..64, 9);
    second.grow(64).unwrap();

    drop(second);
    first.grow(128).unwrap(); // zeroed, as `Tested` checks
}

#[test]
fn a_static_buffer_can_be_claimed_by_one_of_many_threads_only() {
    static BUFFER: StaticBuffer<64> = StaticBuffer::new();
    let claimed = thread::scope(|scope| {
        let race = || {
            let mut source = FixedBreak::from_static(&BUFFER);
            let outcome = source.grow(16).map(drop);
            (source, outcome) // the claim is held until all have tried
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(outcomes.iter().all(|it| matches!(it.1, Ok(()) | Err(BreakError::Claimed))));
        outcomes.iter().filter(|it| it.1.is_ok()).count()
    });
    assert_eq!(claimed, 1);
}
