//! Free blocks sorted into bins by size, with a bitmap of the bins that hold any.
//!
//! ```text
//!   size in units   1   2   3  ...  127 | 128..129  130..131  ...  | 256..259  ...  | ...
//!   bin             1   2   3  ...  127 |   128       129     ...  |   192     ...  | ...
//!                   one size a bin      | 64 bins a doubling       | 64 bins        |
//!
//!   summary   one bit a word of the bitmap
//!   bitmap    one bit a bin that is not empty
//!   heads     the block put in last; the others follow by their links
//! ```
//!
//! Two levels of bitmap find the next bin that holds a block in a few instructions, which is the
//! idea of TLSF (Masmano, Ripoll, Crespo and Real, 2004). One size a bin for small blocks is
//! dlmalloc's.
//!
//! This file files blocks and finds bins. Which block of a bin is taken is the fits' affair.

use core::num::NonZeroU64;

use super::{BlockIndex, FreeBlocks};

/// Bins in each doubling of sizes: a block is at most 1/64 larger than the smallest of its bin.
/// Sizes below twice this number have a bin each.
const PER_DOUBLING: usize = 64;
/// Enough bins for every size that a `usize` can be, and for the bin behind the last of them, so
/// that no bin holds what another one should. The room is there for sizes that no heap has; it is
/// never touched.
const DOUBLINGS: usize = (usize::BITS - PER_DOUBLING.ilog2()) as usize;
const COUNT: usize = (DOUBLINGS + 2) * PER_DOUBLING;
const WORD_BITS: usize = 64;
const WORDS: usize = COUNT.div_ceil(WORD_BITS);

// One word must hold a bit for each word of the bitmap, and a bit to spare for `!0 << word + 1`.
const _: () = assert!(WORDS < WORD_BITS);
const _: () = assert!(PER_DOUBLING.is_power_of_two());

/// The number of a bin.
///
/// # Invariants
///
/// 1. It is less than [`COUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bin(usize);

impl Bin {
    /// The bin that holds blocks of `size` units.
    #[inline]
    pub(super) const fn of(size: usize) -> Self {
        // Most sizes are small, so the branch is foreseen, and costs less than a logarithm.
        if size < 2 * PER_DOUBLING {
            return Self(size);
        }
        let shift = (size.ilog2() - PER_DOUBLING.ilog2()) as usize;
        // INVARIANT: 1 as `shift < DOUBLINGS` and what is added is less than 2 * PER_DOUBLING.
        Self(shift * PER_DOUBLING + (size >> shift))
    }

    /// The first bin that holds only blocks of at least `size` units, which is not 0.
    #[inline]
    pub(super) const fn at_least(size: usize) -> Self {
        // The bin of what is just too small is the last that holds anything too small.
        // INVARIANT: 1 as in `of`, what is added being at most 2 * PER_DOUBLING.
        Self(Self::of(size - 1).0 + 1)
    }

    /// The bin of the lowest of `bits`, which are those of one word.
    #[inline]
    const fn at(word: usize, bits: NonZeroU64) -> Self {
        // INVARIANT: 1, as only bits of bins are ever set.
        Self(word * WORD_BITS + bits.trailing_zeros() as usize)
    }

    const fn word(self) -> usize {
        self.0 / WORD_BITS
    }

    const fn bit(self) -> u64 {
        1 << (self.0 % WORD_BITS)
    }
}

/// Free blocks by size.
///
/// # Invariants
///
/// 1. A block of size `s` is in the list of bin `Bin::of(s)` and in no other.
/// 2. `previous` of a list's first block is not kept: its bin's head leads to it. Of every other
///    it is the block before. So the block behind the first one is not touched, and its cache
///    line not fetched, when the first one is taken.
/// 3. A bit of `bitmap` is set where the bin's list is not empty, and nowhere else.
/// 4. A bit of `summary` is set where the word of `bitmap` is not zero, and nowhere else.
#[derive(Debug)]
#[repr(C)]
pub struct Bins {
    summary: u64,
    bitmap: [u64; WORDS],
    heads: [Option<BlockIndex>; COUNT],
}

impl Bins {
    /// Bins that hold nothing.
    pub(super) const EMPTY: Self = Self { summary: 0, bitmap: [0; WORDS], heads: [None; COUNT] };

    /// The first block of a bin.
    #[inline]
    pub(super) fn head(&self, bin: Bin) -> Option<BlockIndex> {
        // SAFETY: `Bin` invariant 1.
        *unsafe { self.heads.get_unchecked(bin.0) }
    }

    #[inline]
    fn head_mut(&mut self, bin: Bin) -> &mut Option<BlockIndex> {
        // SAFETY: `Bin` invariant 1.
        unsafe { self.heads.get_unchecked_mut(bin.0) }
    }

    #[inline]
    fn word(&self, word: usize) -> u64 {
        debug_assert!(word < WORDS);
        // SAFETY: words come from a `Bin`, whose invariant bounds them, or from a bit of
        // `summary`, which by invariant 4 stands for a word there is.
        *unsafe { self.bitmap.get_unchecked(word) }
    }

    #[inline]
    fn word_mut(&mut self, bin: Bin) -> &mut u64 {
        // SAFETY: `Bin` invariant 1 bounds the word.
        unsafe { self.bitmap.get_unchecked_mut(bin.word()) }
    }

