//! Blocks larger than a slot: spans of their own.
//!
//! ```text
//!   │ slice │ slice │ slice │
//!   ├─ bytes: whole pages ─┼─ not touched ┤
//! ```
//!
//! They are taken from and given back to the process's heap under its lock, by whatever thread.
//! A block is resized in place where it can be: inside of its last slice, into the free span
//! behind it, by moving the break. Where it must move and is large, its pages move by the
//! system's hand and no byte is copied.

use core::ptr::NonNull;
use core::sync::atomic::Ordering::Relaxed;

use heapwright_break::BreakError;

use crate::misuse;
use crate::process_heap::{ProcessHeap, with_started_heap};
use crate::region::Run;
use crate::slice::{Kind, Line, SLICE_BYTES, Slice, Tables};
use crate::span::Span;
use crate::sys::{self, PagesMoved};

/// The unit of a block's bytes, so that a block is as long as what the system gives it.
const UNIT_BYTES: usize = 4096;
/// From this size on, in bytes, moving pages is less work than copying.
const MOVE_BYTES_MIN: usize = 1 << 18;
/// Below this size, in bytes, a block is copied where pages for it are at hand: those it would lose
/// by the move, and get again one fault at a time, cost more than the copy.
const COPY_BYTES_MAX: usize = 1 << 20;
/// From this size on, in bytes, zeros come from new pages and are not written. It is as large as
/// glibc lets its threshold for mappings grow.
const CLEAR_BY_DISCARD_BYTES: usize = 32 << 20;
/// How many blocks whose pages were moved there are at the most. Each is a mapping of its own,
/// and the system allows a process 65 530.
const MOVED_MAX: u32 = 8192;

/// A block of its own.
pub(crate) struct Large {
    pub(crate) block: NonNull<u8>,
    pub(crate) bytes: usize,
    /// Whether all of it reads as zero.
    pub(crate) is_zero: bool,
}

/// Rounds a request up to whole units and to slices; `None` where it is larger than any heap.
fn measure(size: usize) -> Option<(usize, u32)> {
    let bytes = size.max(1).checked_next_multiple_of(UNIT_BYTES)?;
    if bytes > isize::MAX.unsigned_abs() {
        return None;
    }
    let slices = u32::try_from(bytes.div_ceil(SLICE_BYTES)).ok()?;
    Some((bytes, slices))
}

/// Whether any heap could hold a block of `size` bytes.
pub(crate) fn can_hold(size: usize) -> bool {
    measure(size).is_some()
}

impl ProcessHeap {
    /// A block of at least `size` bytes at a multiple of `align`, a power of two.
    pub(crate) fn take_large(&mut self, size: usize, align: usize) -> Result<Large, BreakError> {
        let (bytes, slices) = measure(size).ok_or(BreakError::Exhausted { needed: size })?;
        let span = if align <= SLICE_BYTES {
            self.spans.take(slices)?
        } else {
            self.spans.take_aligned(slices, align)?
        };
        Ok(self.describe_large(span, bytes))
    }

    fn describe_large(&mut self, span: Span, bytes: usize) -> Large {
        let tables = self.spans.tables();
        let line = tables.line(span.run.first);
        line.length.set(span.run.count);
        line.bytes.store(bytes, Relaxed);
        line.set_is_moved(false);
        line.set_kind(Kind::Large);
        Large { block: tables.address(span.run.first), bytes, is_zero: span.is_zero }
    }

    /// Takes a block back.
    pub(crate) fn give_large(&mut self, block: NonNull<u8>) {
        let (first, line) = block_at(self.spans.tables(), self.spans.region.end(), block);
        self.give_slices_of(line, Run { first, count: line.length.get() });
        if line.is_moved() {
            self.moved_count = self.moved_count.saturating_sub(1);
        }
    }

