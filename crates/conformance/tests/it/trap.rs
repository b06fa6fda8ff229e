//! A global allocator that can be told that nothing may be allocated any more.
//!
//! A report of misuse runs inside the process's malloc, so it must not allocate. A death test
//! arms the trap in its child just before the misuse; an allocation then ends the child with
//! other words and another status than the test wants.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicBool, Ordering};
use std::alloc::System;

use heapwright_conformance::misuse::{self, Ending};

/// The status of a child that allocated after the trap was armed.
const STATUS_ALLOCATED: i32 = 97;

#[global_allocator]
static TRAP: Trap = Trap { armed: AtomicBool::new(false) };

struct Trap {
    armed: AtomicBool,
}

/// From now on, whoever allocates ends the process: for forked children only.
pub(crate) fn arm() {
    TRAP.armed.store(true, Ordering::Relaxed);
}

impl Trap {
    fn check(&self) {
        if self.armed.load(Ordering::Relaxed) {
            misuse::write_to_standard_error("something was allocated\n");
            // SAFETY: `_exit` has no conditions.
            unsafe { libc::_exit(STATUS_ALLOCATED) }
        }
    }
}

// SAFETY: every call goes to the system's allocator, or nowhere.
unsafe impl GlobalAlloc for Trap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.check();
        // SAFETY: the caller's conditions.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.check();
        // SAFETY: the caller's conditions.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's conditions.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.check();
        // SAFETY: the caller's conditions.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[test]
fn the_trap_catches_an_allocation() {
    let death = misuse::in_child(|| {
        arm();
        core::hint::black_box(Box::new(1));
    });
    assert_eq!(death.ending, Ending::Exited(STATUS_ALLOCATED), "{death}");
}
