//! What this crate asks of the platform: waiting on a word, a short sleep, one line on standard
//! error, and an end. The only place here that knows the system's calls.
//!
//! Every function leaves `errno` as it was, and none is a cancellation point: a thread that is
//! cancelled must not end inside the heap.

mod counter;
mod linux;
mod raw_mutex;
mod tls;
mod weak;

pub(crate) use counter::count_down;
pub(crate) use linux::{
    ExitKey, PagesMoved, milliseconds, move_pages, register_fork_handlers, replace_pages,
    sleep_one_millisecond, this_thread, write,
};
pub(crate) use raw_mutex::RawMutex;
pub(crate) use tls::{heap, set_heap};
pub(crate) use weak::{is_single_threaded, lock_streams, reset_streams, unlock_streams};

/// Ends the process at once, by `SIGABRT`.
pub(crate) fn abort() -> ! {
    // SAFETY: `abort` has no conditions; it takes no lock of ours and does not allocate.
    unsafe { libc::abort() }
}
