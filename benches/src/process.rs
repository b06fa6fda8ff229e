//! What this process knows about itself, learned without an allocation.

use core::{
    ffi::CStr,
    mem::MaybeUninit,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{fs::File, io::Read};

/// The largest peak that a child has told.
static CHILD_PEAK_KIB: AtomicU64 = AtomicU64::new(0);

/// The most memory this process, or a child that told its peak, has had resident so far, in KiB.
///
/// That is `VmHWM`, which the kernel sums up exactly: what `wait4` tells may be off by some
/// 100 KiB, which is much for a small process.
#[must_use]
pub fn peak_rss_kib() -> u64 {
    let mut text = [0; 4096];
    let file = File::open("/proc/self/status");
    let length = file.and_then(|mut file| file.read(&mut text)).unwrap_or(0);
    peak_of(&text[..length]).unwrap_or(0).max(CHILD_PEAK_KIB.load(Ordering::Relaxed))
}

/// Counts a child's peak as this process's own.
pub fn note_child_peak(kib: u64) {
    CHILD_PEAK_KIB.fetch_max(kib, Ordering::Relaxed);
}

fn peak_of(status: &[u8]) -> Option<u64> {
    let text = str::from_utf8(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The file that holds the `malloc` which answers this process: proof that `LD_PRELOAD` worked.
#[must_use]
pub fn malloc_library() -> String {
    let malloc: unsafe extern "C" fn(usize) -> *mut libc::c_void = libc::malloc;
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: `info` is valid for a write.
    let found = unsafe { libc::dladdr(malloc as *const libc::c_void, info.as_mut_ptr()) };
    if found == 0 {
        return "?".to_owned();
    }
    // SAFETY: `dladdr` has filled it.
    let info = unsafe { info.assume_init() };
    // SAFETY: the name is a C string that lives as long as the library is loaded.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_found_in_the_status() {
        assert_eq!(peak_of(b"VmPeak:\t 9 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 7 kB\n"), Some(1234));
        assert_eq!(peak_of(b"VmPeak:\t 9 kB\n"), None);
    }

    #[test]
    fn this_process_has_a_peak_and_a_malloc() {
        assert!(peak_rss_kib() > 500);
        assert!(malloc_library().starts_with('/'));
    }
}