    /// The first bin from `from` on that holds a block.
    #[inline]
    pub(super) fn first_from(&self, from: Bin) -> Option<Bin> {
        let word = from.word();
        let bits = self.word(word) & (!0 << (from.0 % WORD_BITS));
        match NonZeroU64::new(bits) {
            Some(bits) => Some(Bin::at(word, bits)),
            None => self.first_in_words_from(word + 1),
        }
    }

    /// The first bin from `word` of the bitmap on that holds a block.
    #[inline]
    fn first_in_words_from(&self, word: usize) -> Option<Bin> {
        let words = NonZeroU64::new(self.summary & (!0 << word))?;
        let word = words.trailing_zeros() as usize;
        Some(Bin::at(word, NonZeroU64::new(self.word(word))?))
    }

    /// The first bin behind `bin` that holds a block.
    #[inline]
    pub(super) fn first_behind(&self, bin: Bin) -> Option<Bin> {
        if bin.0 + 1 == COUNT { None } else { self.first_from(Bin(bin.0 + 1)) }
    }

    /// The last bin that holds a block: that of the largest blocks.
    pub(super) fn last(&self) -> Option<Bin> {
        let word = self.summary.checked_ilog2()? as usize;
        let bit = self.word(word).checked_ilog2()? as usize;
        // INVARIANT: `Bin` 1, as only bits of bins are ever set (3).
        Some(Bin(word * WORD_BITS + bit))
    }

    /// Puts a block first in its bin.
    #[inline]
    pub(super) fn insert(&mut self, blocks: &mut impl FreeBlocks, block: BlockIndex, size: usize) {
        let bin = Bin::of(size);
        let head = self.head(bin);
        blocks.set_next(block, head);
        if let Some(head) = head {
            blocks.set_previous(head, Some(block));
        } else {
            *self.word_mut(bin) |= bin.bit();
            self.summary |= 1 << bin.word();
        }
        *self.head_mut(bin) = Some(block);
    }

    /// Takes out the first block of a bin.
    #[inline]
    pub(super) fn take_first(
        &mut self,
        blocks: &mut impl FreeBlocks,
        bin: Bin,
    ) -> Option<BlockIndex> {
        let block = self.head(bin)?;
        self.set_head(bin, blocks.next(block));
        Some(block)
    }

    /// Makes `head` the first block of a bin that is not empty now.
    #[inline]
    fn set_head(&mut self, bin: Bin, head: Option<BlockIndex>) {
        *self.head_mut(bin) = head;
        if head.is_none() {
            let word = self.word_mut(bin);
            *word &= !bin.bit();
            if *word == 0 {
                self.summary &= !(1 << bin.word());
            }
        }
    }

    /// Takes a block out of its bin.
    #[inline(always)]
    pub(super) fn remove(&mut self, blocks: &mut impl FreeBlocks, block: BlockIndex, size: usize) {
        let bin = Bin::of(size);
        let next = blocks.next(block);
        if self.head(bin) == Some(block) {
            self.set_head(bin, next);
            return;
        }
        let Some(previous) = blocks.previous(block) else { blocks.broken_link(block) };
        if !blocks.are_neighbours(previous, block) {
            blocks.broken_link(block);
        }
        if let Some(next) = next {
            if !blocks.are_neighbours(block, next) {
                blocks.broken_link(block);
            }
            blocks.set_previous(next, Some(previous));
        }
        blocks.set_next(previous, next);
    }

    /// Passes every block to `visit`, smallest bin first, until it returns `false`.
    pub(super) fn visit(
        &self,
        blocks: &impl FreeBlocks,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        let mut bin = self.first_from(Bin(0));
        while let Some(current) = bin {
            let mut block = self.head(current);
            while let Some(index) = block {
                if !visit(index) {
                    return;
                }
                block = blocks.next(index);
            }
            bin = self.first_behind(current);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_sizes_never_have_smaller_bins() {
        let mut sizes = (1..10_000).chain((14..60).flat_map(|log| {
            let power = 1_usize << log;
            [power - 1, power, power + 1, power + power / 2]
        }));
        let mut last = sizes.next().unwrap();
        for size in sizes {
            if size > last {
                assert!(Bin::of(size) >= Bin::of(last), "{last} and {size}");
                last = size;
            }
        }
        assert!(Bin::at_least(usize::MAX).0 < COUNT);
        assert_eq!(Bin::of(1 << (usize::BITS - 1)).0 + 2 * PER_DOUBLING, COUNT);
    }

    #[test]
    fn every_block_of_a_later_bin_is_larger_than_every_block_of_an_earlier_one() {
        for size in 1..100_000_usize {
            let step = Bin::of(size + 1).0 - Bin::of(size).0;
            assert!(step <= 1, "size {size}");
            // A size begins its bin exactly where all blocks of the bin are as large.
            let begins = Bin::of(size) != Bin::of(size - 1);
            assert_eq!(Bin::at_least(size) == Bin::of(size), begins, "size {size}");
            if !begins {
                assert_eq!(Bin::at_least(size).0, Bin::of(size).0 + 1, "size {size}");
            }
        }
    }

    #[test]
    fn no_block_that_is_too_small_is_in_the_bin_that_is_searched_for_any_size() {
        for log in 0..usize::BITS {
            for size in [1 << log, (1 << log) + 1, (1 << log) + ((1_usize << log) >> 1)] {
                let searched = Bin::at_least(size);
                assert!(searched.0 < COUNT, "size {size}");
                assert!(Bin::of(size - 1) < searched, "size {size}");
            }
        }
    }
}
