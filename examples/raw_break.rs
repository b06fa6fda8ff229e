//! 1. The break: one span of memory with a movable end, and nothing else.
//!
//! Every heap of this project stands on a [`Break`]. Here one is moved by hand, which is safe with
//! a `ReservedBreak`: its addresses are its own, and nobody else moves its end.

use core::error::Error;
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, ReservedBreak};

fn main() -> Result<(), Box<dyn Error>> {
    // A gibibyte of addresses. The system is asked at the first growth, and memory is used only
    // page by page, as it is touched.
    let mut source = ReservedBreak::new(1 << 30);
    assert_eq!(source.start(), None);

    // Up. The answer is rounded up to whole pages, zeroed, and ours alone.
    let first = source.grow(10_000)?;
    let second = source.grow(1)?;
    show("two growths", &source);
    assert_eq!(first.memory.len(), 10_000_usize.next_multiple_of(source.page_size()));

    // Each growth begins where the last one ended. With the program break of the process there
    // could be a gap between, if somebody else moved it; `gap_bytes` would tell.
    assert_eq!(second.gap_bytes, 0);
    let first_end = first.memory.addr().get() + first.memory.len();
    assert_eq!(second.memory.addr().get(), first_end);

    // The memory is plain bytes: no headers, no blocks. Who stores what where is our affair.
    let mut numbers = NonNull::slice_from_raw_parts(first.memory.cast::<u64>(), 1000);
    // SAFETY: the growth has room for 1250 such numbers, starts at a page, is zeroed, and is ours
    // until the break goes below it.
    let numbers = unsafe { numbers.as_mut() };
    assert_eq!(numbers.iter().sum::<u64>(), 0);
    numbers.fill(7);

    // Down. Whatever referred to the last page must be gone; only we can know that, so it is
    // unsafe.
    // SAFETY: nothing refers to `second`, which is the last page, and nothing will.
    unsafe { source.shrink(second.memory.len()) }?;
    show("one given back", &source);

    // More than was reserved is an error, and changes nothing.
    let refusal = source.grow(2 << 30);
    assert_eq!(refusal, Err(BreakError::Exhausted { needed: 2 << 30 }));
    show("one refused", &source);
    Ok(())
}

fn show(moment: &str, source: &ReservedBreak) {
    let start = source.start().map_or(0, |start| start.addr().get());
    let end = start + source.len();
    println!("{moment:16} {start:#x} to the break at {end:#x}: {} bytes", source.len());
}
