//! The choice among the six fits at run time.

use super::{
    AddressList, BestFit, Bins, BlockIndex, FirstFit, Fit, FreeBlocks, GoodFit, NextFit, Rover,
    SecondFit, WorstFit,
};

/// One of the six fits, chosen at run time: one `match` a call.
///
/// # Examples
///
/// ```
/// use heapwright_block::{BlockHeap, Config, fit::AnyFit};
/// use heapwright_break::ReservedBreak;
///
/// let fit = AnyFit::from_name("best").unwrap_or(AnyFit::Good);
/// let heap: BlockHeap<_, AnyFit> =
///     BlockHeap::with_any_fit(ReservedBreak::new(1 << 20), Config::new(), fit);
/// assert_eq!(fit, AnyFit::Best);
/// # drop(heap);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyFit {
    /// [`FirstFit`].
    First,
    /// [`SecondFit`].
    Second,
    /// [`NextFit`].
    Next,
    /// [`BestFit`].
    Best,
    /// [`WorstFit`].
    Worst,
    /// [`GoodFit`].
    Good,
}

impl AnyFit {
    /// The six, in the order of the story.
    pub const ALL: [Self; 6] =
        [Self::First, Self::Second, Self::Next, Self::Best, Self::Worst, Self::Good];

    /// `first`, `second`, `next`, `best`, `worst` or `good`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Next => "next",
            Self::Best => "best",
            Self::Worst => "worst",
            Self::Good => "good",
        }
    }

    /// The fit of that [`name`](AnyFit::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fit| fit.name() == name)
    }

    /// The empty index of this fit.
    pub(crate) const fn state(self) -> AnyState {
        match self {
            Self::First => AnyState::First(FirstFit::EMPTY),
            Self::Second => AnyState::Second(SecondFit::EMPTY),
            Self::Next => AnyState::Next(NextFit::EMPTY),
            Self::Best => AnyState::Best(BestFit::EMPTY),
            Self::Worst => AnyState::Worst(WorstFit::EMPTY),
            Self::Good => AnyState::Good(GoodFit::EMPTY),
        }
    }
}

/// The index of the fit that was chosen.
#[derive(Debug)]
pub enum AnyState {
    /// Of [`FirstFit`].
    First(AddressList),
    /// Of [`SecondFit`].
    Second(AddressList),
    /// Of [`NextFit`].
    Next(Rover),
    /// Of [`BestFit`].
    Best(Bins),
    /// Of [`WorstFit`].
    Worst(Bins),
    /// Of [`GoodFit`].
    Good(Bins),
}

/// Calls the same function of whichever fit the state belongs to.
macro_rules! dispatch {
    ($state:expr, $function:ident($($argument:expr),*)) => {
        // SAFETY: the caller's conditions are those of the fit that is called.
        unsafe {
            match $state {
                AnyState::First(state) => FirstFit::$function(state, $($argument),*),
                AnyState::Second(state) => SecondFit::$function(state, $($argument),*),
                AnyState::Next(state) => NextFit::$function(state, $($argument),*),
                AnyState::Best(state) => BestFit::$function(state, $($argument),*),
                AnyState::Worst(state) => WorstFit::$function(state, $($argument),*),
                AnyState::Good(state) => GoodFit::$function(state, $($argument),*),
            }
        }
    };
}

// SAFETY: a state never changes its variant, and each of the six keeps the guarantees.
unsafe impl Fit for AnyFit {
    type State = AnyState;

    const EMPTY: AnyState = AnyFit::Good.state();

    unsafe fn insert<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        dispatch!(state, insert(blocks, block, size));
    }

    unsafe fn remove<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        dispatch!(state, remove(blocks, block, size));
    }

    unsafe fn find<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex> {
        dispatch!(state, find(blocks, size))
    }

    unsafe fn take_quickly<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        size: usize,
    ) -> Option<BlockIndex> {
        dispatch!(state, take_quickly(blocks, size))
    }

    unsafe fn visit<B: FreeBlocks>(
        state: &AnyState,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        dispatch!(state, visit(blocks, visit));
    }
}
