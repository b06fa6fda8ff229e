//! What only some C libraries have: glibc's lock of all streams, and whether there are threads.
//!
//! The linker leaves 0 where a symbol is nowhere, as with musl. Nothing is looked up at run time:
//! `fork` handlers may not wait for the dynamic linker.

use core::ffi::{c_char, c_void};
use core::mem;

/// The address of a symbol that need not be there; null where it is nowhere.
#[cfg(target_arch = "x86_64")]
macro_rules! weak_symbol {
    ($symbol:literal) => {{
        let address: *const c_void;
        // SAFETY: an address is loaded from the linker's own table; no flag and no memory changes.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $symbol),
                concat!("mov {address}, qword ptr [rip + ", $symbol, "@GOTPCREL]"),
                address = out(reg) address,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        address
    }};
}

/// The address of a symbol that need not be there; null where it is nowhere.
#[cfg(target_arch = "aarch64")]
macro_rules! weak_symbol {
    ($symbol:literal) => {{
        let address: *const c_void;
        // SAFETY: an address is loaded from the linker's own table; no flag and no memory changes.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $symbol),
                concat!("adrp {address}, :got:", $symbol),
                concat!("ldr {address}, [{address}, :got_lo12:", $symbol, "]"),
                address = out(reg) address,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        address
    }};
}

/// Whether this is certainly the only thread of the process.
pub(crate) fn is_single_threaded() -> bool {
    let flag: *const c_char = weak_symbol!("__libc_single_threaded").cast();
    // SAFETY: it is null, or glibc's `char __libc_single_threaded`, which lives as long as the
    // process. Only a process that has threads changes it in another thread: then it is 0.
    !flag.is_null() && unsafe { flag.read_volatile() } != 0
}

/// Locks the list of all streams, as often as this thread likes.
pub(crate) fn lock_streams() {
    let function = weak_symbol!("_IO_list_lock");
    // SAFETY: locking has no conditions.
    unsafe { call(function) };
}

/// Unlocks the list of all streams.
///
/// # Safety
///
/// This thread has locked it.
pub(crate) unsafe fn unlock_streams() {
    let function = weak_symbol!("_IO_list_unlock");
    // SAFETY: the caller's condition.
    unsafe { call(function) };
}

/// Makes the lock of the list of all streams new.
///
/// # Safety
///
/// This is the only thread of the process.
pub(crate) unsafe fn reset_streams() {
    let function = weak_symbol!("_IO_list_resetlock");
    // SAFETY: the caller's condition.
    unsafe { call(function) };
}

/// Calls a function that need not be there.
///
/// # Safety
///
/// `address` is null or a C function without arguments and result, whose conditions are met.
unsafe fn call(address: *const c_void) {
    // SAFETY: null is `None`, and anything else such a function (the caller's condition).
    let function =
        unsafe { mem::transmute::<*const c_void, Option<unsafe extern "C" fn()>>(address) };
    if let Some(function) = function {
        // SAFETY: its conditions are met (the caller's condition).
        unsafe { function() };
    }
}
