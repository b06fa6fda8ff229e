//! A break as the source of a `dlmalloc` heap.
//!
//! ```text
//!   alloc ─▶ grow      free, free_part at the break ─▶ shrink, elsewhere refused
//! ```

use core::cell::RefCell;
use core::ptr;

use crate::Break;

/// A break as [`dlmalloc::Allocator`], so that a [`dlmalloc::Dlmalloc`] stands on it.
///
/// A growth that continues the last one continues its segment; above a gap it begins a new
/// segment. Memory goes back to the system as far as it ends at the break.
///
/// # Examples
///
/// ```
/// use dlmalloc::Dlmalloc;
/// use heapwright_break::{AsDlmallocAllocator, FixedBreak, StaticBuffer};
///
/// static BUFFER: StaticBuffer<{ 1 << 20 }> = StaticBuffer::new();
///
/// // SAFETY: the heap below is the only one to call it.
/// let source = unsafe { AsDlmallocAllocator::new(FixedBreak::from_static(&BUFFER)) };
/// let mut heap = Dlmalloc::new_with_allocator(source);
/// // SAFETY: the size is not 0 and the alignment a power of two.
/// let block = unsafe { heap.malloc(100, 8) };
/// assert!(!block.is_null());
/// ```
#[derive(Debug)]
pub struct AsDlmallocAllocator<B> {
    // The trait's methods take `&self`. A break that called back would find it borrowed, and
    // be refused.
    source: RefCell<B>,
}

impl<B: Break> AsDlmallocAllocator<B> {
    /// `source` for one `dlmalloc` heap.
    ///
    /// # Safety
    ///
    /// `free` and `free_part` of [`dlmalloc::Allocator`] are safe functions although they take
    /// memory away: nobody but the heap that owns this value calls them.
    #[must_use]
    pub const unsafe fn new(source: B) -> Self {
        Self { source: RefCell::new(source) }
    }

    /// Lowers the break by `bytes`, if they are whole pages and the memory ends at `end`.
    fn give_back(&self, end: *mut u8, bytes: usize) -> bool {
        let Ok(mut source) = self.source.try_borrow_mut() else { return false };
        let Some(start) = source.start() else { return false };
        let source_end = start.as_ptr().wrapping_add(source.len());
        if source_end != end || bytes > source.len() || !bytes.is_multiple_of(source.page_size()) {
            return false;
        }
        // SAFETY: `bytes <= len` (checked above), and the heap is done with the memory that it
        // frees (the condition of `new`).
        unsafe { source.shrink(bytes) }.is_ok()
    }
}

// SAFETY: memory comes from a break, which hands out each byte to one holder; what is said to be
// freed was given back by `shrink`.
unsafe impl<B: Break + Send> dlmalloc::Allocator for AsDlmallocAllocator<B> {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let growth =
            self.source.try_borrow_mut().ok().and_then(|mut source| source.grow(size).ok());
        match growth {
            Some(growth) => (growth.memory.cast::<u8>().as_ptr(), growth.memory.len(), 0),
            None => (ptr::null_mut(), 0, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, memory: *mut u8, old_size: usize, new_size: usize) -> bool {
        match old_size.checked_sub(new_size) {
            Some(bytes) => self.give_back(memory.wrapping_add(old_size), bytes),
            None => false,
        }
    }

    fn free(&self, memory: *mut u8, size: usize) -> bool {
        self.give_back(memory.wrapping_add(size), size)
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        // Only a break that called back could find it borrowed; 64 KiB is a multiple of every
        // page there is.
        self.source.try_borrow().map_or(1 << 16, |source| source.page_size())
    }
}
