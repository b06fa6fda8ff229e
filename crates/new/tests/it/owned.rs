//! `Owned`: one word, one delete, the right layout.

use core::fmt::Debug;
use core::mem::MaybeUninit;

use allocator_api2::alloc::Allocator;
use heapwright_malloc::{Malloc, ProcessMalloc};
use heapwright_new::{NewError, Owned, array_from_fn, init_raw, raw, unsize, value};

use crate::ledger::Ledger;
use crate::objects::{Local, Log, returns};

#[test]
fn a_handle_is_one_word_and_so_is_an_option_of_one() {
    assert_eq!(size_of::<Owned<[u8; 100]>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Owned<String>>>(), size_of::<usize>());
    assert_eq!(size_of::<Owned<u8, ProcessMalloc>>(), size_of::<usize>());
    assert_eq!(size_of::<Owned<dyn Debug>>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<Owned<u8, &Ledger<'_>>>(), 2 * size_of::<usize>());
}

#[test]
fn an_object_is_destroyed_once_and_its_memory_goes_back_as_it_came() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let owned = Owned::try_new_in(log.object(1), &ledger).unwrap();
    assert_eq!((owned.id, ledger.live()), (1, 1));
    drop(owned);
    assert_eq!((log.ends(), ledger.live()), (vec![1], 0));
}

#[test]
fn what_has_no_size_gets_no_memory_and_is_destroyed_once() {
    struct Nothing<'log>(core::marker::PhantomData<&'log ()>);
    thread_local!(static ENDS: core::cell::Cell<u32> = const { core::cell::Cell::new(0) });
    impl Drop for Nothing<'_> {
        fn drop(&mut self) {
            ENDS.set(ENDS.get() + 1);
        }
    }
    let ledger = Ledger::new();
    let owned = Owned::try_new_in(Nothing(core::marker::PhantomData), &ledger).unwrap();
    assert_eq!(ledger.allocations(), 0);
    drop(owned);
    assert_eq!(ENDS.get(), 1);
    drop(Owned::new(Nothing(core::marker::PhantomData)));
    assert_eq!(ENDS.get(), 2);
    // Aligned, though there is nothing to align.
    #[repr(align(64))]
    struct Aligned;
    assert_eq!(Owned::as_ptr(&Owned::new(Aligned)).addr() % 64, 0);
}

#[test]
fn an_over_aligned_object_is_aligned_on_every_allocator() {
    #[repr(align(4096))]
    struct Page([u8; 10]);
    for _ in 0..4 {
        let on_malloc = Owned::new(Page([1; 10]));
        assert_eq!(Owned::as_ptr(&on_malloc).addr() % 4096, 0);
        let on_process = Owned::try_new_in(Page([2; 10]), ProcessMalloc).unwrap();
        assert_eq!(Owned::as_ptr(&on_process).addr() % 4096, 0);
        assert_eq!((on_malloc.0[9], on_process.0[9]), (1, 2));
    }
    let ledger = Ledger::new();
    let owned = Owned::try_new_in(Page([3; 10]), &ledger).unwrap();
    assert_eq!(ledger.only_layout(), core::alloc::Layout::new::<Page>());
    drop(owned);
}

trait Named {
    fn name(&self) -> String;
}

#[repr(align(64))]
struct Wide<'log>(#[expect(dead_code, reason = "its end is logged")] crate::objects::Object<'log>);

impl Named for Wide<'_> {
    fn name(&self) -> String {
        "wide".to_owned()
    }
}

#[test]
fn an_object_is_deleted_through_its_trait_with_its_own_layout() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let owned = Owned::try_new_in(Wide(log.object(1)), &ledger).unwrap();
    let named = unsize!(owned => dyn Named + '_);
    assert_eq!((named.name(), ledger.only_layout().align()), ("wide".to_owned(), 64));
    drop(named); // the ledger checks the layout
    assert_eq!(log.ends(), [1]);
}

#[test]
fn slices_and_upcasts_keep_the_layout_too() {
    let ledger = Ledger::new();
    let array = array_from_fn::<_, _, 5>(|i| value(i.to_string()));
    let slice = unsize!(Owned::try_new_with_in(array, &ledger).unwrap() => [String]);
    assert_eq!(slice.concat(), "01234");
    drop(slice);

    trait Base: Debug {}
    impl Base for u64 {}
    let base = unsize!(Owned::try_new_in(7_u64, &ledger).unwrap() => dyn Base);
    let shown = unsize!(base => dyn Debug);
    assert_eq!(format!("{shown:?}"), "7");
}

