//! The memory that a heap has taken from its source, from the first block to the end mark.
//!
//! ```text
//!   start                                        top                 end
//!   ├ lead ┼ block ┼ block ┼ ... ┼ fence ┼ block ┼ header ┼ ... free ┼ end mark ┤ break
//!                                                         ├ clean ───┤ all zero
//! ```
//!
//! The *top* is the free block at the break. It has a header and no tag, and no fit knows it: it
//! is taken from when no other block fits. When the break was moved by somebody else, the gap
//! becomes a *fence*, a block in use for ever.
//!
//! This file knows where things are. What is free otherwise is in the fit's index.

use core::num::NonZeroUsize;
use core::ptr::{self, NonNull};

use crate::block::{Block, GRANULE, HEADER_BYTES, Header};
use crate::fit::{BlockIndex, FreeBlocks};
use crate::{Misuse, block};
use heapwright_break::Growth;

/// Where the blocks of a heap begin and end.
///
/// # Invariants
///
/// 1. `first` and `end` are addresses of headers (one word below a multiple of the granule), and
///    the bytes from `first` to the end mark's own end belong to the heap, fences excepted.
///    Before the first growth all addresses are equal, and nothing is read or written.
/// 2. `top` has the header `Header::free(end - top)`; where that is no bytes, it is the end mark.
/// 3. The bytes from `clean` to the end mark are zero, and `clean` is above the header of `top`.
/// 4. The provenance of all of it was exposed when it came from the source: blocks are found
///    again by their addresses, from tags, links and the users' pointers.
/// 5. `granule_count` and `used_granules` are the distances from `first` to `end` and to `top`.
#[derive(Debug)]
pub(crate) struct Span {
    first: usize,
    end: usize,
    /// Kept, in granules, for [`Span::has_header_at`], which every call asks.
    granule_count: usize,
    used_granules: usize,
    top: Block,
    clean: usize,
    on_misuse: fn(Misuse) -> !,
}

impl Span {
    /// A span that has no memory yet.
    pub(crate) const fn new(on_misuse: fn(Misuse) -> !) -> Self {
        // SAFETY: never dereferenced, as there are no bytes from `top` to `end` (invariant 1).
        let top = unsafe { Block::new(NonNull::dangling()) };
        // INVARIANT: 1 as `NonNull::<u8>::dangling` has the address 1.
        Self { first: 1, end: 1, granule_count: 0, used_granules: 0, top, clean: 1, on_misuse }
    }

    /// Whether there is any memory.
    pub(crate) const fn is_started(&self) -> bool {
        self.first != 1
    }

    pub(crate) const fn first(&self) -> usize {
        self.first
    }

    pub(crate) const fn end(&self) -> usize {
        self.end
    }

    pub(crate) const fn top(&self) -> Block {
        self.top
    }

    /// From here to the end mark every byte is zero.
    pub(crate) const fn clean(&self) -> usize {
        self.clean
    }

    /// The bytes of the top, its header included.
    #[inline]
    pub(crate) fn top_bytes(&self) -> usize {
        self.end - self.top.address()
    }

    /// The block whose header is at `address`.
    ///
    /// # Safety
    ///
    /// `address` is that of a header in this span.
    pub(crate) unsafe fn block_at(&self, address: usize) -> Block {
        debug_assert!(address != 0);
        // SAFETY: a header of this span is at no null address.
        let address = unsafe { NonZeroUsize::new_unchecked(address) };
        // SAFETY: the caller's condition is `Block`'s invariants, and invariant 4 exposed it.
        unsafe { Block::at(address) }
    }

    /// The word at `address`.
    ///
    /// # Safety
    ///
    /// It is one of this span, a multiple of a word away from a header.
    pub(crate) unsafe fn word_at(&self, address: usize) -> usize {
        let place = ptr::with_exposed_provenance::<usize>(address);
        // SAFETY: the caller's condition; memory of a span is initialised, as it starts zeroed.
        unsafe { place.read() }
    }

    /// The block that a fit knows by `index`.
    ///
    /// # Safety
    ///
    /// The block is in the fit's index.
    pub(crate) unsafe fn block(&self, index: BlockIndex) -> Block {
        // SAFETY: a block in the index lies in the span, whose memory is exposed.
        unsafe { Block::at(index.get()) }
    }

