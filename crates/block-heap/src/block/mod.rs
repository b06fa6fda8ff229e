//! One block in memory: a header, a payload, and where its neighbours are.
//!
//! ```text
//!   in use   ├ header ┼ payload ────────────────────────────────┤
//!   free     ├ header ┼ next ┼ previous ┼ ... unused ... ┼ tag ─┤
//!            ▲ multiple of the granule, less one word          ▲ next header
//! ```
//!
//! The bits of a header are in `header.rs`, the size at a free block's end is in `tag.rs`. Which
//! neighbours are joined and what is split off is decided in `coalesce.rs` and `split.rs`.

pub(crate) mod coalesce;
pub(crate) mod header;
pub(crate) mod split;
pub(crate) mod tag;

use core::alloc::Layout;
use core::num::NonZeroUsize;
use core::ptr::NonNull;

pub use self::header::{GRANULE, HEADER_BYTES};

pub(crate) use self::header::Header;
use crate::fit::BlockIndex;

const WORD: usize = size_of::<usize>();

/// The smallest block that can stand alone, in bytes: a free one holds a header, two links and
/// a tag.
pub const BLOCK_BYTES_MIN: usize = GRANULE;

const _: () = assert!(HEADER_BYTES + 3 * WORD <= BLOCK_BYTES_MIN);

/// A pointer to a block's header.
///
/// # Invariants
///
/// 1. It points into the span of a heap, with room for a header before the span's end.
/// 2. It is one word below a multiple of [`GRANULE`].
///
/// Whoever makes one vouches for both, which lets the rest of the crate read and write headers
/// without further argument. None outlives the call on the heap that made it, save the heap's
/// own `top`, so that no header is reached after `trim` gave its page back; and every call holds
/// the heap's only reference, so that no two threads meet on a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub(crate) struct Block(NonNull<Header>);

impl Block {
    /// The block whose header is at `header`.
    ///
    /// # Safety
    ///
    /// The caller vouches for the invariants of the type.
    pub(crate) const unsafe fn new(header: NonNull<u8>) -> Self {
        Self(header.cast())
    }

    pub(crate) fn address(self) -> usize {
        self.0.addr().get()
    }

    pub(crate) fn header(self) -> Header {
        // SAFETY: invariants 1 and 2 make the header readable and aligned; a span starts zeroed,
        // and every bit pattern is a `Header`.
        unsafe { self.0.read() }
    }

    pub(crate) fn set_header(self, header: Header) {
        // SAFETY: invariants 1 and 2 make the header writable and aligned.
        unsafe { self.0.write(header) }
    }

    /// The payload; never dereferenced here.
    pub(crate) const fn payload(self) -> NonNull<u8> {
        // SAFETY: by invariant 1 the end of the header is in the span, or just behind it.
        unsafe { self.0.cast::<u8>().byte_add(HEADER_BYTES) }
    }

    /// The block that starts `bytes` above this one.
    ///
    /// # Safety
    ///
    /// `bytes` is a multiple of [`GRANULE`], and a header fits there in the span.
    pub(crate) const unsafe fn above(self, bytes: usize) -> Self {
        // SAFETY: in the span, by the caller's condition, which is invariant 1 of the result;
        // invariant 2 as the distance is a multiple of the granule.
        Self(unsafe { self.0.byte_add(bytes) })
    }

    /// The block that starts `bytes` below this one.
    ///
    /// # Safety
    ///
    /// `bytes` is a multiple of [`GRANULE`], and the span starts no later.
    pub(crate) const unsafe fn below(self, bytes: usize) -> Self {
        // SAFETY: in the span, by the caller's condition; the rest as in `above`.
        Self(unsafe { self.0.byte_sub(bytes) })
    }

    /// The handle by which a fit knows this block.
    pub(crate) fn index(self) -> BlockIndex {
        BlockIndex::new(self.0.addr())
    }

    /// The block whose header is at `address`.
    ///
    /// # Safety
    ///
    /// The caller vouches for the invariants of the type, and the provenance of the memory there
    /// was exposed.
    pub(crate) unsafe fn at(address: NonZeroUsize) -> Self {
        Self(NonNull::with_exposed_provenance(address))
    }
}

/// The largest payload that a block can have: with it, the block is at most `isize::MAX`.
pub(crate) const PAYLOAD_BYTES_MAX: usize = isize::MAX as usize - 2 * GRANULE;

/// The size in bytes of a block whose payload holds `layout`. It may be larger than any block can
/// be, which the source will refuse; it never wraps, as a layout has at most `isize::MAX` bytes.
#[inline]
pub(crate) const fn block_bytes(layout: Layout) -> usize {
    (layout.size() + HEADER_BYTES + GRANULE - 1) & !(GRANULE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(size: usize) -> usize {
        block_bytes(Layout::from_size_align(size, 1).unwrap())
    }

    #[test]
    fn every_payload_fits_its_block_and_no_block_is_a_granule_too_large() {
        for payload in (0..1000).chain([PAYLOAD_BYTES_MAX, isize::MAX as usize]) {
            let bytes = bytes_of(payload);
            assert!(bytes >= payload + HEADER_BYTES, "payload {payload}");
            assert!(bytes.is_multiple_of(GRANULE), "payload {payload}");
            assert!(bytes < payload + HEADER_BYTES + GRANULE, "payload {payload}");
        }
        assert!(bytes_of(PAYLOAD_BYTES_MAX) <= isize::MAX as usize);
    }
}
