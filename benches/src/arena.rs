//! The memory that an allocator under test stands on.

use core::{mem::MaybeUninit, slice};

/// Bytes that one write brings into memory: no kernel page is smaller.
const PAGE_BYTES: usize = 4096;

#[derive(Clone, Copy)]
#[repr(C, align(4096))]
struct Page([MaybeUninit<u8>; PAGE_BYTES]);

/// A page-aligned buffer, lent to one allocator at a time.
///
/// Lent to the allocators of a table in turn, it gives each the same addresses, so that none
/// wins by luck of placement.
pub struct Arena {
    pages: Box<[MaybeUninit<Page>]>,
}

impl Arena {
    /// A buffer of `size_bytes`, rounded up to whole pages, not yet in memory.
    #[must_use]
    pub fn new(size_bytes: usize) -> Self {
        Self { pages: Box::new_uninit_slice(size_bytes.div_ceil(PAGE_BYTES)) }
    }

    /// The same with every page in memory, so that no first touch falls into a measurement.
    #[must_use]
    pub fn touched(size_bytes: usize) -> Self {
        let mut arena = Self::new(size_bytes);
        for page in &mut arena.pages {
            page.write(Page([MaybeUninit::new(0xab); PAGE_BYTES]));
        }
        arena
    }

    /// The whole buffer.
    pub fn memory(&mut self) -> &mut [MaybeUninit<u8>] {
        let size_bytes = size_of_val(&*self.pages);
        // SAFETY: the pages are one allocation of that many bytes, borrowed mutably for the
        // result's lifetime; any byte, written or not, is a valid `MaybeUninit<u8>`.
        unsafe { slice::from_raw_parts_mut(self.pages.as_mut_ptr().cast(), size_bytes) }
    }
}
