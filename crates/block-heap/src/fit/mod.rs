//! Which free block to take: the policies, apart from everything that splits and joins.
//!
//! A *fit* keeps an index of the free blocks and picks one that is large enough. It sees blocks
//! through [`FreeBlocks`] (a size, two links, and an order of addresses), so the same six choose
//! blocks inside a heap's own memory here and spans described elsewhere in `heapwright-malloc`.
//!
//! | fit | picks | finds in | inserts in |
//! |---|---|---|---|
//! | [`FirstFit`] | the lowest block that fits | O(n) | O(n), short where frees are near each other |
//! | [`SecondFit`] | the second lowest that fits, else the first | O(n) | as first fit |
//! | [`NextFit`] | the first that fits above the last one picked | O(n) | as first fit |
//! | [`BestFit`] | the smallest that fits, the lowest of those | the blocks of one bin | O(1) |
//! | [`WorstFit`] | the largest | the blocks of one bin | O(1) |
//! | [`GoodFit`] | one of the smallest that fit | O(1) | O(1) |
//!
//! [`AnyFit`] is the choice among the six at run time.
//!
//! What the choice does to a heap over time: Wilson, Johnstone, Neely and Boles, "Dynamic Storage
//! Allocation: A Survey and Critical Review" (1995). First fit by address and best fit are the
//! consistently good ones; next fit scatters lifetimes; worst fit spends the large blocks.

mod address_list;
mod any;
mod best;
mod bins;
mod first;
mod good;
mod next;
mod second;
mod worst;

use core::num::NonZeroUsize;

pub use self::address_list::AddressList;
pub use self::any::{AnyFit, AnyState};
pub use self::best::BestFit;
pub use self::bins::Bins;
pub use self::first::FirstFit;
pub use self::good::GoodFit;
pub use self::next::{NextFit, Rover};
pub use self::second::SecondFit;
pub use self::worst::WorstFit;

/// The handle of a free block. Handles are ordered as the addresses of their blocks are; what
/// the number means is known to the owner of the blocks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct BlockIndex(NonZeroUsize);

impl BlockIndex {
    /// Wraps the owner's number.
    #[must_use]
    pub const fn new(index: NonZeroUsize) -> Self {
        Self(index)
    }

    /// The owner's number.
    #[must_use]
    pub const fn get(self) -> NonZeroUsize {
        self.0
    }
}

/// The free blocks of a heap as a fit sees them.
///
/// Sizes are counted in units of the owner's choice (granules in a block heap, slices in
/// `heapwright-malloc`); a size is at least 1.
///
/// # Guarantees
///
/// For a block that was inserted into a fit and not removed since:
///
/// 1. `size` does not change.
/// 2. `next` and `previous` return what `set_next` and `set_previous` stored last.
///
/// # Safety
///
/// Implementing this trait is a promise to keep the guarantees above. Its methods are safe
/// because only a [`Fit`] calls them, and a fit promises to name no block that it was not given.
pub unsafe trait FreeBlocks {
    /// The size of a block, in the owner's units.
    fn size(&self, block: BlockIndex) -> usize;

    /// The link stored by [`set_next`](FreeBlocks::set_next).
    fn next(&self, block: BlockIndex) -> Option<BlockIndex>;

    /// The link stored by [`set_previous`](FreeBlocks::set_previous).
    fn previous(&self, block: BlockIndex) -> Option<BlockIndex>;

    /// Whether the links of two blocks lead to each other.
    fn are_neighbours(&self, block: BlockIndex, next: BlockIndex) -> bool {
        self.next(block) == Some(next) && self.previous(next) == Some(block)
    }

    /// Stores a link in the block.
    fn set_next(&mut self, block: BlockIndex, next: Option<BlockIndex>);

    /// Stores a link in the block.
    fn set_previous(&mut self, block: BlockIndex, previous: Option<BlockIndex>);

    /// Called where the links of `block` do not lead back to it: somebody overwrote them, and
    /// the index is lost.
    fn broken_link(&self, block: BlockIndex) -> !;
}

/// A rule that picks a free block, with the index it needs for that.
///
/// # Guarantees
///
/// An implementation promises:
///
/// 1. It passes to [`FreeBlocks`] only blocks that were inserted and not removed since.
/// 2. `find` returns such a block, of at least the size asked for, and takes nothing out.
/// 3. `find` returns `None` only where no block fits, or, for a fit that is bounded in time,
///    where none fits among those it looks at; `visit` passes every block in the index once.
/// 4. No method panics or allocates.
///
/// # Safety
///
/// Implementing this trait is a promise to keep the guarantees above: a heap writes into the
/// block that a fit picked.
pub unsafe trait Fit {
    /// The index of free blocks.
    type State;

    /// An index that holds no block.
    const EMPTY: Self::State;

    /// Takes `block`, which has `size` units, into the index.
    ///
    /// # Safety
    ///
    /// `block` is one of `blocks`, free, not in the index, and of that size.
    unsafe fn insert<B: FreeBlocks>(
        state: &mut Self::State,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    );

    /// Takes `block`, which has `size` units, out of the index.
    ///
    /// # Safety
    ///
    /// `block` is in the index, and of that size.
    unsafe fn remove<B: FreeBlocks>(
        state: &mut Self::State,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    );

    /// Picks a block of at least `size` units, and leaves it in the index.
    ///
    /// # Safety
    ///
    /// `blocks` is what the blocks in the index belong to.
    unsafe fn find<B: FreeBlocks>(
        state: &mut Self::State,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex>;

    /// Picks a block of at least `size` units and takes it out of the index, where that is done in
    /// a few instructions. `None` says nothing: the heap goes on with `find` and `remove`, out of
    /// the way of its shortest path.
    ///
    /// # Safety
    ///
    /// `blocks` is what the blocks in the index belong to.
    #[inline]
    unsafe fn take_quickly<B: FreeBlocks>(
        state: &mut Self::State,
        blocks: &mut B,
        size: usize,
    ) -> Option<BlockIndex> {
        let _ = (state, blocks, size);
        None
    }

    /// Passes the blocks in the index to `visit`, until it returns `false`.
    ///
    /// # Safety
    ///
    /// `blocks` is what the blocks in the index belong to.
    unsafe fn visit<B: FreeBlocks>(
        state: &Self::State,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    );
}
