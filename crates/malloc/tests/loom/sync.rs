//! What `src/sync.rs` is in the program: atomics that loom tries in every order.
//!
//! Of the accesses to an atomic loom 0.7 remembers the last one only, to know what to try in
//! another order; so a thread's own load hides what others did before it, and orders are missed
//! (<https://github.com/tokio-rs/loom/issues/166>, <https://github.com/tokio-rs/loom/issues/392>).
//! Of exchanges it misses none. So before each access there is an exchange of a word that means
//! nothing: all orders of these are tried, and with them all orders of the accesses.

pub(crate) use loom::sync::atomic::Ordering;

use loom::sync::atomic::AtomicUsize;

/// A pointer that threads share.
#[derive(Debug)]
pub(crate) struct AtomicPtr<T> {
    turn: AtomicUsize,
    pointer: loom::sync::atomic::AtomicPtr<T>,
}

impl<T> AtomicPtr<T> {
    pub(crate) fn new(pointer: *mut T) -> Self {
        Self { turn: AtomicUsize::new(0), pointer: loom::sync::atomic::AtomicPtr::new(pointer) }
    }

    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        self.in_turn().load(order)
    }

    pub(crate) fn swap(&self, new: *mut T, order: Ordering) -> *mut T {
        self.in_turn().swap(new, order)
    }

    pub(crate) fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.in_turn().compare_exchange(current, new, success, failure)
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        self.in_turn().compare_exchange_weak(current, new, success, failure)
    }

    /// Waits for nobody and orders nothing; see above.
    fn in_turn(&self) -> &loom::sync::atomic::AtomicPtr<T> {
        self.turn.swap(0, Ordering::Relaxed);
        &self.pointer
    }
}