    /// Takes slices of a block back. Where its pages came from elsewhere they are replaced, so that
    /// the mapping of the heap is one again.
    fn give_slices_of(&mut self, line: &Line, run: Run) {
        let memory = self.spans.tables().memory(run.first, run.count);
        // SAFETY: whole pages, as they were moved, that nobody uses any more.
        if line.is_moved() && unsafe { sys::replace_pages(memory, self.break_kind()) } {
            self.spans.give_clean(run);
        } else {
            self.spans.give(run);
        }
    }

    /// Gives a block another size in its place, where that can be done.
    pub(crate) fn resize_large(&mut self, block: NonNull<u8>, size: usize) -> Option<usize> {
        let (first, line) = block_at(self.spans.tables(), self.spans.region.end(), block);
        let (bytes, slices) = measure(size)?;
        let run = Run { first, count: line.length.get() };
        // Pages that were moved are one mapping with all of their room, and what lies behind is
        // another: a block in two mappings could not be moved again.
        if slices > run.count && (line.is_moved() || !self.spans.extend(run, slices)) {
            return None;
        }
        let is_smaller = bytes < line.bytes.load(Relaxed);
        line.bytes.store(bytes, Relaxed);
        line.length.set(slices.max(run.count));
        if slices < run.count && is_smaller {
            line.length.set(slices);
            // SAFETY: inside of the block's span, behind its new end.
            let rest = unsafe { first.add(slices) };
            self.give_slices_of(line, Run { first: rest, count: run.count - slices });
        }
        Some(bytes)
    }

    /// Moves a block to another place that has room for `size` bytes, without a copy. `None` where
    /// that cannot be done, or a copy is less work.
    pub(crate) fn move_large(&mut self, block: NonNull<u8>, size: usize) -> Option<Large> {
        let tables = self.spans.tables();
        let (first, line) = block_at(tables, self.spans.region.end(), block);
        let bytes = line.bytes.load(Relaxed);
        if bytes < MOVE_BYTES_MIN || self.moved_count >= MOVED_MAX || size < bytes {
            return None;
        }
        // Who grows once grows again.
        let (room_bytes, slices) = measure(size)?;
        if bytes < COPY_BYTES_MAX && self.spans.has_dirty(slices) {
            return None;
        }
        let span = self.spans.take_roomy(slices).ok()?;
        let target = self.describe_large(span, room_bytes);
        // All slices, so that the pages behind the block's end read as zero as well.
        let run = Run { first, count: line.length.get() };
        let pages = tables.memory(first, run.count);
        let room = tables.memory(span.run.first, span.run.count);
        // SAFETY: two spans of their own, the second no shorter, whole pages unless pages are
        // larger than slices, where the call fails; the user gave the first one up, and the
        // second is nobody's yet.
        match unsafe { sys::move_pages(pages, room, self.break_kind()) } {
            PagesMoved::Yes => (),
            PagesMoved::No => {
                self.give_large(target.block);
                return None;
            }
            PagesMoved::Lost => sys::abort(),
        }
        if !line.is_moved() {
            self.moved_count += 1;
        }
        // What is left there are pages of zeros; new ones belong to the mapping around them. So
        // they do where the block never moved before, but QEMU's user mode takes them away.
        // SAFETY: whole pages, as they were moved, that nobody uses any more.
        unsafe { sys::replace_pages(pages, self.break_kind()) };
        self.spans.give_clean(run);
        tables.line(span.run.first).set_is_moved(true);
        Some(target)
    }
}

/// The slice and the line of the block that begins at `block`: anything else is misuse.
fn block_at(tables: Tables, end: u32, block: NonNull<u8>) -> (Slice, &'static Line) {
    let number = tables.number(block.as_ptr());
    let Some(number) = u32::try_from(number).ok().filter(|number| (1..end).contains(number)) else {
        misuse::no_block(block)
    };
    // SAFETY: not 0, and below the end of the region.
    let first = unsafe { Slice::new(number) };
    let line = tables.line(first);
    if line.kind() != Kind::Large || tables.address(first) != block {
        if line.kind() == Kind::Free && tables.address(first) == block {
            misuse::double_free(block);
        }
        misuse::no_block(block);
    }
    (first, line)
}