#[test]
fn a_constructor_that_fails_gives_the_memory_back() {
    let ledger = Ledger::new();
    // SAFETY: it always fails, and builds nothing.
    let fails = unsafe { init_raw(|_: *mut [u8; 64]| Err("no")) };
    assert_eq!(Owned::try_new_with_in(fails, &ledger).err(), Some(NewError::Construct("no")));
    assert_eq!((ledger.allocations(), ledger.live()), (1, 0));
}

#[test]
fn an_object_is_moved_out_leaked_and_taken_apart() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let object = Owned::into_inner(Owned::try_new_in(log.object(1), &ledger).unwrap());
    assert_eq!((ledger.live(), log.live()), (0, 1));
    drop(object);

    let leaked = Owned::leak(Owned::try_new_in(log.object(2), &ledger).unwrap());
    assert_eq!((leaked.id, log.live(), ledger.live()), (2, 1, 1));
    // SAFETY: leaked just now, and used no more.
    drop(unsafe { Owned::from_raw_parts(leaked.into(), &ledger) });

    let raw = Owned::into_raw(Owned::try_new_in(log.object(3), &ledger).unwrap());
    // SAFETY: nobody else has the address.
    drop(unsafe { Owned::from_raw(raw) });
    assert_eq!((log.ends(), ledger.live()), (vec![1, 2, 3], 0));
}

#[test]
fn memory_may_wait_for_its_object() {
    let (log, ledger) = (Log::default(), Ledger::new());
    drop(Owned::<u64, _>::try_new_uninit_in(&ledger).unwrap());
    let memory = Owned::try_new_uninit_in(&ledger).unwrap();
    let owned = Owned::write(memory, log.object(1));
    assert_eq!(owned.id, 1);
    let mut memory: Owned<MaybeUninit<u32>> = Owned::try_new_uninit().unwrap();
    memory.write(5);
    // SAFETY: written just now.
    assert_eq!(*unsafe { Owned::assume_init(memory) }, 5);
}

#[test]
fn a_panicking_destructor_still_gives_the_memory_back() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let owned = Owned::try_new_in(log.bomb(1), &ledger).unwrap();
    assert!(returns(|| drop(owned)).is_none());
    assert_eq!((log.live(), ledger.live()), (0, 0));
}

#[test]
fn blocks_of_the_compile_time_class_and_of_the_general_way_are_one_heap() {
    // Made by `new` and given back through the trait, and the other way round.
    for _ in 0..1000 {
        let (pointer, malloc) = Owned::into_raw_parts(Owned::new([7_u64; 5]));
        // SAFETY: the layout is the object's, which has no destructor and is used no more.
        unsafe { malloc.deallocate(pointer.cast(), core::alloc::Layout::new::<[u64; 5]>()) };
        let on_trait = Owned::try_new_in([8_u64; 5], Malloc).unwrap();
        let raw = Owned::into_raw(on_trait).into_ptr();
        // SAFETY: an object of `Malloc`, used no more.
        unsafe { raw::delete_ptr(raw) };
    }
}

#[test]
fn a_handle_crosses_threads_where_its_object_may() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<Owned<String>>();
    is_sync::<Owned<String, ProcessMalloc>>();
    let owned = Owned::new(7);
    assert_eq!(std::thread::spawn(move || *owned).join().unwrap(), 7);
    let _stays: Owned<Local> = Owned::new(core::marker::PhantomData);
}

#[test]
fn a_handle_can_what_its_object_can() {
    let mut numbers = Owned::new(1..3);
    assert_eq!(numbers.next(), Some(1));
    assert_eq!(format!("{:?} {}", Owned::new("a"), Owned::new(2)), "\"a\" 2");
    assert!(Owned::new(1) < Owned::new(2) && Owned::new(1) == Owned::new(1));
    let error = unsize!(Owned::new(core::fmt::Error) => dyn core::error::Error);
    assert!(core::error::Error::source(&error).is_none());
}
