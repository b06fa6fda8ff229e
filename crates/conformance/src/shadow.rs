//! The shadow: who owns which address, kept beside the heap and outside its memory.
//!
//! ```text
//!   heap      ├─ used ─┼╌ free ╌┼─ used ─┼▒ foreign ▒┼─ used ─┼╌ free ╌┤
//!   shadow    { start ─▶ end, state }  for every range that is not free
//! ```
//!
//! Every answer of a heap is entered here first, and an answer that a heap must not give is a
//! [`Violation`]. The idea is that of rlsf's `ShadowAllocator`. Contents are not its business
//! (`pattern.rs`), and neither is the order of calls (`script/run.rs`).

use core::alloc::Layout;
use core::ops::Range;
use core::ptr::NonNull;
use std::collections::BTreeMap;

/// An answer or a request that breaks the map.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The block is shorter than what was asked for.
    TooShort {
        /// The block's length in bytes.
        len: usize,
        /// What was asked for.
        layout: Layout,
    },
    /// The block does not start at a multiple of its alignment.
    Misaligned {
        /// Where it starts.
        address: usize,
        /// What was asked for.
        layout: Layout,
    },
    /// The block ends beyond the address space.
    Wraps {
        /// Where it starts.
        address: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// The block shares bytes with one that is in use, or with foreign memory.
    Overlap {
        /// The new block.
        block: Range<usize>,
        /// What is there already.
        other: Range<usize>,
        /// Who owns what is there.
        state: State,
    },
    /// A block lies outside the memory of its heap.
    OutOfHeap {
        /// The block.
        block: Range<usize>,
        /// The heap.
        heap: Range<usize>,
    },
    /// No block in use starts here, so it cannot be freed.
    NotInUse {
        /// The address that was to be freed.
        address: usize,
    },
}

/// Who owns a range that is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The heap handed it out.
    Used,
    /// It belongs to somebody else, as the gaps of a moved break do.
    Foreign,
}

/// The map from addresses to owners.
///
/// # Invariants
///
/// 1. The ranges of `ranges` are not empty and do not overlap.
/// 2. `empty` counts the live blocks of length 0 by address; none of them is in `ranges`.
#[derive(Debug, Clone, Default)]
pub struct Shadow {
    ranges: BTreeMap<usize, (usize, State)>,
    empty: BTreeMap<usize, usize>,
}