    /// Moves the top up or down to `top`, and writes its header.
    ///
    /// # Safety
    ///
    /// `top` is a multiple of the granule away from the old one, not above the end mark, and no
    /// user holds anything from there on.
    #[inline]
    pub(crate) unsafe fn set_top(&mut self, top: Block) {
        self.top = top;
        self.used_granules = (top.address() - self.first) / GRANULE;
        // INVARIANT: 2, and 3 as what `top` rose above may be written from now on.
        top.set_header(Header::free(self.end - top.address()));
        self.clean = self.clean.max(top.address() + HEADER_BYTES);
    }

    /// Takes in the first growth of a source, or one without a gap.
    ///
    /// # Safety
    ///
    /// `memory` is what the source of this heap returned last, and begins where the memory
    /// before it ended.
    pub(crate) unsafe fn extend(&mut self, memory: NonNull<[u8]>) {
        // INVARIANT: 4.
        memory.cast::<u8>().expose_provenance();
        if self.is_started() {
            let mark = self.end;
            // SAFETY: the end mark is a header of this span.
            unsafe { self.block_at(mark) }.set_header(Header::ZERO);
            // SAFETY: the end mark moves to the last word of the new memory.
            unsafe { self.set_end(last_header(memory)) };
            // SAFETY: the top stays where it is, and the new memory belongs to no user.
            unsafe { self.set_top(self.top) };
        } else {
            self.first = first_header(memory);
            // SAFETY: the memory is one page at least, so `first` is inside.
            unsafe { self.start_segment(memory) };
        }
    }

    /// Goes on in memory that lies above a gap: the gap becomes a fence. What was left of
    /// the top is returned with its size, to become a free block.
    ///
    /// # Safety
    ///
    /// `growth` is what the source of this heap returned last.
    pub(crate) unsafe fn extend_over_gap(&mut self, growth: Growth) -> Option<(Block, usize)> {
        let rest = self.top;
        let rest_bytes = self.top_bytes();
        let old_end = self.end;
        // SAFETY: the caller's condition.
        unsafe { self.start_segment(growth.memory) };
        let keeps_rest = rest_bytes > 0;
        let fence_address = if keeps_rest { old_end } else { rest.address() };
        // SAFETY: the old end mark and the old top are headers of this span.
        let fence = unsafe { self.block_at(fence_address) };
        let fence_header = Header::fence(self.top.address() - fence_address);
        if keeps_rest {
            fence.set_header(fence_header.after_free());
            return Some((rest, rest_bytes));
        }
        // What stands before the top is in use, or it would be part of it.
        fence.set_header(fence_header.after_used());
        None
    }

    /// Moves the end mark down after the break.
    ///
    /// # Safety
    ///
    /// The break was lowered by `bytes`, no more than the top had.
    pub(crate) unsafe fn lower_end(&mut self, bytes: usize) {
        // SAFETY: the end mark moves to the last word of what is left.
        unsafe { self.set_end(self.end - bytes) };
        // INVARIANT: 3. What is between the mark and the break, up to a granule, may have been the
        // user's; the next growth takes it in, and the source does not clear it.
        self.clean = self.clean.min(self.end + HEADER_BYTES + GRANULE);
        // SAFETY: the top stays where it is.
        unsafe { self.set_top(self.top) };
    }

    /// Puts the end mark at `end`.
    ///
    /// # Safety
    ///
    /// It is the address of the last word of this heap's memory.
    unsafe fn set_end(&mut self, end: usize) {
        self.end = end;
        self.granule_count = (end - self.first) / GRANULE;
        // SAFETY: the caller's condition.
        unsafe { self.block_at(end) }.set_header(Header::free(0));
    }

    /// Makes the whole of `memory`, which is zeroed, the top.
    ///
    /// # Safety
    ///
    /// `memory` belongs to this heap, starts at a multiple of the granule and is two granules at
    /// least.
    unsafe fn start_segment(&mut self, memory: NonNull<[u8]>) {
        // INVARIANT: 4.
        memory.cast::<u8>().expose_provenance();
        // SAFETY: the end mark is the last header that fits the memory.
        unsafe { self.set_end(last_header(memory)) };
        self.clean = 0;
        // SAFETY: the first header is in the memory, behind the lead.
        let top = unsafe { self.block_at(first_header(memory)) };
        // SAFETY: nobody holds anything in new memory.
        unsafe { self.set_top(top) };
    }

