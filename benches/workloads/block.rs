//! A block of bytes from `malloc`, stamped so that a block that is handed out twice, moved
//! wrongly or overwritten is noticed.
//!
//! ```text
//!   ├─ tag, 8 bytes ─┼ … ┼─ mark ─┼ … ┼─ mark ─┼ … ┼─ mark ─┤
//!   start                 + 4096       + 8192        last byte
//! ```
//!
//! The tag is the caller's and is given back by [`Block::free`]: the workloads add the tags up.
//! The mark is made from the tag and the size. Each page of the block is written, as a program
//! would that asked for the memory to use it.

use core::{ffi::c_void, hint::black_box, ptr::NonNull};

const PAGE: usize = 4096;
const TAG: usize = size_of::<u64>();

/// Bytes from `malloc`, owned; forgetting one without [`Block::free`] leaks it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Block {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: the bytes are the block's own, and `free` may be called by any thread.
unsafe impl Send for Block {}

impl Block {
    /// `size` bytes, at least one, stamped with `tag`.
    #[inline]
    pub(crate) fn allocate(size: usize, tag: u64) -> Self {
        // SAFETY: `malloc` takes any size.
        let mut block = Self::take(unsafe { libc::malloc(size) }, size);
        block.stamp(tag);
        block
    }

    /// As [`Block::allocate`], with every byte written.
    pub(crate) fn filled(size: usize, tag: u64) -> Self {
        // SAFETY: `malloc` takes any size.
        let mut block = Self::take(unsafe { libc::malloc(size) }, size);
        // SAFETY: the block has `size` bytes, which nobody else uses.
        unsafe { block.start.write_bytes(mark(tag, size), size) }
        block.stamp(tag);
        block
    }

    /// As [`Block::allocate`], from `calloc`, which must have cleared what is looked at.
    pub(crate) fn zeroed(size: usize, tag: u64) -> Self {
        // SAFETY: `calloc` takes any size.
        let mut block = Self::take(unsafe { libc::calloc(1, size) }, size);
        let is_clear =
            (0..size).step_by(PAGE).chain([size - 1]).all(|offset| block.byte(offset) == 0);
        assert!(is_clear, "calloc of {size} bytes was not clear");
        block.stamp(tag);
        block
    }

    /// Changes the size by `realloc`; the tag must survive.
    pub(crate) fn resize(&mut self, size: usize) {
        let tag = self.check();
        // SAFETY: the block is live; the old pointer is not used again.
        let moved = unsafe { libc::realloc(self.start.as_ptr().cast(), size) };
        let kept = self.size.min(size);
        *self = Self::take(moved, size);
        let survived = tag_bytes(tag, kept) == tag_bytes(self.tag(), kept);
        assert!(survived, "realloc to {size} bytes lost the content");
        self.stamp(tag);
    }

    /// Checks the stamp, gives the memory back, and answers the tag: its lowest bytes where the
    /// block is smaller than a tag.
    #[inline]
    pub(crate) fn free(self) -> u64 {
        let tag = self.check();
        // SAFETY: the block is live, and ends here.
        unsafe { libc::free(black_box(self.start.as_ptr()).cast()) }
        tag
    }

    /// Adds one to the tag of a block of at least a tag's size, `count` times, each time in
    /// memory.
    pub(crate) fn count_up(&mut self, count: usize) {
        assert!(self.size == TAG, "no mark may depend on the tag");
        let word = self.start.cast::<u64>();
        for _ in 0..count {
            // SAFETY: the block has the bytes of a tag, aligned as `malloc` aligns; `stamp` wrote.
            let tag = unsafe { word.read_volatile() };
            // SAFETY: as before, and nobody else uses them.
            unsafe { word.write_volatile(tag.wrapping_add(1)) }
        }
    }

    /// Gives the block another tag and answers the one it had.
    #[inline]
    pub(crate) fn exchange_tag(&mut self, tag: u64) -> u64 {
        let before = self.check();
        self.stamp(tag);
        before
    }

    /// Takes what an allocation answered. The optimiser knows `malloc` by its name: seeing the
    /// pointer go nowhere it would remove the call, or make `calloc` of it.
    #[inline]
    fn take(start: *mut c_void, size: usize) -> Self {
        let Some(start) = NonNull::new(black_box(start).cast::<u8>()) else {
            out_of_memory(size);
        };
        Self { start, size }
    }

