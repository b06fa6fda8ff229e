//! The calls of Linux and its C library.

use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

/// The size of a page in bytes, where the system does not tell it.
const PAGE_SIZE_UNKNOWN: usize = 1 << 16;

/// The size of a page in bytes: a power of two.
pub(crate) fn page_size() -> usize {
    // SAFETY: the call has no conditions.
    let size = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    usize::try_from(size).ok().filter(|size| size.is_power_of_two()).unwrap_or(PAGE_SIZE_UNKNOWN)
}

/// Whether the process runs with more rights than the user who started it.
pub(crate) fn is_privileged() -> bool {
    // SAFETY: the call has no conditions.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The number of this process.
pub(crate) fn process_id() -> u64 {
    // SAFETY: the call has no conditions.
    let id = unsafe { libc::getpid() };
    u64::try_from(id).unwrap_or(0)
}

/// Appends `bytes` to a file by one call, and makes the file where there is none; `false` where
/// that fails.
///
/// The kernel is called directly: the C library would let a thread be cancelled here.
pub(crate) fn append(path: &CStr, bytes: &[u8]) -> bool {
    let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
    // SAFETY: the path ends with a zero byte, and a new file is told its mode.
    let descriptor =
        unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o644) };
    if descriptor < 0 {
        return false;
    }
    // SAFETY: `bytes` is valid for reads of its length.
    let written =
        unsafe { libc::syscall(libc::SYS_write, descriptor, bytes.as_ptr(), bytes.len()) };
    // SAFETY: opened above, and nobody else knows it.
    unsafe { libc::syscall(libc::SYS_close, descriptor) };
    usize::try_from(written) == Ok(bytes.len())
}

/// Writes `bytes` to a stream of the C library; `false` where it refuses some.
///
/// # Safety
///
/// `stream` is an open `FILE *`.
pub(crate) unsafe fn write_to_stream(stream: *mut c_void, bytes: &[u8]) -> bool {
    // SAFETY: `bytes` is valid for reads of its length, and the stream is open (the caller).
    let written = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stream.cast()) };
    written == bytes.len()
}

/// What a shared library that is loaded already exports under a name, if it does.
pub(crate) fn symbol_of(library: &CStr, name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name ends with a zero byte; a library that is loaded already runs no code.
    let handle = unsafe { libc::dlopen(library.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    if handle.is_null() {
        return None;
    }
    // SAFETY: the handle is open and the name ends with a zero byte.
    let symbol = unsafe { libc::dlsym(handle, name.as_ptr()) };
    // SAFETY: the handle is open; whoever loaded the library keeps it loaded.
    unsafe { libc::dlclose(handle) };
    NonNull::new(symbol)
}

/// What the program, or any library that it was linked with, exports under a name, if it does.
pub(crate) fn symbol_of_process(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name ends with a zero byte.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// Sleeps for about a second.
pub(crate) fn sleep_one_second() {
    let duration = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    // SAFETY: `duration` is valid for reads, and nobody asks for the rest.
    unsafe {
        libc::syscall(libc::SYS_nanosleep, &raw const duration, ptr::null_mut::<libc::timespec>())
    };
}

/// Starts a thread that takes no signals and that nobody waits for. Without memory for one there
/// is none.
pub(crate) fn start_thread(run: extern "C" fn(*mut c_void) -> *mut c_void) {
    let mut all = MaybeUninit::uninit();
    // SAFETY: `all` is valid for the write.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut before = MaybeUninit::uninit();
    // A thread begins with the mask of the one that starts it.
    // SAFETY: the first set was filled, the second is valid for the write.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `thread` is valid for the write, and the function lives as long as the library,
    // which is never unloaded.
    let outcome =
        unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run, ptr::null_mut()) };
    if outcome == 0 {
        // SAFETY: written by the call that succeeded.
        let thread = unsafe { thread.assume_init() };
        // SAFETY: the thread runs, and nobody joins it.
        unsafe { libc::pthread_detach(thread) };
    }
    // SAFETY: the set was written above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
}

/// Has the C library call a function in the child of every `fork` from now on.
pub(crate) fn at_fork_in_child(function: unsafe extern "C" fn()) {
    // SAFETY: the function lives as long as the library, and has no conditions.
    unsafe { libc::pthread_atfork(None, None, Some(function)) };
}