/// The bytes of a block of its own that its holder may write.
pub(crate) fn usable_bytes(tables: Tables, end: usize, block: NonNull<u8>) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "slices have numbers of 32 bits")]
    block_at(tables, end as u32, block).1.bytes.load(Relaxed)
}

/// A block of at least `size` bytes at a multiple of `align`, a power of two.
pub(crate) fn allocate(size: usize, align: usize) -> Option<Large> {
    with_started_heap(|process| process.take_large(size, align).ok()).flatten()
}

/// Zeroes the first `size` bytes of a block that was handed out just now.
///
/// A very large one gives its pages back instead: who asks for so many zeros may not touch them
/// all, and most of what was free there may never have been touched.
pub(crate) fn clear(large: &Large, size: usize) {
    if size >= CLEAR_BY_DISCARD_BYTES {
        let memory = NonNull::slice_from_raw_parts(large.block, large.bytes);
        let is_discarded = with_started_heap(|process| {
            let region = &process.spans.region;
            // SAFETY: the block is the caller's, and holds nothing yet.
            region.slices_are_pages().then(|| unsafe { region.discard_pages(memory) })
        });
        if is_discarded.flatten().is_some() {
            return;
        }
    }
    // SAFETY: the block has as many bytes, and they are the caller's.
    unsafe { large.block.write_bytes(0, size) };
}

/// Takes a block of its own back.
pub(crate) fn free(block: NonNull<u8>) {
    with_started_heap(|process| process.give_large(block));
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::Config;

    fn fill(large: &Large, byte: u8) {
        // SAFETY: the block is the test's.
        unsafe { large.block.write_bytes(byte, large.bytes) };
    }

    #[track_caller]
    fn assert_filled(block: NonNull<u8>, bytes: usize, byte: u8) {
        let written = NonNull::slice_from_raw_parts(block, bytes);
        // SAFETY: the block is the test's, and all of it was written.
        assert!(unsafe { written.as_ref() }.iter().all(|found| *found == byte));
    }

    /// A block that moves must be able to move again, wherever it lies: each refusal is a copy.
    #[test]
    fn large_blocks_move_without_a_copy_every_time() {
        let mut process = ProcessHeap::NOT_STARTED;
        process.start(Config::new());
        let mut size = MOVE_BYTES_MIN;
        let mut blocks: Vec<Large> = Vec::new();
        for byte in 0..20 {
            blocks.push(process.take_large(size, 1).unwrap());
            fill(&blocks[usize::from(byte)], byte);
        }
        for round in 0..6 {
            let larger = size + size / 4;
            for (byte, large) in (0..).zip(&mut blocks) {
                if process.resize_large(large.block, larger).is_none() {
                    let moved = process.move_large(large.block, larger);
                    *large = moved.unwrap_or_else(|| panic!("round {round}, block {byte}: copied"));
                }
                assert_filled(large.block, size, byte);
                large.bytes = larger;
                fill(large, byte);
            }
            size = larger;
            process.verify().unwrap();
        }
        assert_eq!(process.moved_count, 20);
        for large in blocks {
            process.give_large(large.block);
        }
        assert_eq!((process.moved_count, process.spans.live()), (0, 0));
    }

    #[test]
    fn small_moves_are_copies_where_memory_that_was_written_is_free() {
        let mut process = ProcessHeap::NOT_STARTED;
        process.start(Config::new());
        let spare = process.take_large(4 * COPY_BYTES_MAX, 1).unwrap();
        let small = process.take_large(COPY_BYTES_MAX / 2, 1).unwrap();
        let large = process.take_large(COPY_BYTES_MAX, 1).unwrap();
        let _wall = process.take_large(1, 1).unwrap();
        process.give_large(spare.block);
        assert!(process.move_large(small.block, COPY_BYTES_MAX).is_none());
        assert!(process.move_large(large.block, 3 * COPY_BYTES_MAX).is_some());
        process.spans.purge_down_to(0);
        assert!(process.move_large(small.block, COPY_BYTES_MAX).is_some());
        process.verify().unwrap();
    }
}
