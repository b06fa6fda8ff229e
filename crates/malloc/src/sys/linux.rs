//! The calls of Linux and its C library.
//!
//! Those that the C library makes cancellation points go to the kernel directly.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicU32;

use crate::BreakKind;

/// Puts `errno` back at the end of a scope.
struct ErrnoKept {
    location: *mut c_int,
    value: c_int,
}

impl ErrnoKept {
    fn new() -> Self {
        // SAFETY: the call has no conditions.
        let location = unsafe { libc::__errno_location() };
        // SAFETY: it points at this thread's `errno`, valid while the thread runs.
        let value = unsafe { location.read() };
        Self { location, value }
    }
}

impl Drop for ErrnoKept {
    fn drop(&mut self) {
        // SAFETY: the guard never leaves the function, hence the thread, that made it; the
        // location is valid while the thread runs.
        unsafe { self.location.write(self.value) };
    }
}

/// A name for the calling thread, which no other thread of the process has meanwhile, and which it
/// keeps in the child of a `fork`. Never 0.
pub(crate) fn this_thread() -> usize {
    // SAFETY: the call has no conditions.
    let location = unsafe { libc::__errno_location() };
    location.addr()
}

/// Sleeps while `word` is `expected`, until [`wake_one`] or for no reason at all.
pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    let _errno = ErrnoKept::new();
    // SAFETY: `word` is a live, aligned 32-bit word, and without a timeout the kernel reads
    // nothing else.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            ptr::null::<libc::timespec>(),
        )
    };
}

/// Wakes one thread that sleeps in [`wait`] on `word`.
pub(crate) fn wake_one(word: &AtomicU32) {
    let _errno = ErrnoKept::new();
    // SAFETY: the kernel takes the address of `word` as a name and does not access it.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    };
}

/// Sleeps for about a millisecond.
pub(crate) fn sleep_one_millisecond() {
    let _errno = ErrnoKept::new();
    let duration = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: `duration` is valid for reads, and nobody asks for the rest.
    unsafe {
        libc::syscall(libc::SYS_nanosleep, &raw const duration, ptr::null_mut::<libc::timespec>())
    };
}

/// Writes `bytes` to a file descriptor by one call. A failure has nobody to be told.
pub(crate) fn write(descriptor: c_int, bytes: &[u8]) {
    let _errno = ErrnoKept::new();
    // SAFETY: `bytes` is valid for reads of its length.
    unsafe { libc::syscall(libc::SYS_write, descriptor, bytes.as_ptr(), bytes.len()) };
}

/// Has the C library call three functions at every `fork`; `false` where it has no memory for
/// that.
pub(crate) fn register_fork_handlers(
    prepare: unsafe extern "C" fn(),
    parent: unsafe extern "C" fn(),
    child: unsafe extern "C" fn(),
) -> bool {
    let _errno = ErrnoKept::new();
    // SAFETY: the handlers live as long as this code, and the C library forgets them when it is
    // unloaded. It keeps their conditions: it calls each in the thread that forks.
    unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) == 0 }
}

/// Milliseconds since some moment in the past, as coarse as the system's tick.
pub(crate) fn milliseconds() -> u64 {
    let _errno = ErrnoKept::new();
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for the write; a failure leaves it as it is.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
    // Neither is negative.
    let milliseconds = now.tv_sec.wrapping_mul(1000).wrapping_add(now.tv_nsec / 1_000_000);
    milliseconds.unsigned_abs()
}

/// What became of [`move_pages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PagesMoved {
    Yes,
    /// The system would not, and nothing changed.
    No,
    /// The system took what it was given, and would not put it where it belongs. No memory was
    /// left for the least of things.
    Lost,
}

/// Moves the pages of `from` to the start of `to`, without a copy: `from` reads as zero afterwards,
/// and so does the rest of `to`, which is one mapping of its own from then on.
///
/// They go by way of a place of the system's choice. Before Linux 6.17 a move to a fixed place
/// could fail after it had unmapped what was there: where `from` lay in several mappings, say,
/// because its user locked a part of it. The first move fails then, with nothing changed.
///
/// # Safety
///
/// Both are whole private writable pages, apart from each other, the caller's alone; `to` is no
/// shorter than `from`, and its contents are not needed.
pub(crate) unsafe fn move_pages(
    from: NonNull<[u8]>,
    to: NonNull<[u8]>,
    kind: BreakKind,
) -> PagesMoved {
    let _errno = ErrnoKept::new();
    let bytes = from.len();
    // `DONTUNMAP`, or another thread's mapping could land where the pages were.
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP;
    // With this flag the kernel reads the new address, and refuses what overlaps: it is named,
    // or it would be whatever the register holds.
    let anywhere = ptr::null_mut::<c_void>();
    // SAFETY: pages of the caller's alone are moved to where nothing is.
    let between = unsafe { libc::mremap(from.cast().as_ptr(), bytes, bytes, flags, anywhere) };
    if between == libc::MAP_FAILED {
        return PagesMoved::No;
    }
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    let target = to.cast::<c_void>().as_ptr();
    // SAFETY: the mapping made just now, grown, replaces pages of the caller's alone.
    let moved = unsafe { libc::mremap(between, bytes, to.len(), flags, target) };
    if moved != libc::MAP_FAILED {
        return PagesMoved::Yes;
    }
    // SAFETY: the target may be unmapped now; it is the caller's, and nobody uses it.
    if !unsafe { replace_pages(to, kind) } {
        return PagesMoved::Lost;
    }
    // SAFETY: two mappings of so many bytes, apart from each other.
    unsafe { target.copy_from_nonoverlapping(between, bytes) };
    // SAFETY: the mapping made above, which nothing refers to any more.
    unsafe { libc::munmap(between, bytes) };
    PagesMoved::Yes
}

/// Replaces pages by new ones, which are zero and belong to the mapping around them. `false`, and
/// nothing changed, where the system would not.
///
/// # Safety
///
/// Whole private writable pages of the caller alone, whose contents are not needed.
pub(crate) unsafe fn replace_pages(pages: NonNull<[u8]>, kind: BreakKind) -> bool {
    let _errno = ErrnoKept::new();
    let start = pages.cast::<c_void>().as_ptr();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // As the mapping around them, or they would never be one again.
    let accounting = match kind {
        BreakKind::Reserved => libc::MAP_NORESERVE,
        BreakKind::Program => 0,
    };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | accounting;
    // SAFETY: pages of the caller's alone are replaced.
    let address = unsafe { libc::mmap(start, pages.len(), access, flags, -1, 0) };
    address != libc::MAP_FAILED
}

/// A value of each thread whose only use is that a function is called with it when the thread
/// ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExitKey(libc::pthread_key_t);

impl ExitKey {
    /// A key whose function is called at the end of every thread that has set a value; `None`
    /// where the system has no more keys.
    pub(crate) fn new(at_exit: unsafe extern "C" fn(*mut c_void)) -> Option<Self> {
        let _errno = ErrnoKept::new();
        let mut key = 0;
        // SAFETY: `key` is valid for the write, and the function lives as long as this code.
        let outcome = unsafe { libc::pthread_key_create(&raw mut key, Some(at_exit)) };
        (outcome == 0).then_some(Self(key))
    }

    /// Sets the value of this thread. The C library may allocate for it by its own `malloc`.
    pub(crate) fn set(self, value: *const c_void) {
        let _errno = ErrnoKept::new();
        // SAFETY: the key was made and is never deleted. Without memory the thread's end goes
        // unnoticed, and its heap stays with it.
        unsafe { libc::pthread_setspecific(self.0, value) };
    }
}
