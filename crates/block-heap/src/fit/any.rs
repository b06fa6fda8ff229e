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
    // First, so that the empty index of the default fit is all zeros: a heap in a `static` then
    // takes no room in the program's file.
    /// [`GoodFit`].
    Good,
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
    #[must_use]
    pub const fn state(self) -> AnyState {
        AnyState { fit: self, list: FirstFit::EMPTY, rover: NextFit::EMPTY, bins: GoodFit::EMPTY }
    }
}

/// The index of the fit that was chosen. The indexes of the others are empty; in a `static` they
/// are never touched.
#[derive(Debug)]
#[repr(C)]
pub struct AnyState {
    fit: AnyFit,
    list: AddressList,
    rover: Rover,
    // Last, as most of it is never touched.
    bins: Bins,
}

impl AnyState {
    /// Chooses another fit.
    ///
    /// # Safety
    ///
    /// Nothing is in the index.
    pub unsafe fn choose(&mut self, fit: AnyFit) {
        self.fit = fit;
    }

    /// The fit whose index it is.
    #[must_use]
    pub const fn fit(&self) -> AnyFit {
        self.fit
    }
}

/// Calls the same function of whichever fit the state belongs to.
macro_rules! dispatch {
    (($($reference:tt)+) $state:ident, $function:ident($($argument:expr),*)) => {
        // SAFETY: the caller's conditions are those of the fit that is called.
        unsafe {
            match $state.fit {
                AnyFit::First => FirstFit::$function($($reference)+ $state.list, $($argument),*),
                AnyFit::Second => SecondFit::$function($($reference)+ $state.list, $($argument),*),
                AnyFit::Next => NextFit::$function($($reference)+ $state.rover, $($argument),*),
                AnyFit::Best => BestFit::$function($($reference)+ $state.bins, $($argument),*),
                AnyFit::Worst => WorstFit::$function($($reference)+ $state.bins, $($argument),*),
                AnyFit::Good => GoodFit::$function($($reference)+ $state.bins, $($argument),*),
            }
        }
    };
}

// SAFETY: a state changes its fit only while it is empty, and each of the six keeps the guarantees.
unsafe impl Fit for AnyFit {
    type State = AnyState;

    const EMPTY: AnyState = AnyFit::Good.state();

    unsafe fn insert<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        dispatch!((&mut) state, insert(blocks, block, size));
    }

    unsafe fn remove<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        block: BlockIndex,
        size: usize,
    ) {
        dispatch!((&mut) state, remove(blocks, block, size));
    }

    unsafe fn find<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &B,
        size: usize,
    ) -> Option<BlockIndex> {
        dispatch!((&mut) state, find(blocks, size))
    }

    unsafe fn take_quickly<B: FreeBlocks>(
        state: &mut AnyState,
        blocks: &mut B,
        size: usize,
    ) -> Option<BlockIndex> {
        dispatch!((&mut) state, take_quickly(blocks, size))
    }

    unsafe fn visit<B: FreeBlocks>(
        state: &AnyState,
        blocks: &B,
        visit: &mut dyn FnMut(BlockIndex) -> bool,
    ) {
        dispatch!((&) state, visit(blocks, visit));
    }
}
