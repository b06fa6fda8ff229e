//! A sound and simple allocator, for mutants to differ from.
//!
//! ```text
//!   ├ margin ┼─ used ─┼╌╌╌ free ╌╌╌┼─ used ─┼╌╌╌╌ free ╌╌╌╌┼ margin ┤
//! ```
//!
//! First fit over ranges that are kept beside the memory, so that no wrong answer of a mutant
//! and no write of the suite can break them. Memory starts dirty.

use core::alloc::Layout;
use core::ptr::NonNull;
use std::alloc::System;
use std::collections::{BTreeMap, HashMap};

use core::alloc::GlobalAlloc;

/// Bytes that can be handed out.
pub(crate) const CAPACITY: usize = 4 << 20;
/// Bytes before and behind them, for answers that are wrong by a little.
const MARGIN: usize = 4096;
const GRANULE: usize = 8;
/// What memory holds before its first use.
const DIRT: u8 = 0xa5;

/// A block as the arena took it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) start: NonNull<u8>,
    pub(crate) len: usize,
}

/// # Invariants
///
/// 1. `free` holds disjoint offset ranges, no two of them adjacent; with the ranges of `live`
///    they cover `MARGIN..MARGIN + CAPACITY`.
#[derive(Debug)]
pub(crate) struct Arena {
    memory: NonNull<u8>,
    free: BTreeMap<usize, usize>,
    live: HashMap<usize, usize>,
    newest: Option<usize>,
    refused: bool,
    calls: usize,
}

impl Arena {
    pub(crate) fn new() -> Self {
        // SAFETY: the layout's size is not 0.
        let memory = NonNull::new(unsafe { System.alloc(Self::layout()) }).expect("a few MiB");
        // SAFETY: the memory is ours and of this size.
        unsafe { memory.write_bytes(DIRT, Self::layout().size()) };
        Self {
            memory,
            free: BTreeMap::from([(MARGIN, MARGIN + CAPACITY)]),
            live: HashMap::new(),
            newest: None,
            refused: false,
            calls: 0,
        }
    }

    /// First fit. The block may be longer than asked for.
    pub(crate) fn allocate(&mut self, layout: Layout) -> Option<Found> {
        let found = self.first_fit(layout);
        self.refused |= found.is_none();
        let (free_start, start, end) = found?;
        let free_end = self.free.remove(&free_start)?;
        for (from, to) in [(free_start, start), (end, free_end)] {
            if from < to {
                self.free.insert(from, to);
            }
        }
        self.live.insert(start, end);
        self.newest = Some(start);
        Some(Found { start: self.pointer(start), len: end - start })
    }

    /// Gives back the block that holds `payload`, where there is one.
    pub(crate) fn deallocate(&mut self, payload: NonNull<u8>) {
        let start = self.offset(payload);
        if let Some(end) = self.live.remove(&start) {
            self.release(start, end);
        }
        self.newest = self.newest.filter(|newest| *newest != start);
    }

    /// Cuts a block down to `size` bytes, rounded up.
    pub(crate) fn shrink(&mut self, payload: NonNull<u8>, size: usize) -> Option<Found> {
        let start = self.offset(payload);
        let end = *self.live.get(&start)?;
        let new_end = (start + rounded(size)?).min(end);
        self.live.insert(start, new_end);
        self.release(new_end, end);
        Some(Found { start: payload, len: new_end - start })
    }

    /// Whether a request was ever refused.
    pub(crate) const fn has_refused(&self) -> bool {
        self.refused
    }

    /// Now and then, a block inside the newest live one.
    pub(crate) fn inside_newest(&mut self, layout: Layout) -> Option<NonNull<[u8]>> {
        self.calls += 1;
        let newest = self.newest.filter(|_| self.calls.is_multiple_of(5))?;
        let start = self.aligned(newest + 1, layout.align())?;
        (start + layout.size() <= *self.live.get(&newest)?)
            .then(|| NonNull::slice_from_raw_parts(self.pointer(start), layout.size()))
    }

    /// One address for every block of size 0 of an alignment.
    pub(crate) fn shared(&self, align: usize) -> NonNull<u8> {
        self.pointer(self.aligned(0, align).unwrap_or(0))
    }

    /// The first byte behind a live block.
    pub(crate) fn behind(&self, payload: NonNull<u8>) -> Option<NonNull<u8>> {
        self.live.get(&self.offset(payload)).map(|end| self.pointer(*end))
    }

    fn first_fit(&self, layout: Layout) -> Option<(usize, usize, usize)> {
        let size = rounded(layout.size())?;
        self.free.iter().find_map(|(&free_start, &free_end)| {
            let start = self.aligned(free_start, layout.align().max(GRANULE))?;
            let end = start.checked_add(size)?;
            (end <= free_end).then_some((free_start, start, end))
        })
    }

    fn release(&mut self, mut start: usize, mut end: usize) {
        if start == end {
            return;
        }
        if let Some(behind_end) = self.free.remove(&end) {
            end = behind_end;
        }
        if let Some((&before, &before_end)) = self.free.range(..start).next_back()
            && before_end == start
        {
            start = before;
        }
        self.free.insert(start, end);
    }

    /// The first offset from `offset` on whose address is a multiple of `align`.
    fn aligned(&self, offset: usize, align: usize) -> Option<usize> {
        let base = self.memory.addr().get();
        (base + offset).checked_next_multiple_of(align).map(|address| address - base)
    }

    fn offset(&self, payload: NonNull<u8>) -> usize {
        payload.addr().get().wrapping_sub(self.memory.addr().get())
    }

    fn pointer(&self, offset: usize) -> NonNull<u8> {
        assert!(offset <= CAPACITY + 2 * MARGIN, "the arena points into itself");
        // SAFETY: inside the memory by the check above.
        unsafe { self.memory.add(offset) }
    }

    const fn layout() -> Layout {
        Layout::new::<[u64; (CAPACITY + 2 * MARGIN) / size_of::<u64>()]>()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: taken with this layout in `new`.
        unsafe { System.dealloc(self.memory.as_ptr(), Self::layout()) }
    }
}

/// Bytes set aside for `size`: at least one granule, so that every block has its own address.
fn rounded(size: usize) -> Option<usize> {
    size.max(1).checked_next_multiple_of(GRANULE)
}