    /// The block at `payload` and its header, where a user holds it and it has `size` bytes, which
    /// is not 0.
    ///
    /// It goes by `size`, not by what the header says, so that the processor need not wait for
    /// the one to fetch the other end of the block. `None` says that something is otherwise, and
    /// [`held_block`](Span::held_block) what.
    #[inline]
    pub(crate) fn held_block_of(
        &self,
        payload: NonNull<u8>,
        size: usize,
    ) -> Option<(Block, Header)> {
        let address = payload.addr().get().wrapping_sub(HEADER_BYTES);
        let index = self.granule_index(address);
        if index >= self.used_granules || size > self.top.address() - address {
            return None;
        }
        // SAFETY: between `first` and `top`, and a multiple of the granule from both.
        let block = unsafe { self.block_at(address) };
        let header = block.header();
        // SAFETY: the block ends no later than the top begins, as just checked.
        let next = unsafe { block.above(size) };
        let is_held = header.after_used() == Header::in_use(size).after_used();
        (is_held && next.header().is_previous_in_use()).then_some((block, header))
    }

    /// Checks that `payload` is that of a block which a user holds.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as far as the headers tell.
    #[inline]
    pub(crate) fn held_block(&self, payload: NonNull<u8>) -> Result<(Block, Header), Misuse> {
        let payload = payload.addr().get();
        let address = payload.wrapping_sub(HEADER_BYTES);
        let index = self.granule_index(address);
        if index >= self.used_granules {
            return Err(self.misuse_at(address));
        }
        // SAFETY: between `first` and `top`, and a multiple of the granule from both.
        let block = unsafe { self.block_at(address) };
        let header = block.header();
        let is_inside = header.size() <= self.top.address() - address;
        if !header.is_held_by_user() || header.size() == 0 || !is_inside {
            return Err(self.misuse_at(address));
        }
        // SAFETY: the block ends no later than the top begins, as just checked.
        let next = unsafe { block.above(header.size()) };
        if !next.header().is_previous_in_use() {
            return Err(Misuse::BrokenHeader { payload });
        }
        Ok((block, header))
    }

    /// The size of a free block other than the top, which its header and its tag must agree on, and
    /// which is `size_min` at least.
    #[inline]
    pub(crate) fn free_size(&self, block: Block, size_min: usize) -> usize {
        // Of a header with other flags, or none, no tag tells as much.
        let size = block.header().size_if_free();
        // The block is below the top, as every link is checked to lead there.
        let room = self.top.address().wrapping_sub(block.address());
        // SAFETY: the end of the block is in the span, as it is not above the top.
        if size < size_min || size > room || !unsafe { block.has_tag(size) } {
            self.misuse(Misuse::BrokenHeader { payload: block.payload().addr().get() });
        }
        size
    }

    /// What is wrong with the header at `address`, which is not that of a block in use: a freed
    /// block's is still one that the heap could have written.
    #[cold]
    #[inline(never)]
    fn misuse_at(&self, address: usize) -> Misuse {
        let payload = address.wrapping_add(HEADER_BYTES);
        if !self.has_header_at(address) {
            return Misuse::NotABlock { payload };
        }
        // SAFETY: between `first` and `end`, and a multiple of the granule from both.
        let header = unsafe { self.block_at(address) }.header();
        let is_plausible = (GRANULE..=self.end - address).contains(&header.size());
        if header.is_free() && is_plausible {
            Misuse::DoubleFree { payload }
        } else {
            Misuse::BrokenHeader { payload }
        }
    }

    /// Whether a header could stand at `address`: inside the span, on a granule.
    #[inline]
    const fn has_header_at(&self, address: usize) -> bool {
        self.granule_index(address) < self.granule_count
    }

    /// The granules from `first` to `address`. Of an address that is no multiple of the granule
    /// away, and of one below, it is a number larger than any span has.
    #[inline]
    const fn granule_index(&self, address: usize) -> usize {
        address.wrapping_sub(self.first).rotate_right(GRANULE.ilog2())
    }

