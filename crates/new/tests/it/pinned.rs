//! Pinned objects: intrusive lists, fields that are pinned with the whole, destructors.

use core::cell::Cell;
use core::convert::Infallible;
use core::marker::PhantomPinned;
use core::pin::{Pin, pin};
use core::ptr::NonNull;

use heapwright_new::{
    DropToken, NewError, Owned, PinInit, PinStorage, PinnedDrop, StaticStorage, array_from_fn,
    init, pin_data, pin_init, pin_init_raw, unsize, value,
};

use crate::objects::{Log, Object};

/// A node of a ring, which begins as a ring of its own and leaves it when it ends.
struct Node {
    next: Cell<NonNull<Node>>,
    previous: Cell<NonNull<Node>>,
    _pinned: PhantomPinned,
}

impl Node {
    /// Built without `unsafe`: only following the links needs it.
    fn new() -> impl PinInit<Self, Error = Infallible> {
        init!(Node {
            next <- value(Cell::new(NonNull::dangling())),
            previous <- value(Cell::new(NonNull::dangling())),
            _pinned <- value(PhantomPinned),
        })
        .then_pin(|node| {
            let myself = NonNull::from(&*node);
            node.next.set(myself);
            node.previous.set(myself);
            Ok(())
        })
    }

    fn insert_after(&self, other: Pin<&Self>) {
        // SAFETY: nodes are pinned, so the neighbours of one that lives are there.
        let next = unsafe { other.next.get().as_ref() };
        self.next.set(other.next.get());
        self.previous.set(NonNull::from(&*other));
        next.previous.set(NonNull::from(self));
        other.next.set(NonNull::from(self));
    }

    fn ring_len(&self) -> usize {
        let mut count = 1;
        let mut node = self.next.get();
        while !core::ptr::eq(node.as_ptr(), self) {
            count += 1;
            // SAFETY: as in `insert_after`.
            node = unsafe { node.as_ref() }.next.get();
        }
        count
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // SAFETY: as in `insert_after`; a ring of one leads to itself.
        unsafe { self.next.get().as_ref() }.previous.set(self.previous.get());
        // SAFETY: as above.
        unsafe { self.previous.get().as_ref() }.next.set(self.next.get());
    }
}

pin_data! {
    /// A task in a ring of tasks.
    struct Task<'log, T: Clone = u8> where T: PartialEq, {
        #[pin]
        node: Node,
        /// What it is for.
        work: T,
        object: Object<'log>,
    }
}

fn task<'log>(log: &'log Log, id: usize) -> impl PinInit<Task<'log>, Error = Infallible> {
    pin_init!(Task { node <- Node::new(), work <- value(1), object <- value(log.object(id)) })
}

#[test]
fn nodes_of_a_ring_know_their_addresses_on_the_heap_and_on_the_stack() {
    let log = Log::default();
    let head = Owned::try_pin_with(Node::new()).unwrap();
    let first = Owned::try_pin_with(task(&log, 1)).unwrap();
    let mut storage = pin!(PinStorage::new());
    let second = storage.as_mut().emplace_pin(task(&log, 2)).unwrap();
    first.node.insert_after(head.as_ref());
    second.node.insert_after(head.as_ref());
    assert_eq!(head.ring_len(), 3);
    drop(first);
    assert_eq!((head.ring_len(), log.ends()), (2, vec![1]));
    assert!(storage.as_mut().destroy());
    assert_eq!((head.ring_len(), log.ends()), (1, vec![1, 2]));
}

#[test]
fn an_object_that_is_placed_again_ends_first_and_one_that_is_left_ends_with_its_storage() {
    let log = Log::default();
    {
        let mut storage = pin!(PinStorage::new());
        let first = storage.as_mut().emplace_pin(task(&log, 1)).unwrap();
        assert_eq!(first.node.ring_len(), 1);
        storage.as_mut().emplace_pin(task(&log, 2)).unwrap();
        assert_eq!((log.ends(), storage.get().unwrap().object.id), (vec![1], 2));
        let again = storage.as_mut().get_pin_mut().unwrap().project();
        *again.work += 1;
        assert_eq!((*again.work, again.node.ring_len()), (2, 1));
    }
    assert_eq!((log.ends(), log.live()), (vec![1, 2], 0));
}

