//! What the kernel knows about pages.

use core::ptr::NonNull;

use libc::c_void;

/// The page size as the kernel told it at the start of the program.
pub(crate) fn page_size() -> usize {
    // SAFETY: the call has no conditions.
    let size = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    usize::try_from(size).unwrap()
}

/// How many of `pages` are in memory, or `None` where they are not mapped.
pub(crate) fn resident_count(pages: NonNull<[u8]>) -> Option<usize> {
    let mut states = [0_u8; 64];
    assert!(pages.len() <= states.len() * page_size());
    let start = pages.cast::<c_void>().as_ptr();
    // SAFETY: the array has a byte for each page.
    let outcome = unsafe { libc::mincore(start, pages.len(), states.as_mut_ptr()) };
    let count = states.iter().filter(|state| **state & 1 != 0).count();
    (outcome == 0).then_some(count)
}

/// Locks `pages` in memory.
pub(crate) fn lock(pages: NonNull<[u8]>) {
    // SAFETY: locking changes no contents.
    let outcome = unsafe { libc::mlock(pages.cast::<c_void>().as_ptr(), pages.len()) };
    assert_eq!(outcome, 0, "mlock: {}", std::io::Error::last_os_error());
}

/// Whether the kernel refuses to discard `pages`, whose contents are lost if it does not.
pub(crate) fn is_discard_refused(pages: NonNull<[u8]>) -> bool {
    let start = pages.cast::<c_void>().as_ptr();
    // SAFETY: the caller does not need the contents.
    unsafe { libc::madvise(start, pages.len(), libc::MADV_DONTNEED) == -1 }
}
