//! A lock of one word: a few looks, then sleep in the kernel.
//!
//! ```text
//!            lock                     lock by another
//!   UNLOCKED ────▶ LOCKED ─────────────────────────────▶ CONTENDED
//!      ▲              │ unlock                              │ unlock, and wake one
//!      └──────────────┴─────────────────────────────────────┘
//! ```
//!
//! The protocol is the third of U. Drepper, "Futexes Are Tricky" (2011).

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam::utils::Backoff;
use lock_api::GuardNoSend;

use super::linux::{wait, wake_one};

const UNLOCKED: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may sleep.
const CONTENDED: u32 = 2;

/// How often a waiting thread looks before it sleeps; the pauses between double.
const LOOKS_MAX: usize = 7;

/// A lock of one word, which can be made new in a forked child.
pub(crate) struct RawMutex {
    state: AtomicU32,
}

impl RawMutex {
    /// Makes the lock new: unlocked, and without anybody who sleeps.
    ///
    /// # Safety
    ///
    /// The only thread of the process holds the lock.
    pub(crate) unsafe fn reset(&self) {
        self.state.store(UNLOCKED, Release);
    }

    #[cold]
    #[inline(never)]
    fn lock_contended(&self) {
        let backoff = Backoff::new();
        for _ in 0..LOOKS_MAX {
            if self.state.load(Relaxed) == UNLOCKED
                && self.state.compare_exchange(UNLOCKED, LOCKED, Acquire, Relaxed).is_ok()
            {
                return;
            }
            backoff.spin();
        }
        // From here on the lock is taken as contended: others may sleep beside this thread.
        while self.state.swap(CONTENDED, Acquire) != UNLOCKED {
            wait(&self.state, CONTENDED);
        }
    }
}

// SAFETY: only one thread at a time moves the state away from `UNLOCKED`, and only `unlock`
// moves it back; acquire and release order what is done in between.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: Self = Self { state: AtomicU32::new(UNLOCKED) };

    type GuardMarker = GuardNoSend;

    #[inline]
    fn lock(&self) {
        if self.state.compare_exchange(UNLOCKED, LOCKED, Acquire, Relaxed).is_err() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.state.compare_exchange(UNLOCKED, LOCKED, Acquire, Relaxed).is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.state.swap(UNLOCKED, Release) == CONTENDED {
            wake_one(&self.state);
        }
    }

    fn is_locked(&self) -> bool {
        self.state.load(Relaxed) != UNLOCKED
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::thread;

    use super::*;

    #[test]
    fn no_addition_is_lost_under_contention() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 20_000;
        let total = lock_api::Mutex::<RawMutex, usize>::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        *total.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(*total.lock(), THREADS * ROUNDS);
    }

    #[test]
    fn a_sleeping_thread_is_woken() {
        let flag = lock_api::Mutex::<RawMutex, bool>::new(false);
        thread::scope(|scope| {
            let guard = flag.lock();
            let waiter = scope.spawn(|| *flag.lock() = true);
            // SAFETY: the lock is not released through this reference.
            let raw = unsafe { flag.raw() };
            while raw.state.load(Relaxed) != CONTENDED {
                thread::yield_now();
            }
            drop(guard);
            waiter.join().unwrap();
        });
        assert!(*flag.lock());
    }

    #[test]
    fn try_lock_fails_while_the_lock_is_held() {
        let lock = lock_api::Mutex::<RawMutex, ()>::new(());
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }
}
