//! New-handlers: asked when memory is refused, per allocator and for the process.

use core::alloc::Layout;
use core::cell::{Cell, RefCell};
use std::sync::Mutex;

use heapwright_new::polymorphic::{Monotonic, NullAllocator};
use heapwright_new::{
    BadAlloc, HandlerVerdict, NewError, Owned, OwnedArray, WithHandler, new_handler, raw,
    set_new_handler, value,
};

use crate::ledger::Ledger;
use crate::objects::{Faults, Way};

/// The process has one handler, so the tests that set it take turns.
static TURN: Mutex<()> = Mutex::new(());
static CALLS: Mutex<Vec<(usize, u32)>> = Mutex::new(Vec::new());

fn note(layout: Layout, attempt: u32) -> HandlerVerdict {
    CALLS.lock().unwrap().push((layout.size(), attempt));
    if attempt < 2 { HandlerVerdict::Retry } else { HandlerVerdict::Fail }
}

fn other(_: Layout, _: u32) -> HandlerVerdict {
    HandlerVerdict::Fail
}

#[test]
fn the_process_has_one_handler_which_is_asked_by_every_form_of_new() {
    let _turn = TURN.lock().unwrap();
    assert!(set_new_handler(Some(note)).is_none() && new_handler().is_some());
    let refused = BadAlloc::Exhausted { size: 8, align: 8 };
    assert_eq!(Owned::try_new_in(1_u64, NullAllocator).err(), Some(refused));
    assert_eq!(*CALLS.lock().unwrap(), [(8, 0), (8, 1), (8, 2)]);
    let raw = raw::new_in(value(1_u64), NullAllocator);
    assert_eq!(raw.err(), Some(NewError::Alloc(refused)));
    assert!(OwnedArray::<u64, _>::try_zeroed_in(1, NullAllocator).is_err());
    assert_eq!(CALLS.lock().unwrap().len(), 9);
    // Overflow is no lack of memory: nobody is asked.
    assert!(OwnedArray::<u64>::try_new_uninit(usize::MAX).is_err());
    assert_eq!(CALLS.lock().unwrap().len(), 9);
    // The default allocator asks too.
    assert!(OwnedArray::<u8>::try_new_uninit(1 << 60).is_err());
    assert_eq!(CALLS.lock().unwrap().len(), 12);

    let before = set_new_handler(Some(other)).expect("one was set");
    assert_eq!(before(Layout::new::<u8>(), 0), HandlerVerdict::Retry);
    let before = set_new_handler(None).expect("one was set");
    assert_eq!(before(Layout::new::<u8>(), 0), HandlerVerdict::Fail);
    assert!(new_handler().is_none() && set_new_handler(None).is_none());
}

#[test]
fn each_turn_asks_the_handler_that_is_present() {
    static TURNS: Mutex<Vec<(char, u32)>> = Mutex::new(Vec::new());

    fn turn(name: char, attempt: u32) -> HandlerVerdict {
        let mut turns = TURNS.lock().unwrap();
        turns.push((name, attempt));
        // A mistake would otherwise go on for ever.
        if turns.len() < 9 { HandlerVerdict::Retry } else { HandlerVerdict::Fail }
    }

    fn first(_: Layout, attempt: u32) -> HandlerVerdict {
        set_new_handler(Some(second));
        turn('1', attempt)
    }

    fn second(_: Layout, attempt: u32) -> HandlerVerdict {
        set_new_handler(None);
        turn('2', attempt)
    }

    let _turn = TURN.lock().unwrap();
    set_new_handler(Some(first));
    assert!(Owned::try_new_in(1_u64, NullAllocator).is_err());
    assert_eq!(*TURNS.lock().unwrap(), [('1', 0), ('2', 1)]);
    assert!(new_handler().is_none());
}

#[test]
fn a_handler_that_helps_makes_the_request_succeed() {
    let _turn = TURN.lock().unwrap();
    let faults = Faults::at(0, Way::Error);
    let ledger = Ledger::refusing(&faults);
    let asked = Cell::new(0);
    let heap = WithHandler::new(&ledger, |layout: Layout, attempt| {
        asked.set(asked.get() + 1);
        assert_eq!((layout.size(), attempt), (4, 0));
        HandlerVerdict::Retry
    });
    assert_eq!(*Owned::try_new_in(7_u32, &heap).unwrap(), 7);
    assert_eq!(asked.get(), 1);
}

#[test]
fn a_handler_gives_up_a_cache_for_the_request() {
    let _turn = TURN.lock().unwrap();
    // A budget of bytes, of which a cache has taken most.
    struct Budget {
        left: Cell<usize>,
    }
    // SAFETY: the blocks are the global allocator's.
    unsafe impl allocator_api2::alloc::Allocator for Budget {
        fn allocate(
            &self,
            layout: Layout,
        ) -> Result<core::ptr::NonNull<[u8]>, allocator_api2::alloc::AllocError> {
            let left = self.left.get().checked_sub(layout.size());
            self.left.set(left.ok_or(allocator_api2::alloc::AllocError)?);
            allocator_api2::alloc::Global.allocate(layout)
        }

        unsafe fn deallocate(&self, block: core::ptr::NonNull<u8>, layout: Layout) {
            self.left.set(self.left.get() + layout.size());
            // SAFETY: of the global allocator, for this layout.
            unsafe { allocator_api2::alloc::Global.deallocate(block, layout) };
        }
    }
    let budget = Budget { left: Cell::new(1000) };
    let cache = RefCell::new(Some(Owned::try_new_in([0_u8; 900], &budget).unwrap()));
    let heap = WithHandler::new(&budget, |_, _| match cache.take() {
        Some(_given_up) => HandlerVerdict::Retry,
        None => HandlerVerdict::Fail,
    });
    let large = Owned::try_new_in([1_u8; 800], &heap).unwrap();
    assert!(cache.borrow().is_none());
    let refused = BadAlloc::Exhausted { size: 800, align: 1 };
    assert_eq!(Owned::try_new_in([2_u8; 800], &heap).err(), Some(refused));
    assert_eq!(large[799], 1);
}

#[test]
fn handlers_of_other_allocators_are_not_asked() {
    let _turn = TURN.lock().unwrap();
    let mut bytes = [core::mem::MaybeUninit::uninit(); 16];
    let small = Monotonic::new(&mut bytes, NullAllocator);
    let asked = Cell::new(false);
    let heap = WithHandler::new(&small, |_, _| {
        asked.set(true);
        HandlerVerdict::Fail
    });
    assert!(Owned::try_new_in([0_u8; 99], &small).is_err());
    assert!(!asked.get());
    assert!(Owned::try_new_in([0_u8; 99], &heap).is_err());
    assert!(asked.get());
}