#[test]
fn a_pinned_constructor_that_fails_leaves_nothing() {
    let log = Log::default();
    let fails = || {
        pin_init!(Task {
            node <- Node::new(),
            object <- value(log.object(1)),
            work <- Err("no"),
        } ? &'static str)
    };
    assert_eq!(Owned::try_pin_with(fails()).err(), Some(NewError::Construct("no")));
    let mut storage = pin!(PinStorage::<Task<'_>>::new());
    assert_eq!(storage.as_mut().emplace_pin(fails()).err(), Some("no"));
    assert!(!storage.is_live() && !storage.as_mut().destroy());
    assert_eq!((log.ends(), log.live()), (vec![1, 1], 0));
}

#[test]
fn pinned_objects_nest_in_structs_and_arrays() {
    pin_data! {
        struct Pair {
            #[pin] first: Node,
            #[pin] second: Node,
        }
    }
    pin_data! {
        struct Pairs<const N: usize> {
            #[pin] pairs: [Pair; N],
        }
    }
    let pair = || pin_init!(Pair { first <- Node::new(), second <- Node::new() });
    let pairs = pin_init!(Pairs<3> { pairs <- array_from_fn(|_| pair()) });
    let pairs = Owned::try_pin_with(pairs).unwrap();
    for pair in &pairs.pairs {
        pair.second.insert_after({
            // SAFETY: it is pinned with the whole.
            unsafe { Pin::new_unchecked(&pair.first) }
        });
        assert_eq!(pair.first.ring_len(), 2);
    }
}

#[test]
fn a_pinned_type_is_unpin_where_its_pinned_fields_are() {
    fn is_unpin<T: Unpin>() {}
    pin_data! {
        struct Wrapper<T, U> {
            #[pin] pinned: T,
            free: U,
        }
    }
    is_unpin::<Wrapper<String, PhantomPinned>>();
    let mut wrapper = Wrapper { pinned: 1, free: PhantomPinned };
    let projected = Pin::new(&mut wrapper).project();
    *projected.pinned.get_mut() += 1;
    let _: &mut PhantomPinned = projected.free;
    assert_eq!(wrapper.pinned, 2);
}

#[test]
fn a_pinned_destructor_runs_before_the_fields_end() {
    pin_data! {
        #[pinned_drop]
        struct Timer<'log, T> where T: Copy {
            object: Object<'log>,
            #[pin] node: Node,
            id: T,
            log: &'log Log,
        }
    }
    impl<T: Copy> PinnedDrop for Timer<'_, T> {
        fn drop(self: Pin<&mut Self>, _: DropToken<Self>) {
            let this = self.project();
            assert_eq!(this.node.ring_len(), 1);
            let _ = *this.id;
            drop(this.log.object(100));
        }
    }
    let log = Log::default();
    let timer = pin_init!(Timer {
        object <- value(log.object(1)), node <- Node::new(), id <- value('t'), log <- value(&log),
    });
    drop(Owned::try_pin_with(timer).unwrap());
    assert_eq!(log.ends(), [100, 1]);
}

#[test]
fn bounds_of_all_kinds_are_understood() {
    pin_data! {
        #[derive(Debug, Default)]
        pub(crate) struct Odd<
            'a: 'static,
            T: Iterator<Item = (u8, Vec<Vec<u8>>)> + 'a,
            F,
            const N: usize = 3
        >
        where
            F: Fn(u8) -> Option<Vec<u8>>,
            for<'b> &'b T: Sized,
        {
            #[pin]
            #[doc = "An iterator."]
            pub iterator: core::marker::PhantomData<(&'a T, F)>,
            pub(crate) numbers: Vec<[u8; N]>,
        }
    }
    type Pairs = std::vec::IntoIter<(u8, Vec<Vec<u8>>)>;
    type Function = fn(u8) -> Option<Vec<u8>>;
    let odd = Odd::<'static, Pairs, Function> {
        iterator: core::marker::PhantomData,
        numbers: vec![[1, 2, 3]],
    };
    assert_eq!(odd.numbers.len(), 1);
}

#[test]
fn a_pinned_handle_becomes_one_to_a_trait() {
    trait Ring {
        fn len(&self) -> usize;
    }
    impl Ring for Node {
        fn len(&self) -> usize {
            self.ring_len()
        }
    }
    let ring = unsize!(Owned::try_pin_with(Node::new()).unwrap() => dyn Ring);
    assert_eq!(ring.len(), 1);
}

#[test]
fn a_pinned_object_may_stand_in_a_static() {
    static NODE: StaticStorage<Node> = StaticStorage::new();
    let node = NODE.emplace_pin(Node::new()).unwrap();
    assert_eq!(node.ring_len(), 1);
    assert!(NODE.emplace_pin(Node::new()).is_err());
}

#[test]
fn what_is_unpin_moves_out_of_its_pin() {
    let mut built_at = core::ptr::null_mut();
    let build = |slot: *mut u64| {
        built_at = slot;
        // SAFETY: the caller of `pin_init_at` gives room for a `u64`.
        unsafe { slot.write(7) };
        Ok::<(), core::convert::Infallible>(())
    };
    // SAFETY: it writes the whole of the object. The address is compared and no more, since a `u64`
    // is `Unpin`.
    let number = unsafe { pin_init_raw(build) };
    let number = Owned::try_pin_with(number).unwrap();
    assert_eq!(&raw const *number, built_at.cast_const());
    let moved = Owned::into_inner(core::pin::Pin::into_inner(number));
    assert!(moved == 7 && &raw const moved != built_at.cast_const());
}
