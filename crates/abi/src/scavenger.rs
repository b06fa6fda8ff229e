//! The scavenger of `HEAPWRIGHT_SCAVENGER=1`: a thread that has an idle process give free memory
//! back, too.
//!
//! A process that allocates does so by itself; one that waits for a request all night has nobody
//! to look. The thread looks once in a second, takes no signals, and is made anew in the child of
//! a fork, where only the thread that forked goes on.

use core::ffi::c_void;

use crate::{environment, sys};

/// Starts the thread, where the environment asks for one.
pub(crate) fn prepare() {
    if environment::wants_scavenger() {
        start();
        sys::at_fork_in_child(start_in_child);
    }
}

/// Starts the thread. Where the system has none to give, the memory stays, as without one.
fn start() {
    sys::start_thread(scavenge);
}

unsafe extern "C" fn start_in_child() {
    start();
}

extern "C" fn scavenge(_: *mut c_void) -> *mut c_void {
    loop {
        sys::sleep_one_second();
        heapwright_malloc::scavenge();
    }
}