impl Shadow {
    /// An empty map: everything is free.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: BTreeMap::new(), empty: BTreeMap::new() }
    }

    /// Enters a block that the heap handed out for `layout`.
    ///
    /// # Errors
    ///
    /// [`Violation::TooShort`], [`Violation::Misaligned`], [`Violation::Wraps`] or
    /// [`Violation::Overlap`]; the map is unchanged then.
    pub fn allocate(&mut self, block: NonNull<[u8]>, layout: Layout) -> Result<(), Violation> {
        let address = block.addr().get();
        let len = block.len();
        if len < layout.size() {
            return Err(Violation::TooShort { len, layout });
        }
        if !address.is_multiple_of(layout.align()) {
            return Err(Violation::Misaligned { address, layout });
        }
        self.enter(address, len, State::Used)
    }

    /// Enters memory that belongs to somebody else.
    ///
    /// # Errors
    ///
    /// [`Violation::Overlap`] where something is there already.
    pub fn mark_foreign(&mut self, range: Range<usize>) -> Result<(), Violation> {
        self.enter(range.start, range.len(), State::Foreign)
    }

    /// Takes out the block that starts at `payload` and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// [`Violation::NotInUse`] where no block in use starts there.
    pub fn deallocate(&mut self, payload: NonNull<u8>) -> Result<usize, Violation> {
        let address = payload.addr().get();
        if let Some(&(end, State::Used)) = self.ranges.get(&address) {
            self.ranges.remove(&address);
            return Ok(end - address);
        }
        let count = self.empty.get_mut(&address).ok_or(Violation::NotInUse { address })?;
        *count -= 1;
        if *count == 0 {
            self.empty.remove(&address);
        }
        Ok(0)
    }

    /// Checks that every block in use lies inside `heap`.
    ///
    /// # Errors
    ///
    /// [`Violation::OutOfHeap`] with the first that does not.
    pub fn check_within(&self, heap: &Range<usize>) -> Result<(), Violation> {
        for block in self.used() {
            if block.start < heap.start || heap.end < block.end {
                return Err(Violation::OutOfHeap { block, heap: heap.clone() });
            }
        }
        Ok(())
    }

    /// The blocks in use by address, without those of length 0.
    pub fn used(&self) -> impl Iterator<Item = Range<usize>> {
        self.ranges
            .iter()
            .filter(|(_, (_, state))| *state == State::Used)
            .map(|(&start, &(end, _))| start..end)
    }

    /// How many blocks are in use, those of length 0 included.
    #[must_use]
    pub fn used_count(&self) -> usize {
        self.used().count() + self.empty.values().sum::<usize>()
    }

    /// Whether a block in use starts at `address`.
    #[must_use]
    pub fn is_used(&self, address: usize) -> bool {
        matches!(self.ranges.get(&address), Some((_, State::Used)))
            || self.empty.contains_key(&address)
    }

    fn enter(&mut self, start: usize, len: usize, state: State) -> Result<(), Violation> {
        let Some(end) = start.checked_add(len) else {
            return Err(Violation::Wraps { address: start, len });
        };
        if len == 0 {
            *self.empty.entry(start).or_insert(0) += 1;
            return Ok(());
        }
        // By invariant 1 the last range that starts below `end` is the one that reaches furthest.
        if let Some((&other, &(other_end, owner))) = self.ranges.range(..end).next_back()
            && start < other_end
        {
            let (block, other) = (start..end, other..other_end);
            return Err(Violation::Overlap { block, other, state: owner });
        }
        // INVARIANT: 1, the range is not empty and overlaps none; 2, its length is not 0.
        self.ranges.insert(start, (end, state));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::ptr;

    use super::*;

    const LAYOUT: Layout = Layout::new::<[u64; 4]>();

    fn block(address: usize, len: usize) -> NonNull<[u8]> {
        let start = NonNull::new(ptr::without_provenance_mut(address)).expect("not null");
        NonNull::slice_from_raw_parts(start, len)
    }

    fn shadow_with(address: usize, len: usize) -> Shadow {
        let mut shadow = Shadow::new();
        shadow.allocate(block(address, len), LAYOUT).expect("the map was empty");
        shadow
    }

    #[test]
    fn neighbours_are_no_overlap() {
        let mut shadow = shadow_with(0x1000, 32);
        assert_eq!(shadow.allocate(block(0x1020, 32), LAYOUT), Ok(()));
        assert_eq!(shadow.allocate(block(0x0fe0, 32), LAYOUT), Ok(()));
        assert_eq!(shadow.used_count(), 3);
    }

    #[test]
    fn every_shared_byte_is_an_overlap() {
        for (address, len) in [(0x1018, 32), (0x0fe8, 32), (0x0ff8, 64), (0x1000, 32)] {
            let result = shadow_with(0x1000, 32).allocate(block(address, len), LAYOUT);
            assert!(matches!(result, Err(Violation::Overlap { .. })), "{address:#x}: {result:?}");
        }
        let mut shadow = shadow_with(0x1000, 64);
        let inside = shadow.allocate(block(0x1008, 8), Layout::new::<u64>());
        assert!(matches!(inside, Err(Violation::Overlap { .. })), "{inside:?}");
    }

    #[test]
    fn foreign_memory_is_neither_handed_out_nor_freed() {
        let mut shadow = Shadow::new();
        shadow.mark_foreign(0x1000..0x2000).expect("the map was empty");
        let result = shadow.allocate(block(0x1ff8, 32), LAYOUT);
        assert!(matches!(result, Err(Violation::Overlap { state: State::Foreign, .. })));
        let freed = shadow.deallocate(block(0x1000, 0).cast());
        assert_eq!(freed, Err(Violation::NotInUse { address: 0x1000 }));
    }

    #[test]
    fn only_the_start_of_a_live_block_can_be_freed_and_only_once() {
        let mut shadow = shadow_with(0x1000, 32);
        let inside = shadow.deallocate(block(0x1008, 0).cast());
        assert_eq!(inside, Err(Violation::NotInUse { address: 0x1008 }));
        assert_eq!(shadow.deallocate(block(0x1000, 0).cast()), Ok(32));
        let again = shadow.deallocate(block(0x1000, 0).cast());
        assert_eq!(again, Err(Violation::NotInUse { address: 0x1000 }));
    }

    #[test]
    fn short_misaligned_wrapping_and_outlying_blocks_are_refused() {
        let mut shadow = Shadow::new();
        let short = shadow.allocate(block(0x1000, 31), LAYOUT);
        assert!(matches!(short, Err(Violation::TooShort { len: 31, .. })));
        let misaligned = shadow.allocate(block(0x1004, 32), LAYOUT);
        assert!(matches!(misaligned, Err(Violation::Misaligned { address: 0x1004, .. })));
        let wraps = shadow.allocate(block(usize::MAX - 7, 32), LAYOUT);
        assert!(matches!(wraps, Err(Violation::Wraps { .. })), "{wraps:?}");
        let outlying = shadow_with(0x1000, 32).check_within(&(0x1000..0x101f));
        assert!(matches!(outlying, Err(Violation::OutOfHeap { .. })));
        assert_eq!(shadow_with(0x1000, 32).check_within(&(0x1000..0x1020)), Ok(()));
    }

    #[test]
    fn empty_blocks_may_share_an_address_and_are_counted() {
        let nothing = Layout::new::<()>();
        let mut shadow = Shadow::new();
        for _ in 0..2 {
            shadow.allocate(block(1, 0), nothing).expect("empty blocks overlap nothing");
        }
        assert_eq!(shadow.used_count(), 2);
        assert_eq!(shadow.deallocate(block(1, 0).cast()), Ok(0));
        assert_eq!(shadow.deallocate(block(1, 0).cast()), Ok(0));
        assert!(shadow.deallocate(block(1, 0).cast()).is_err());
    }
}
