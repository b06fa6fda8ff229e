//! Free spans as a fit sees them: slices whose links stand in their lines.

use core::num::NonZeroUsize;

use heapwright_block::fit::{BlockIndex, FreeBlocks};

use crate::misuse;
use crate::slice::{Slice, Tables};

/// The free spans of a region. Sizes are counted in slices; the index is the slice's number.
pub(crate) struct FreeSpans(pub(crate) Tables);

/// The name of a span that begins at `slice`.
pub(crate) fn index_of(slice: Slice) -> Option<BlockIndex> {
    NonZeroUsize::new(slice.number() as usize).map(BlockIndex::new)
}

/// The slice that a span begins at, which [`index_of`] named so.
pub(crate) fn slice_of(index: BlockIndex) -> Slice {
    #[expect(clippy::cast_possible_truncation, reason = "made of a slice's number, 32 bits")]
    let number = index.get().get() as u32;
    // SAFETY: a fit names only what it was given, and that were slices.
    unsafe { Slice::new(number) }
}

// SAFETY: `length` and the links of a free span are changed through this alone while the span is
// in the index.
unsafe impl FreeBlocks for FreeSpans {
    #[inline]
    fn size(&self, block: BlockIndex) -> usize {
        self.0.line(slice_of(block)).length.get() as usize
    }

    #[inline]
    fn next(&self, block: BlockIndex) -> Option<BlockIndex> {
        self.0.line(slice_of(block)).next.get().and_then(index_of)
    }

    #[inline]
    fn previous(&self, block: BlockIndex) -> Option<BlockIndex> {
        self.0.line(slice_of(block)).previous.get().and_then(index_of)
    }

    #[inline]
    fn set_next(&mut self, block: BlockIndex, next: Option<BlockIndex>) {
        self.0.line(slice_of(block)).next.set(next.map(slice_of));
    }

    #[inline]
    fn set_previous(&mut self, block: BlockIndex, previous: Option<BlockIndex>) {
        self.0.line(slice_of(block)).previous.set(previous.map(slice_of));
    }

    fn broken_link(&self, block: BlockIndex) -> ! {
        misuse::broken_table(self.0.address(slice_of(block)))
    }
}
