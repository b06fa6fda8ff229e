//! Every allocation and every constructor of nested and array objects fails in turn, by error and
//! by panic: no object and no memory is left behind.

use heapwright_new::{
    Init, NewError, Owned, OwnedArray, PinInit, Storage, array_from_fn, init, pin_data, pin_init,
    place_array, value,
};

use crate::ledger::Ledger;
use crate::objects::{Fault, Faults, Log, Object, returns, with_every_fault};

struct Inner<'log> {
    _first: Object<'log>,
    _array: [Object<'log>; 3],
    _last: Object<'log>,
}

fn inner<'log>(
    faults: &Faults,
    log: &'log Log,
    id: usize,
) -> impl Init<Inner<'log>, Error = Fault> {
    init!(Inner {
        _first <- faults.object(log, id),
        _array <- array_from_fn(move |i| faults.object(log, id + 1 + i)),
        _last <- faults.object(log, id + 4),
    } ? Fault)
}

#[test]
fn nested_objects_leave_nothing_behind_and_end_last_to_first() {
    struct Outer<'log>(Inner<'log>, Object<'log>, Inner<'log>);
    // The objects that end when the object with this number fails, in that order: within a field
    // that is whole, the order is Rust's, first to last.
    let ends: [&[usize]; 11] = [
        &[],
        &[1],
        &[2, 1],
        &[3, 2, 1],
        &[2, 3, 4, 1],
        &[1, 2, 3, 4, 5],
        &[6, 1, 2, 3, 4, 5],
        &[7, 6, 1, 2, 3, 4, 5],
        &[8, 7, 6, 1, 2, 3, 4, 5],
        &[9, 8, 7, 6, 1, 2, 3, 4, 5],
        &[8, 9, 10, 7, 6, 1, 2, 3, 4, 5],
    ];
    let mut failed = Vec::new();
    let steps = with_every_fault(|faults| {
        let log = Log::default();
        let ledger = Ledger::refusing(faults);
        let outer = init!(Outer {
            0 <- inner(faults, &log, 1),
            1 <- faults.object(&log, 6),
            2 <- inner(faults, &log, 7),
        } ? Fault);
        let built = returns(|| Owned::try_new_with_in(outer, &ledger));
        if faults.fired() {
            assert!(!matches!(built, Some(Ok(_))));
            assert_eq!(ledger.live(), 0);
            failed.push(log.ends());
        } else {
            assert_eq!((log.live(), ledger.live()), (11, 1));
        }
        drop(built);
        assert_eq!((log.live(), ledger.live()), (0, 0));
    });
    assert_eq!(steps, (1 + 11) + 11);
    let refused: &[usize] = &[];
    let expected: Vec<&[usize]> = [refused].into_iter().chain(ends).chain(ends).collect();
    assert_eq!(failed, expected);
}

#[test]
fn a_tree_of_handles_leaves_nothing_behind() {
    struct Node<'a, 'f> {
        _object: Object<'a>,
        _children: OwnedArray<Owned<Node<'a, 'f>, &'a Ledger<'f>>, &'a Ledger<'f>>,
    }
    fn tree<'a, 'f>(
        faults: &Faults,
        log: &'a Log,
        ledger: &'a Ledger<'f>,
        depth: usize,
    ) -> Result<Owned<Node<'a, 'f>, &'a Ledger<'f>>, NewError<Fault>> {
        let len = if depth == 0 { 0 } else { 2 };
        let child = |_| tree(faults, log, ledger, depth - 1).map_err(|_| Fault(0));
        let children = OwnedArray::try_from_fn_in(len, child, ledger)?;
        let node = init!(Node {
            _object <- faults.object(log, depth),
            _children <- value(children),
        } ? Fault);
        Owned::try_new_with_in(node, ledger)
    }
    let steps = with_every_fault(|faults| {
        let log = Log::default();
        let ledger = Ledger::refusing(faults);
        let built = returns(|| tree(faults, &log, &ledger, 3));
        assert_eq!(matches!(built, Some(Ok(_))), !faults.fired());
        drop(built);
        assert_eq!((log.live(), ledger.live()), (0, 0));
    });
    // 15 nodes and 7 arrays of children; 15 constructors.
    assert_eq!(steps, (15 + 7 + 15) + 15);
}

#[test]
fn pinned_objects_and_steps_afterwards_leave_nothing_behind() {
    pin_data! {
        struct Pinned<'log> {
            #[pin] _inner: Inner<'log>,
            _object: Object<'log>,
        }
    }
    let steps = with_every_fault(|faults| {
        let log = Log::default();
        let pinned = pin_init!(Pinned {
            _inner <- inner(faults, &log, 1).then(|_| faults.step()).then_pin(|_| faults.step()),
            _object <- faults.object(&log, 6),
        } ? Fault)
        .then_pin(|_| faults.step());
        let built = returns(|| Owned::try_pin_with(pinned));
        assert_eq!(matches!(built, Some(Ok(_))), !faults.fired());
        drop(built);
        assert_eq!(log.live(), 0);
    });
    assert_eq!(steps, 2 * (5 + 2 + 1 + 1));
}

#[test]
fn placed_objects_leave_nothing_behind() {
    let steps = with_every_fault(|faults| {
        let log = Log::default();
        let mut storage = Storage::new();
        returns(|| drop(storage.emplace(inner(faults, &log, 1))));
        assert_eq!(log.live(), 0);
        let mut bytes = heapwright_new::AlignedStorage::<1024, 16>::new();
        returns(|| drop(place_array(bytes.as_bytes_mut(), 2, |i| inner(faults, &log, 10 * i))));
        assert_eq!(log.live(), 0);
    });
    assert_eq!(steps, 2 * (5 + 10));
}
