//! The guarantees of `Break` that every implementation keeps in the same way.

use heapwright_break::{Break, BreakError};

use crate::tested::Tested;

/// Tries the whole contract on a fresh break of at least 16 pages that nobody else moves.
pub(crate) fn assert_contract(source: impl Break) {
    let mut tested = Tested::new(source);
    let page_size = tested.source().page_size();
    assert!(page_size.is_power_of_two() && page_size >= 16);
    assert!(tested.source().is_empty());

    refuses_what_cannot_be(&mut tested);
    tested.grow(0).unwrap();
    assert!(tested.source().is_empty());
    assert_eq!(tested.grow(1).unwrap().memory.len(), page_size);
    assert_eq!(tested.grow(3 * page_size).unwrap().gap_bytes, 0);
    refuses_what_cannot_be(&mut tested);

    zero_after_shrink_and_grow(&mut tested);
    zero_after_discard(&mut tested);
    let len = tested.source().len();
    tested.shrink(len).unwrap();
    assert!(tested.source().is_empty());
    tested.grow(len).unwrap();
}

fn refuses_what_cannot_be(tested: &mut Tested<impl Break>) {
    for bytes in [usize::MAX, usize::MAX - 65535, usize::MAX / 2, tested.source().capacity() + 1] {
        assert_eq!(tested.grow(bytes), Err(BreakError::Exhausted { needed: bytes }));
    }
}

fn zero_after_shrink_and_grow(tested: &mut Tested<impl Break>) {
    let (page_size, len) = (tested.source().page_size(), tested.source().len());
    tested.fill(0..len, 0xA5);
    tested.shrink(page_size - 1).unwrap(); // rounds down to nothing
    assert_eq!(tested.source().len(), len);
    tested.shrink(2 * page_size + 1).unwrap();
    tested.grow(2 * page_size).unwrap(); // checks the zeros itself
    tested.assert_filled(0..len - 2 * page_size, 0xA5);
}

fn zero_after_discard(tested: &mut Tested<impl Break>) {
    let (page_size, len) = (tested.source().page_size(), tested.source().len());
    tested.fill(0..len, 0x5A);
    tested.discard(page_size..2 * page_size);
    tested.assert_filled(0..page_size, 0x5A);
    tested.assert_filled(2 * page_size..len, 0x5A);
    tested.fill(page_size..2 * page_size, 1);
    tested.assert_filled(page_size..2 * page_size, 1);
}