    /// Invariant 5.
    pub(crate) fn has_true_counts(&self) -> bool {
        self.granule_count == (self.end - self.first) / GRANULE
            && self.used_granules == (self.top.address() - self.first) / GRANULE
    }

    /// Reports misuse; there is no way back.
    #[cold]
    #[inline(never)]
    pub(crate) fn misuse(&self, misuse: Misuse) -> ! {
        (self.on_misuse)(misuse)
    }

    /// One of the two links of a free block, as it stands there.
    #[inline]
    fn raw_link(&self, block: BlockIndex, word: usize) -> Option<BlockIndex> {
        // SAFETY: the fit names blocks in its index only.
        let place = unsafe { self.link_place(block, word) };
        // SAFETY: the place is in the payload of a free block. Every bit pattern is a value.
        unsafe { place.read() }
    }

    /// One of the two links of a free block, checked so that a block that was written to after
    /// it was freed does not lead out of what is below the top, where free blocks are.
    #[inline]
    fn link(&self, block: BlockIndex, word: usize) -> Option<BlockIndex> {
        let link = self.raw_link(block, word);
        if let Some(index) = link
            && self.granule_index(index.get().get()) >= self.used_granules
        {
            self.broken_link(block);
        }
        link
    }

    #[inline]
    fn set_link(&mut self, block: BlockIndex, word: usize, link: Option<BlockIndex>) {
        // SAFETY: the fit names blocks in its index only.
        let place = unsafe { self.link_place(block, word) };
        // SAFETY: the place is in the payload of a free block, which belongs to the heap.
        unsafe { place.write(link) }
    }

    /// Where a link of a free block stands.
    ///
    /// # Safety
    ///
    /// `block` is a free block of this span, and `word` is 0 or 1.
    #[inline]
    unsafe fn link_place(&self, block: BlockIndex, word: usize) -> NonNull<Option<BlockIndex>> {
        // SAFETY: the caller's condition.
        let payload = unsafe { self.block(block) }.payload().cast();
        // SAFETY: a free block is large enough for both links.
        unsafe { payload.add(word) }
    }
}

/// The address of the first header in memory that begins a segment: the first payload is a multiple
/// of the granule.
fn first_header(memory: NonNull<[u8]>) -> usize {
    (memory.addr().get() + HEADER_BYTES).next_multiple_of(GRANULE) - HEADER_BYTES
}

/// The address of the last header that fits in memory, which is that of the end mark.
fn last_header(memory: NonNull<[u8]>) -> usize {
    let end = memory.addr().get() + memory.len();
    end - end % GRANULE - HEADER_BYTES
}

const NEXT: usize = 0;
const PREVIOUS: usize = 1;

// The links are words of the payload.
const _: () = assert!(size_of::<Option<BlockIndex>>() == size_of::<usize>());

// SAFETY: a free block's header and links are written by the heap alone, so they stay as they
// are while the block is in the index (guarantees 1 and 2); where a user overwrote them, the
// heap was misused, which is reported as far as it is found.
unsafe impl FreeBlocks for Span {
    #[inline]
    fn size(&self, block: BlockIndex) -> usize {
        // SAFETY: the fit names blocks in its index only.
        unsafe { self.block(block) }.header().size() / GRANULE
    }

    #[inline]
    fn next(&self, block: BlockIndex) -> Option<BlockIndex> {
        self.link(block, NEXT)
    }

    #[inline]
    fn previous(&self, block: BlockIndex) -> Option<BlockIndex> {
        self.link(block, PREVIOUS)
    }

    #[inline]
    fn are_neighbours(&self, block: BlockIndex, next: BlockIndex) -> bool {
        // Compared only, so neither link needs a check.
        self.raw_link(next, PREVIOUS) == Some(block) && self.raw_link(block, NEXT) == Some(next)
    }

    #[inline]
    fn set_next(&mut self, block: BlockIndex, next: Option<BlockIndex>) {
        self.set_link(block, NEXT, next);
    }

    #[inline]
    fn set_previous(&mut self, block: BlockIndex, previous: Option<BlockIndex>) {
        self.set_link(block, PREVIOUS, previous);
    }

    #[cold]
    fn broken_link(&self, block: BlockIndex) -> ! {
        let payload = block.get().get() + block::HEADER_BYTES;
        self.misuse(Misuse::BrokenLink { payload })
    }
}
