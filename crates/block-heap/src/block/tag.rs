//! The boundary tag: a free block's size, repeated in its last word.
//!
//! ```text
//!   ├ header ┼ next ┼ previous ┼ ... ┼ tag ─┼ header ┼ ...
//!                                      ▲ one word below the next header
//! ```
//!
//! The idea is Knuth's (The Art of Computer Programming, volume 1, section 2.5, algorithm C): a
//! block that is freed finds the start of a free block before it without a search. Only free
//! blocks have one, so it costs no memory; a flag in the next header says whether it is there.

use super::{Block, GRANULE, Header};
use crate::Misuse;

impl Block {
    /// Makes this a free block of `size` bytes: its header, its tag, and nothing else.
    ///
    /// # Safety
    ///
    /// The `size` bytes from here on lie in the span, belong to no user, and are a multiple of the
    /// granule, and not 0.
    pub(crate) unsafe fn set_free(self, size: usize) {
        debug_assert!(size != 0);
        self.set_header(Header::free(size));
        // SAFETY: the block behind these bytes starts in the span or is its end mark.
        let next = unsafe { self.above(size) };
        // SAFETY: a free block is larger than its header, so its last word is its own.
        let tag = unsafe { next.tag_before() };
        // SAFETY: the same, and nobody else holds it.
        unsafe { tag.write(size) }
    }

    /// The free block before this one, found by its tag.
    ///
    /// `span_start` is the address of the first block of the span.
    ///
    /// # Errors
    ///
    /// [`Misuse::BrokenTag`] where the tag and the header it leads to do not agree: one of them
    /// was overwritten.
    ///
    /// # Safety
    ///
    /// This is no block at the start of the span.
    pub(crate) unsafe fn free_before(self, span_start: usize) -> Result<(Block, usize), Misuse> {
        // SAFETY: by the caller's condition there are bytes before this block in the span.
        let tag = unsafe { self.tag_before() };
        // SAFETY: in the span, which is initialised memory that starts zeroed.
        let size = unsafe { tag.read() };
        let broken = Misuse::BrokenTag { payload: self.payload().addr().get() };
        // Rotated, a size that is no multiple of the granule is a very large one.
        let granules = size.rotate_right(GRANULE.ilog2());
        if granules > (self.address() - span_start) / GRANULE {
            return Err(broken);
        }
        // SAFETY: `size` is a multiple of the granule and stays in the span, as just checked.
        let block = unsafe { self.below(size) };
        if block.header() != Header::free(size) {
            return Err(broken);
        }
        Ok((block, size))
    }

    /// Whether the tag at the end of this free block of `size` bytes repeats its size.
    ///
    /// # Safety
    ///
    /// The `size` bytes from here on lie in the span.
    pub(crate) unsafe fn has_tag(self, size: usize) -> bool {
        // SAFETY: the caller's condition is that of `above`.
        let next = unsafe { self.above(size) };
        // SAFETY: the word lies between this block and the next one.
        let tag = unsafe { next.tag_before() };
        // SAFETY: in the span, as above.
        (unsafe { tag.read() }) == size
    }

    /// Where the tag of a free block before this one stands.
    ///
    /// # Safety
    ///
    /// There is a word in the span before this block.
    unsafe fn tag_before(self) -> core::ptr::NonNull<usize> {
        // SAFETY: the caller's condition.
        unsafe { self.0.cast::<usize>().sub(1) }
    }
}