    #[inline]
    fn stamp(&mut self, tag: u64) {
        if self.size < TAG {
            for (offset, byte) in tag.to_le_bytes().into_iter().take(self.size).enumerate() {
                self.put(offset, byte);
            }
            return;
        }
        // SAFETY: the block has at least the bytes of a tag, which nobody else uses.
        unsafe { self.start.cast::<u64>().write_unaligned(tag) }
        let mark = mark(tag, self.size);
        let mut offset = PAGE;
        while offset < self.size {
            self.put(offset, mark);
            offset += PAGE;
        }
        if self.size > TAG {
            self.put(self.size - 1, mark);
        }
    }

    /// Checks that the stamp is whole, and answers the tag.
    #[inline]
    pub(crate) fn check(&self) -> u64 {
        let tag = self.tag();
        let mark = mark(tag, self.size);
        let mut offset = PAGE;
        let mut is_whole = self.size <= TAG || self.byte(self.size - 1) == mark;
        while offset < self.size {
            is_whole &= self.byte(offset) == mark;
            offset += PAGE;
        }
        if !is_whole {
            overwritten(self);
        }
        tag
    }

    #[inline]
    fn tag(&self) -> u64 {
        if self.size >= TAG {
            // SAFETY: the block has at least the bytes of a tag; `stamp` wrote them.
            return unsafe { self.start.cast::<u64>().read_unaligned() };
        }
        let mut bytes = [0; TAG];
        for (offset, byte) in bytes.iter_mut().take(self.size).enumerate() {
            *byte = self.byte(offset);
        }
        u64::from_le_bytes(bytes)
    }

    #[inline]
    fn put(&mut self, offset: usize, byte: u8) {
        // SAFETY: every caller's offset is below `size`.
        let place = unsafe { self.start.add(offset) };
        // SAFETY: the byte lies in the block, which nobody else uses.
        unsafe { place.write(byte) }
    }

    #[inline]
    fn byte(&self, offset: usize) -> u8 {
        // SAFETY: every caller's offset is below `size`.
        let place = unsafe { self.start.add(offset) };
        // SAFETY: the byte lies in the block, and `stamp` or `calloc` wrote it.
        unsafe { place.read() }
    }
}

/// The byte that stands for a tag at the end of a block and in each of its pages.
#[inline]
const fn mark(tag: u64, size: usize) -> u8 {
    let folded = tag ^ (tag >> 32) ^ size as u64;
    (folded ^ (folded >> 8)).to_le_bytes()[0]
}

/// The part of a tag that a block of `size` bytes can hold.
const fn tag_bytes(tag: u64, size: usize) -> u64 {
    if size < TAG { tag & ((1 << (8 * size)) - 1) } else { tag }
}

/// Ends the process: the workloads have no use for less memory.
#[cold]
pub(crate) fn out_of_memory(size: usize) -> ! {
    panic!("no memory for {size} bytes");
}

#[cold]
fn overwritten(block: &Block) -> ! {
    panic!("the block of {} bytes at {:p} was overwritten", block.size, block.start);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 9] = [1, 7, 8, 9, 100, 4096, 4097, 8192, 100_000];
    const MAKERS: [fn(usize, u64) -> Block; 3] = [Block::allocate, Block::filled, Block::zeroed];

    #[test]
    fn the_tag_comes_back_as_far_as_it_fits() {
        let tag = 0x0123_4567_89ab_cdef;
        for size in SIZES {
            for make in MAKERS {
                assert_eq!(make(size, tag).free(), tag_bytes(tag, size), "{size}");
            }
        }
    }

    #[test]
    fn the_tag_survives_a_resize() {
        for (before, after) in SIZES.into_iter().zip(SIZES.into_iter().rev()) {
            let mut block = Block::allocate(before, u64::MAX);
            block.resize(after);
            assert_eq!(block.size, after);
            let kept = tag_bytes(u64::MAX, before.min(after));
            assert_eq!(tag_bytes(block.free(), before.min(after)), kept);
        }
    }

    #[test]
    #[should_panic(expected = "was overwritten")]
    fn an_overwritten_page_is_noticed() {
        let mut block = Block::allocate(10_000, 5);
        block.put(8192, !block.byte(8192));
        block.free();
    }

    #[test]
    #[should_panic(expected = "was overwritten")]
    fn another_blocks_tag_is_noticed() {
        let mut block = Block::allocate(64, 5);
        block.put(0, 6);
        block.free();
    }
}
