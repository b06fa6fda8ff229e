//! The lock of the process's heap, and who holds it across a `fork`.
//!
//! ```text
//!   visit ──▶ work ──▶ unlock                             every call
//!
//!   lock_before_fork ──▶ handlers, fork, handlers ──▶ unlock_after_fork    parent
//!                          │  visit: passes              └─ reset_after_fork     child
//! ```
//!
//! The handlers of others may allocate while the heap is held for the fork: the thread that forks
//! passes the lock, since it is the one who holds it.
//!
//! Whoever joined `fork_locks.rs` is locked after the heap, and waits for nobody meanwhile.
//!
//! The streams of the C library are locked before the heap. Its own `fork` locks them after us;
//! a thread that flushes all of them has them locked and waits for one stream, whose reader waits
//! for the heap: we would wait for each other in a ring.
//!
//! # Invariants
//!
//! 1. `FORKING_THREAD` is 0, or names the thread that holds the lock for a fork and is in no
//!    visit. Only the holder of the lock writes it.
//! 2. `FORKS_INSIDE` and `ARE_OTHERS_LOCKED` are written only by the thread so named.

use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicUsize};

use lock_api::{Mutex, MutexGuard};

use crate::fork_locks;
use crate::process_heap::ProcessHeap;
use crate::sys::{self, RawMutex};

static HEAP: Mutex<RawMutex, ProcessHeap> =
    Mutex::const_new(<RawMutex as lock_api::RawMutex>::INIT, ProcessHeap::NOT_STARTED);

/// Who holds the lock for a fork.
static FORKING_THREAD: AtomicUsize = AtomicUsize::new(NO_THREAD);

/// The forks that the forking thread began inside of its own and did not end since, as signal
/// handlers do.
static FORKS_INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Whether the C library's list of streams and the locks of those who joined were taken for the
/// fork too.
static ARE_OTHERS_LOCKED: AtomicBool = AtomicBool::new(false);

/// The name of no thread.
const NO_THREAD: usize = 0;

/// The heap, for the one thread that has this.
pub(crate) struct Visit {
    heap: ManuallyDrop<MutexGuard<'static, RawMutex, ProcessHeap>>,
    /// The name of the thread that passed the lock, which stays locked then, or [`NO_THREAD`].
    forking_thread: usize,
}

impl Deref for Visit {
    type Target = ProcessHeap;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.heap
    }
}

impl DerefMut for Visit {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.heap
    }
}

impl Drop for Visit {
    #[inline]
    fn drop(&mut self) {
        if self.forking_thread == NO_THREAD {
            // SAFETY: the guard is not touched again.
            unsafe { ManuallyDrop::drop(&mut self.heap) };
        } else {
            // INVARIANT: 1; the visit is over, and the lock still held.
            FORKING_THREAD.store(self.forking_thread, Relaxed);
        }
    }
}

/// Waits for the heap.
#[inline]
pub(crate) fn visit() -> Visit {
    try_visit().unwrap_or_else(visit_late)
}

/// The heap, if nobody has it.
#[inline]
pub(crate) fn try_visit() -> Option<Visit> {
    let heap = HEAP.try_lock()?;
    Some(Visit { heap: ManuallyDrop::new(heap), forking_thread: NO_THREAD })
}

#[cold]
#[inline(never)]
fn visit_late() -> Visit {
    let thread = sys::this_thread();
    if FORKING_THREAD.load(Relaxed) != thread {
        return Visit { heap: ManuallyDrop::new(HEAP.lock()), forking_thread: NO_THREAD };
    }
    // INVARIANT: 1; a signal handler that allocates meanwhile waits, as in any visit.
    FORKING_THREAD.store(NO_THREAD, Relaxed);
    // SAFETY: this thread holds the lock and is in no visit (invariant 1).
    let heap = unsafe { HEAP.make_guard_unchecked() };
    Visit { heap: ManuallyDrop::new(heap), forking_thread: thread }
}

/// Whether this thread holds the heap for a fork, and is in no visit.
fn is_forking_thread() -> bool {
    FORKING_THREAD.load(Relaxed) == sys::this_thread()
}

/// Whether this thread holds the locks of all [`ForkLocks`](crate::fork::ForkLocks) that joined, as
/// it does between the handlers of a `fork`.
#[must_use]
pub fn holds_fork_locks() -> bool {
    is_forking_thread() && ARE_OTHERS_LOCKED.load(Relaxed)
}

/// Locks the streams, the heap and those who joined, until [`unlock_after_fork`] or
/// [`reset_after_fork`].
///
/// The only thread of a process waits for nobody: where it holds the heap already, it is in a
/// signal handler that interrupted it, and forks as it is. Both processes go on there.
pub(crate) fn lock_before_fork() {
    if is_forking_thread() {
        FORKS_INSIDE.fetch_add(1, Relaxed);
        return;
    }
    let is_alone = sys::is_single_threaded();
    if is_alone {
        let Some(heap) = HEAP.try_lock() else { return };
        core::mem::forget(heap);
    } else {
        sys::lock_streams();
        core::mem::forget(HEAP.lock());
        fork_locks::lock_all();
    }
    ARE_OTHERS_LOCKED.store(!is_alone, Relaxed);
    // INVARIANT: 1; locked just now.
    FORKING_THREAD.store(sys::this_thread(), Relaxed);
}

/// Unlocks in the parent what [`lock_before_fork`] locked.
///
/// # Safety
///
/// This thread called [`lock_before_fork`], and neither this nor [`reset_after_fork`] since.
pub(crate) unsafe fn unlock_after_fork() {
    let Some(are_others_locked) = end_fork() else { return };
    if are_others_locked {
        fork_locks::unlock_all();
    }
    // SAFETY: the lock is held by this thread, which was named as the holder until just now.
    unsafe { HEAP.force_unlock() };
    if are_others_locked {
        // SAFETY: this thread locked them.
        unsafe { sys::unlock_streams() };
    }
}

/// Makes new in the child what [`lock_before_fork`] locked.
///
/// # Safety
///
/// This is the only thread of a child process, and the thread that forked had called
/// [`lock_before_fork`].
pub(crate) unsafe fn reset_after_fork() {
    let Some(are_others_locked) = end_fork() else { return };
    if are_others_locked {
        fork_locks::unlock_all();
        // SAFETY: no other thread exists, and this one locked them.
        unsafe { sys::reset_streams() };
    }
    // SAFETY: the lock is not released through this reference but by the one who holds it.
    let raw = unsafe { HEAP.raw() };
    // SAFETY: no other thread exists, and this one holds the lock.
    unsafe { raw.reset() };
}

/// Ends the last fork that this thread began. `None` where the heap stays as it is, or else
/// whether the streams and those who joined are to be unlocked with it.
fn end_fork() -> Option<bool> {
    if !is_forking_thread() {
        return None;
    }
    let forks_inside = FORKS_INSIDE.load(Relaxed);
    if let Some(rest) = forks_inside.checked_sub(1) {
        FORKS_INSIDE.store(rest, Relaxed);
        return None;
    }
    let are_others_locked = ARE_OTHERS_LOCKED.load(Relaxed);
    // INVARIANT: 1; this thread is about to unlock.
    FORKING_THREAD.store(NO_THREAD, Relaxed);
    Some(are_others_locked)
}
