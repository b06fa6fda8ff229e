//! From and to `Box`, where the allocator permits.
#![cfg(feature = "alloc")]

use allocator_api2::alloc::Global;
use allocator_api2::boxed::Box as BoxIn;
use allocator_api2::vec::Vec as VecIn;
use heapwright_malloc::{Malloc, ProcessMalloc};
use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
use heapwright_new::{
    ByType, Class, HandlerVerdict, Isolated, Label, Owned, OwnedArray, WithHandler, class_pool,
    label, unsize, value,
};

use crate::ledger::Ledger;
use crate::objects::Log;

#[test]
fn an_object_keeps_its_address_through_both_handles() {
    let log = Log::default();
    let boxed = Box::new(log.object(1));
    let address = &raw const *boxed;
    let owned = Owned::from(boxed);
    assert_eq!(Owned::as_ptr(&owned), address);
    let boxed: Box<_> = Owned::into_box(owned);
    assert_eq!(&raw const *boxed, address);
    drop(boxed);
    assert_eq!(log.ends(), [1]);
}

#[test]
fn slices_traits_and_what_has_no_size_cross_over() {
    let owned: Owned<[u8], Global> = Owned::from(vec![1, 2, 3].into_boxed_slice());
    assert_eq!(Owned::into_box(owned).into_vec(), [1, 2, 3]);
    let owned = Owned::from(Box::new(()));
    drop(Owned::into_box(owned));
    let shown = unsize!(Owned::new_in(7, Global) => dyn core::fmt::Display);
    assert_eq!(Owned::into_box(shown).to_string(), "7");
}

#[test]
fn a_box_of_any_allocator_is_a_handle_of_that_allocator() {
    let ledger = Ledger::new();
    let owned: Owned<_, _> = BoxIn::new_in([7_u8; 9], &ledger).into();
    assert_eq!((owned[8], ledger.live()), (7, 1));
    assert!(Owned::into_box_in(owned).is_ok());
    assert_eq!(ledger.live(), 0);
}

#[test]
fn no_box_gives_back_memory_that_nobody_asked_for() {
    // A ledger ends the test where it does not know what comes back.
    let ledger = Ledger::new();
    let nothing = Owned::try_new_in((), &ledger).unwrap();
    assert!(Owned::into_box_in(nothing).is_err());
    let empty = OwnedArray::<u32, _>::try_copy_from_in(&[], &ledger).unwrap();
    let empty = Owned::into_box_in(OwnedArray::into_slice(empty)).unwrap_err();
    assert!(empty.is_empty());
    let log = Log::default();
    let objects = OwnedArray::try_from_fn_in(2, |_| value(log.object(1)), &ledger).unwrap();
    assert!(Owned::into_box_in(OwnedArray::into_slice(objects)).is_ok());
    assert_eq!((log.ends().len(), ledger.live()), (2, 0));
}

#[test]
fn what_has_no_size_goes_back_through_a_box_to_every_allocator() {
    struct Nothing;
    label!(Nothing);
    struct Something(#[expect(dead_code, reason = "it has a size")] u64);
    class_pool!(Something);
    fn passes<A: allocator_api2::alloc::Allocator + Clone>(allocator: &A) {
        drop(BoxIn::new_in((), allocator.clone()));
        drop(VecIn::<u32, _>::new_in(allocator.clone()).into_boxed_slice());
    }
    passes(&Global);
    passes(&Malloc);
    passes(&ProcessMalloc);
    passes(&NullAllocator);
    passes(&&Monotonic::new(&mut [], NullAllocator));
    passes(&&PoolAllocator::new(NullAllocator));
    passes(&&PoolAllocator::new(Malloc));
    passes(&WithHandler::new(Malloc, |_, _| HandlerVerdict::Fail));
    passes(&Isolated::<Nothing>::default());
    passes(&Something::allocator());
    passes(&ByType::<Nothing>::default());
    passes(&ByType::<Something, &PoolAllocator<Malloc>>::new(&PoolAllocator::new(Malloc)));
    assert_eq!((Nothing::label().live_count(), Something::label().live_count()), (0, 0));

    // The pools still work.
    let pool = PoolAllocator::new(Malloc);
    passes(&&pool);
    let (first, second) = (Owned::try_new_in(1_u64, &pool), Owned::try_new_in(2_u64, &pool));
    assert_eq!((*first.unwrap(), *second.unwrap()), (1, 2));
}
