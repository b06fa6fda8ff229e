//! Locks of others that are held over a `fork` with the heap's.
//!
//! ```text
//!   prepare: streams ─▶ heap ─▶ FIRST ─▶ locks of labels ─▶ …     each joins at its first use
//! ```
//!
//! The list changes only while the heap is locked, so that it stays as it is from one end of a
//! `fork` to the other.

use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::fork;
use crate::heap_lock::{holds_fork_locks, visit};

/// Those who joined, newest first.
static FIRST: AtomicPtr<ForkLocks> = AtomicPtr::new(ptr::null_mut());

/// Locks that a child would find held for ever, if another thread had them when it was forked.
///
/// While they are held, nobody may wait for anything: neither for the heap nor for a stream.
///
/// # Invariants
///
/// 1. `next` and `has_joined` are written while the heap is locked, `next` once.
///
/// # Examples
///
/// ```
/// use heapwright_malloc::fork::ForkLocks;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static IS_HELD: AtomicBool = AtomicBool::new(false);
/// static LOCKS: ForkLocks = ForkLocks::new(
///     || while IS_HELD.swap(true, Ordering::Acquire) {},
///     || IS_HELD.store(false, Ordering::Release),
/// );
///
/// LOCKS.join(); // before the lock is taken for the first time
/// ```
#[derive(Debug)]
pub struct ForkLocks {
    lock: fn(),
    unlock: fn(),
    next: AtomicPtr<ForkLocks>,
    has_joined: AtomicBool,
}

impl ForkLocks {
    /// Locks that `lock` takes before a `fork`, and `unlock` releases after it, in the parent and
    /// in the child.
    #[must_use]
    pub const fn new(lock: fn(), unlock: fn()) -> Self {
        let next = AtomicPtr::new(ptr::null_mut());
        Self { lock, unlock, next, has_joined: AtomicBool::new(false) }
    }

    /// From here on, the locks are held over every `fork`. Every call but the first does nothing;
    /// the conditions are those of [`fork::register`].
    ///
    /// Between the handlers of a `fork` the thread that forks does not join; it may later.
    #[inline]
    pub fn join(&'static self) {
        if !self.has_joined.load(Ordering::Acquire) {
            self.join_late();
        }
    }

    #[cold]
    fn join_late(&'static self) {
        if holds_fork_locks() {
            return;
        }
        fork::register();
        let _heap = visit();
        if self.has_joined.load(Ordering::Relaxed) {
            return;
        }
        // INVARIANT: 1; the heap is locked.
        self.next.store(FIRST.load(Ordering::Relaxed), Ordering::Relaxed);
        FIRST.store(ptr::from_ref(self).cast_mut(), Ordering::Relaxed);
        self.has_joined.store(true, Ordering::Release);
    }
}

/// Takes the locks of all who joined. The caller has the heap locked.
pub(crate) fn lock_all() {
    all().for_each(|locks| (locks.lock)());
}

/// Releases what [`lock_all`] took. The caller has the heap locked since.
pub(crate) fn unlock_all() {
    all().for_each(|locks| (locks.unlock)());
}

fn all() -> impl Iterator<Item = &'static ForkLocks> {
    let follow = |link: &AtomicPtr<ForkLocks>| {
        // SAFETY: null, or of a static, of which nothing is ever lent exclusively.
        unsafe { link.load(Ordering::Relaxed).as_ref() }
    };
    core::iter::successors(follow(&FIRST), move |locks| follow(&locks.next))
}
