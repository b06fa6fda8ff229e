//! The two calls of the system that this crate makes: to say a last word, and to end.

/// Writes to standard error, and aborts.
///
/// The write is the bare system call: the C library's `write` is a point where a thread that was
/// cancelled unwinds, and there must be no way out of here.
pub(crate) fn abort_with(bytes: &[u8]) -> ! {
    // SAFETY: the kernel reads `bytes.len()` bytes of a live slice. The result does not matter:
    // there is nobody left to tell.
    unsafe { libc::syscall(libc::SYS_write, libc::STDERR_FILENO, bytes.as_ptr(), bytes.len()) };
    // SAFETY: `abort` has no conditions, takes no lock of the heap and does not allocate.
    unsafe { libc::abort() }
}
