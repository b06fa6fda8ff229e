//! The calls of Linux and its C library.
//!
//! Those that the C library makes cancellation points go to the kernel directly.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicU32;

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
