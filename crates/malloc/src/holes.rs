//! Holes: pages of a slab that no slot in use touches, given back to the system.
//!
//! ```text
//!   pages    │ 0        │ 1        │ 2        │ 3        │
//!   slots    │ u │ f │  f  │  f  │ f │  u  │ f │  f  │ u  │     u in use, f free
//!   purged                │   1   │                            its slots are withdrawn
//! ```
//!
//! The links of free slots stand in the slots, so every free slot that touches a purged page is
//! taken out of the free list: *withdrawn*. The slots come back a page at a time when the slab
//! has no other free ones, each with the last purged page that it touches.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;

use crate::size_class::SLAB_SLICES_MAX;
use crate::slab::Slab;
use crate::slice::SLICE_BYTES;

/// The unit of holes, in bytes: no smaller than it need be on any platform.
const HOLE_BYTES: usize = 4096;
/// The most of them that a slab has: a word has a bit for each.
const HOLE_COUNT_MAX: usize = SLAB_SLICES_MAX * SLICE_BYTES / HOLE_BYTES;

const _: () = assert!(HOLE_COUNT_MAX <= usize::BITS as usize);

/// Pages of a slab, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pages(pub(crate) usize);

impl Pages {
    /// The pages that `bytes` from `offset` on touch.
    fn touched(offset: usize, bytes: usize) -> Self {
        let first = offset / HOLE_BYTES;
        let last = (offset + bytes - 1) / HOLE_BYTES;
        Self((usize::MAX >> (HOLE_COUNT_MAX - 1 - last)) & (usize::MAX << first))
    }

    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Slab {
    /// The pages that were given back.
    pub(crate) fn purged(&self) -> Pages {
        Pages(self.line().bytes.load(Relaxed))
    }

    fn set_purged(&self, pages: Pages) {
        self.line().bytes.store(pages.0, Relaxed);
    }

    /// Pages of carved slots that no slot in use touches.
    fn holes(&self) -> Pages {
        let slot_bytes = self.class.slot_bytes();
        let carved_bytes = usize::from(self.line().carved.load(Relaxed)) * slot_bytes;
        let mut free_bytes = [0_usize; HOLE_COUNT_MAX];
        // What is behind the carved slots is in use by nobody.
        let slab_bytes = self.class.slices() as usize * SLICE_BYTES;
        add_to_pages(&mut free_bytes, carved_bytes, slab_bytes - carved_bytes);
        self.visit_free(&mut |slot| add_to_pages(&mut free_bytes, self.offset(slot), slot_bytes));
        let mut holes = 0;
        let pages = free_bytes.iter().enumerate().take(carved_bytes.div_ceil(HOLE_BYTES));
        for (page, _) in pages.filter(|(_, bytes)| **bytes == HOLE_BYTES) {
            holes |= 1 << page;
        }
        Pages(holes & !self.purged().0)
    }

    /// Gives the holes of this slab back by `discard`, and withdraws their slots. Returns the
    /// bytes given back.
    pub(crate) fn purge_holes(&self, discard: &mut dyn FnMut(NonNull<[u8]>)) -> usize {
        let holes = self.holes();
        if holes.0 == 0 {
            return 0;
        }
        let slot_bytes = self.class.slot_bytes();
        let mut kept: *mut u8 = ptr::null_mut();
        let mut withdrawn_count = 0;
        let mut next = NonNull::new(self.line().free.load(Relaxed));
        while let Some(slot) = next {
            // SAFETY: a free slot's first word leads to the next (invariant 1 of `Line`).
            next = NonNull::new(unsafe { slot.cast::<*mut u8>().read() });
            if Pages::touched(self.offset(slot), slot_bytes).meets(holes) {
                withdrawn_count += 1;
            } else {
                // SAFETY: a free slot, which is the slab's.
                unsafe { slot.cast::<*mut u8>().write(kept) };
                kept = slot.as_ptr();
            }
        }
        self.line().free.store(kept, Relaxed);
        self.withdraw(withdrawn_count);
        self.set_purged(Pages(self.purged().0 | holes.0));
        self.visit_runs(holes, discard)
    }

    /// Passes the memory of consecutive pages to `visit`. Returns how many bytes that is.
    fn visit_runs(&self, pages: Pages, visit: &mut dyn FnMut(NonNull<[u8]>)) -> usize {
        let mut rest = pages.0;
        let mut bytes = 0;
        while rest != 0 {
            let first = rest.trailing_zeros();
            let count = (rest >> first).trailing_ones();
            let start = self.slot_at(first as usize * HOLE_BYTES);
            visit(NonNull::slice_from_raw_parts(start, count as usize * HOLE_BYTES));
            bytes += count as usize * HOLE_BYTES;
            rest &= !((usize::MAX >> (usize::BITS - count)) << first);
        }
        bytes
    }

    /// Puts the slots of one purged page, and of as many more as it takes for a slot, into the
    /// free list, which is empty.
    pub(crate) fn restore_hole(&self) {
        let slot_bytes = self.class.slot_bytes();
        while !self.has_linked() && self.purged().0 != 0 {
            let purged = self.purged();
            let page = Pages(purged.0 & purged.0.wrapping_neg());
            let rest = Pages(purged.0 & !page.0);
            self.set_purged(rest);
            let start = page.0.trailing_zeros() as usize * HOLE_BYTES;
            let carved_bytes = usize::from(self.line().carved.load(Relaxed)) * slot_bytes;
            let mut offset = start / slot_bytes * slot_bytes;
            let mut restored_count = 0;
            while offset < (start + HOLE_BYTES).min(carved_bytes) {
                if !Pages::touched(offset, slot_bytes).meets(rest) {
                    let slot = self.slot_at(offset);
                    // SAFETY: a withdrawn slot, which is the slab's.
                    unsafe { slot.cast::<*mut u8>().write(self.line().free.load(Relaxed)) };
                    self.line().free.store(slot.as_ptr(), Relaxed);
                    restored_count += 1;
                }
                offset += slot_bytes;
            }
            self.unwithdraw(restored_count);
        }
    }
}

/// Adds `bytes` from `offset` on to the pages that they lie in.
fn add_to_pages(pages: &mut [usize; HOLE_COUNT_MAX], offset: usize, bytes: usize) {
    let (mut offset, end) = (offset, offset + bytes);
    while offset < end {
        let page_end = (offset / HOLE_BYTES + 1) * HOLE_BYTES;
        let part = page_end.min(end) - offset;
        if let Some(page) = pages.get_mut(offset / HOLE_BYTES) {
            *page += part;
        }
        offset += part;
    }
}
