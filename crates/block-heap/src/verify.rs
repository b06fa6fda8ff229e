//! Verify: every numbered invariant of the heap, checked block by block.

use heapwright_break::Break;
use thiserror::Error;

use crate::BlockHeap;
use crate::block::{HEADER_BYTES, Header};
use crate::fit::Fit;
use crate::walk::{Block, BlockState};

/// The first broken invariant that [`BlockHeap::verify`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("invariant {invariant} of the heap does not hold at {address:#x}")]
pub struct Corruption {
    /// The number of the invariant, as in the documentation of [`BlockHeap`].
    pub invariant: u8,
    /// Where: the address of a header, or, for the seventh, of a byte.
    pub address: usize,
}

impl Corruption {
    const fn at<T>(invariant: u8, address: usize) -> Result<T, Self> {
        Err(Self { invariant, address })
    }
}

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// Checks every invariant of the heap: its blocks, the fit's index, and the clean memory.
    ///
    /// It takes time in proportion to the heap, allocates nothing and changes nothing.
    ///
    /// # Errors
    ///
    /// The first [`Corruption`] found.
    pub fn verify(&self) -> Result<(), Corruption> {
        if !self.span.is_started() {
            return Ok(());
        }
        let mut is_previous_free = false;
        let mut free_count = 0_usize;
        let mut walk = self.walk();
        for block in walk.by_ref() {
            self.verify_block(block, is_previous_free)?;
            is_previous_free = block.is_free();
            free_count += usize::from(block.state == BlockState::Free);
        }
        if walk.address() != self.span.end() {
            return Corruption::at(1, walk.address());
        }
        self.verify_top()?;
        self.verify_index(free_count)?;
        self.verify_clean()
    }

    /// Invariants 2 to 5 for one block.
    fn verify_block(&self, block: Block, is_previous_free: bool) -> Result<(), Corruption> {
        let address = block.header;
        // SAFETY: the walk found a block there.
        let this = unsafe { self.span.block_at(address) };
        let header = this.header();
        if is_previous_free && block.is_free() {
            return Corruption::at(4, address);
        }
        if header.is_previous_in_use() == is_previous_free {
            return Corruption::at(3, address);
        }
        let is_plain = match block.state {
            BlockState::InUse => header.is_held_by_user(),
            BlockState::Free | BlockState::Top => header == Header::free(block.size),
            BlockState::Fence => true,
        };
        if !is_plain {
            return Corruption::at(2, address);
        }
        // SAFETY: the walk found that the block lies in the span.
        if block.state == BlockState::Free && !unsafe { this.has_tag(block.size) } {
            return Corruption::at(5, address);
        }
        Ok(())
    }

    /// That the top ends the span (invariant 1), and what stands before it is in use (4).
    fn verify_top(&self) -> Result<(), Corruption> {
        let top = self.span.top();
        if top.header() == Header::free(self.span.top_bytes()) && self.span.has_true_counts() {
            Ok(())
        } else {
            Corruption::at(1, top.address())
        }
    }

    /// Invariant 6: the index holds as many blocks as the walk found free, and only such. As a
    /// fit passes each of its blocks once, these are the same blocks.
    fn verify_index(&self, free_count: usize) -> Result<(), Corruption> {
        let mut left = free_count;
        let mut stray = None;
        let mut visit = |index: crate::fit::BlockIndex| {
            let address = index.get().get();
            // SAFETY: the index holds blocks of this span; a wild link does not get here.
            let block = unsafe { self.span.block(index) };
            let header = block.header();
            let is_free = !header.is_in_use() && block != self.span.top();
            if left == 0 || !is_free {
                stray = Some(address);
                return false;
            }
            left -= 1;
            true
        };
        // SAFETY: the index holds blocks of this span only.
        unsafe { F::visit(&self.fit, &self.span, &mut visit) };
        match stray {
            Some(address) => Corruption::at(6, address),
            None if left > 0 => Corruption::at(6, self.span.end()),
            None => Ok(()),
        }
    }

    /// Invariant 7: memory that was never handed out is zero.
    fn verify_clean(&self) -> Result<(), Corruption> {
        let end = self.span.end();
        let words = self.span.clean()..end;
        for address in words.step_by(HEADER_BYTES) {
            // SAFETY: a word of the span, which reads as a header like any other.
            if unsafe { self.span.word_at(address) } != 0 {
                return Corruption::at(7, address);
            }
        }
        Ok(())
    }
}
