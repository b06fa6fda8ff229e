//! A lock of a few instructions, for a few instructions at a time.
//!
//! This crate knows no operating system, so nobody can be put to sleep here. What is done under the
//! lock neither allocates nor calls anybody's code.
//!
//! Over a `fork` all these locks are held by the thread that forks: see `fork.rs`. The handlers
//! that it runs meanwhile pass them.

use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use super::fork::holds_fork_locks;

/// A value behind the lock.
///
/// # Invariants
///
/// 1. The value is used by whoever set `is_held` alone: the thread that runs [`with`](Self::with),
///    or the one that holds it for a fork.
pub(super) struct Spin<T> {
    is_held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: by invariant 1 the value is one thread's at a time, and may go from one to another.
unsafe impl<T: Send> Sync for Spin<T> {}

/// Lets go of the lock, also where the holder panics.
struct Held<'spin>(&'spin AtomicBool);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<T> Spin<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { is_held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock, and runs `body` with the value. It must not come back here.
    pub(super) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        let is_taken = !self.is_held.swap(true, Ordering::Acquire) || self.wait();
        let _held = is_taken.then(|| Held(&self.is_held));
        // SAFETY: invariant 1, until `_held` is dropped; or else this thread holds it for a fork,
        // and is in no `body`.
        body(unsafe { &mut *self.value.get() })
    }

    /// Waits for the lock, until [`release`](Self::release).
    #[cfg(feature = "malloc")]
    pub(super) fn hold(&self) {
        let _is_taken = !self.is_held.swap(true, Ordering::Acquire) || self.wait();
    }

    /// Lets go of what [`hold`](Self::hold) took.
    #[cfg(feature = "malloc")]
    pub(super) fn release(&self) {
        self.is_held.store(false, Ordering::Release);
    }

    /// Waits for a lock that somebody has: `false` where that is this thread itself, for a fork.
    #[cold]
    fn wait(&self) -> bool {
        if holds_fork_locks() {
            return false;
        }
        while self.is_held.swap(true, Ordering::Acquire) {
            while self.is_held.load(Ordering::Relaxed) {
                core::hint::spin_loop();
            }
        }
        true
    }
}

impl<T> fmt::Debug for Spin<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Spin").finish_non_exhaustive()
    }
}
