//! The system calls of Linux, by the functions of its C library.
//!
//! The break is moved by `sbrk` and never by the raw call: the C library keeps the break in a
//! variable, and its next `sbrk` would work from a stale value. musl's `sbrk` refuses every
//! move, so that there is no program break to be had with it.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};

/// The granule taken where the system does not tell its page: a multiple of every page size
/// that Linux has.
const PAGE_SIZE_UNKNOWN: usize = 1 << 16;

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

/// The size of a page in bytes.
pub(crate) fn page_size() -> usize {
    let _errno = ErrnoKept::new();
    // SAFETY: the call has no conditions.
    let size = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    usize::try_from(size).ok().filter(|size| size.is_power_of_two()).unwrap_or(PAGE_SIZE_UNKNOWN)
}

/// The most address space this process may have, in bytes; `usize::MAX` without a limit.
pub(crate) fn address_space_max() -> usize {
    let _errno = ErrnoKept::new();
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is valid for the write. A failed call leaves it without a limit.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

/// The most data this process may have, in bytes; `usize::MAX` without a limit.
pub(crate) fn data_max() -> usize {
    let _errno = ErrnoKept::new();
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is valid for the write. A failed call leaves it without a limit.
    unsafe { libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) };
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

/// The program break as the C library knows it, or `None` where there is none.
pub(crate) fn program_break_at() -> Option<NonNull<u8>> {
    let _errno = ErrnoKept::new();
    // SAFETY: a move by 0 bytes moves nothing.
    let address = unsafe { libc::sbrk(0) };
    non_null_unless_failed(address)
}

/// Moves the program break by `bytes` and returns where it was, or `None` where that failed.
///
/// # Safety
///
/// - No other code moves the break during the call.
/// - Downwards, nothing refers to the memory between the new break and the old.
pub(crate) unsafe fn move_program_break(bytes: isize) -> Option<NonNull<u8>> {
    let _errno = ErrnoKept::new();
    // SAFETY: nobody moves the break with us and nobody uses what is taken away (the caller's
    // conditions); upwards only fresh pages are added.
    let address = unsafe { libc::sbrk(bytes) };
    non_null_unless_failed(address)
}

/// Reserves `bytes` of address space, neither readable nor writable, or answers `None`.
pub(crate) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let _errno = ErrnoKept::new();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: without `MAP_FIXED` the mapping replaces none.
    let address = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
    non_null_unless_failed(address)
}

/// Makes reserved pages readable and writable; `false` where the system has no memory for them.
///
/// # Safety
///
/// `pages` are whole pages inside a reservation of [`reserve`], and of the caller alone.
pub(crate) unsafe fn commit(pages: NonNull<[u8]>) -> bool {
    let _errno = ErrnoKept::new();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the pages are the caller's own, so nobody else's protection changes.
    unsafe { libc::mprotect(pages.cast::<c_void>().as_ptr(), pages.len(), access) == 0 }
}

/// Gives committed pages back and keeps their addresses reserved; `false`, and nothing
/// changed, where the system refused.
///
/// A fresh mapping laid over them frees locked pages too and takes them out of the account
/// of strict overcommit, which `madvise` and `mprotect` would not.
///
/// # Safety
///
/// `pages` are whole pages inside a reservation of [`reserve`], and nothing refers to them.
pub(crate) unsafe fn decommit(pages: NonNull<[u8]>) -> bool {
    let _errno = ErrnoKept::new();
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    let start = pages.cast::<c_void>().as_ptr();
    // SAFETY: the mapping that is replaced is the caller's, and nothing refers to it.
    let address = unsafe { libc::mmap(start, pages.len(), libc::PROT_NONE, flags, -1, 0) };
    address != libc::MAP_FAILED
}

/// Ends a reservation of [`reserve`].
///
/// # Safety
///
/// `reservation` is a whole one, and nothing refers to it.
pub(crate) unsafe fn release(reservation: NonNull<[u8]>) {
    let _errno = ErrnoKept::new();
    // A refusal leaves the pages mapped: leaked, and harmless.
    // SAFETY: the mapping is the caller's, and nothing refers to it.
    unsafe { libc::munmap(reservation.cast::<c_void>().as_ptr(), reservation.len()) };
}

/// Gives the contents of `pages` back: they read as zero afterwards.
///
/// # Safety
///
/// `pages` are whole private writable pages, and nobody reads or writes them during the call.
pub(crate) unsafe fn discard(pages: NonNull<[u8]>) {
    let _errno = ErrnoKept::new();
    let start = pages.cast::<c_void>().as_ptr();
    // SAFETY: the contents of the pages are nobody's (the caller's condition).
    let outcome = unsafe { libc::madvise(start, pages.len(), libc::MADV_DONTNEED) };
    if outcome != 0 {
        // Locked pages must stay where they are; zeros are promised all the same.
        // SAFETY: the pages are writable and used by nobody (the caller's conditions).
        unsafe { pages.cast::<u8>().write_bytes(0, pages.len()) };
    }
}

/// The address a call answered, unless it is the `-1` of a failure.
fn non_null_unless_failed(address: *mut c_void) -> Option<NonNull<u8>> {
    if address == libc::MAP_FAILED { None } else { NonNull::new(address.cast()) }
}
