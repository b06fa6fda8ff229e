//! Which pages have memory behind them.

use core::ptr::NonNull;

use anyhow::{Result, ensure};

/// The bytes of `memory` that have real memory behind them, in whole pages. The rest is promised
/// only: the system will look for memory when it is touched.
///
/// # Errors
///
/// Where the system does not tell.
pub(crate) fn resident_bytes(memory: NonNull<[u8]>) -> Result<usize> {
    let page_bytes = page_size();
    let mut pages = vec![0_u8; memory.len().div_ceil(page_bytes)];
    // SAFETY: `mincore` reads no memory there, and writes one byte a page to `pages`, which has
    // as many; where nothing is mapped it says so.
    let outcome =
        unsafe { libc::mincore(memory.as_ptr().cast(), memory.len(), pages.as_mut_ptr().cast()) };
    ensure!(outcome == 0, "mincore: {}", std::io::Error::last_os_error());
    Ok(pages.iter().filter(|page| **page & 1 == 1).count() * page_bytes)
}

/// The size of a page in bytes, as the system says.
pub(crate) fn page_size() -> usize {
    // SAFETY: the call has no conditions.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}
