//! `errno`: how the C functions say why they failed.
//!
//! Everything below this crate leaves it as it was, so a function that succeeds need not care.

use core::ffi::c_int;

pub(crate) use libc::{EINVAL, ENOMEM};

/// Sets `errno` of this thread.
#[cold]
pub(crate) fn set(code: c_int) {
    // SAFETY: the call has no conditions.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: it points at this thread's `errno`.
    unsafe { location.write(code) };
}
