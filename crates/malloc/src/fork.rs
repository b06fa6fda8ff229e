//! What happens to the heap at `fork`: the three handlers of `pthread_atfork`.
//!
//! ```text
//!   prepare: lock ──▶ fork ─┬─▶ parent: unlock
//!                           └─▶ child:  make the lock new
//! ```
//!
//! The child gets a copy of what all threads share between two operations, never in the midst of
//! one, and the heap of the thread that forked. The heaps of other threads may have been in the
//! midst of something: the child never uses them, and what it frees of theirs is lost to it. Only
//! the sole thread of a process may fork in the midst of an operation, from a signal handler: then
//! both processes finish it.
//!
//! Others whose locks are held for moments may have them held with the heap's: [`ForkLocks`].
//!
//! In between the thread that forks may use the heap, as the handlers of others do. With glibc
//! the list of its streams is locked too, before the heap.

use core::sync::atomic::{AtomicBool, Ordering};

pub use crate::fork_locks::ForkLocks;
pub use crate::heap_lock::holds_fork_locks;
use crate::heap_lock::{lock_before_fork, reset_after_fork, unlock_after_fork};
use crate::sys::register_fork_handlers;

/// Locks the heap.
///
/// # Safety
///
/// This thread calls [`parent`] later, or [`child`] in the process that it forked.
pub unsafe extern "C" fn prepare() {
    lock_before_fork();
}

/// Unlocks the heap in the process that forked.
///
/// # Safety
///
/// This thread called [`prepare`], and neither this nor [`child`] since.
pub unsafe extern "C" fn parent() {
    // SAFETY: the caller's conditions.
    unsafe { unlock_after_fork() }
}

/// Makes the lock of the heap new in the child.
///
/// # Safety
///
/// This is the only thread of the child of a `fork`, and the thread that forked had called
/// [`prepare`].
pub unsafe extern "C" fn child() {
    // SAFETY: the caller's conditions.
    unsafe { reset_after_fork() }
}

/// Has the C library call the three handlers at every `fork` from now on.
///
/// Every call but the first does nothing. The C library may allocate for it by its own `malloc`;
/// where this heap *is* that `malloc`, no lock may be held, neither this heap's nor one of the C
/// library's.
///
/// Where the C library has no memory for it, a `fork` beside other threads that allocate stays
/// dangerous, as it would be without handlers; there is nobody to be told. A
/// later call tries again.
pub fn register() {
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        let is_registered = register_fork_handlers(prepare, parent, child);
        IS_REGISTERED.store(is_registered, Ordering::Relaxed);
    }
}
