//! What this crate asks of the platform: waiting on a word, a short sleep, one line on standard
//! error, and an end. The only place here that knows the system's calls.
//!
//! Every function leaves `errno` as it was, and none is a cancellation point: a thread that is
//! cancelled must not end inside the heap.

mod linux;
mod raw_mutex;
mod weak;

pub(crate) use linux::{register_fork_handlers, sleep_one_millisecond, this_thread, write};
pub(crate) use raw_mutex::RawMutex;
pub(crate) use weak::{is_single_threaded, lock_streams, reset_streams, unlock_streams};

/// Ends the process at once, by `SIGABRT`.
pub(crate) fn abort() -> ! {
    // SAFETY: `abort` has no conditions; it takes no lock of ours and does not allocate.
    unsafe { libc::abort() }
}
