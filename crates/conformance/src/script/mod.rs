//! Scripts: operations that any heap can be taken through.
//!
//! ```text
//!   generate(profile, seed, steps) ─┐
//!   proptest: vec(operation)       ─┼─▶ [Operation] ─▶ run(subject, script) ─▶ Tally
//!   libFuzzer: decode(bytes)       ─┘         ▲                  └─▶ Failure ─┐
//!                                             └──────── minimise ◀────────────┘
//! ```
//!
//! Every list of operations is a script: a block is named by its place among the live ones,
//! counted round, so that any operation can be left out and the rest still means something.
//!
//! This file knows what an operation is. Where scripts come from is in `generate.rs` and
//! `decode.rs`, what happens to them in `run.rs`, and how a failing one becomes short in
//! `minimise.rs`; `seeded.rs` ties them together for a test.

mod decode;
mod generate;
mod minimise;
mod run;
mod seeded;

use core::alloc::Layout;

pub use self::decode::decode;
pub use self::generate::{Profile, generate};
pub use self::minimise::minimise;
pub use self::run::{Failure, Fault, Tally, run};
pub use self::seeded::{check_seeds, run_caught, steps_from_environment};

/// One step of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Allocate a block and fill it.
    Allocate {
        /// The size in bytes.
        size: usize,
        /// The alignment, a power of two.
        align: usize,
    },
    /// Allocate a block, see that it is zero, and fill it.
    AllocateZeroed {
        /// The size in bytes.
        size: usize,
        /// The alignment, a power of two.
        align: usize,
    },
    /// Check a live block's contents and give it back.
    Deallocate {
        /// Which of the live blocks, counted round.
        index: usize,
    },
    /// Check a live block's contents, resize it, and check what must have been kept.
    Resize {
        /// Which of the live blocks, counted round.
        index: usize,
        /// The new size in bytes.
        size: usize,
        /// The new alignment, a power of two.
        align: usize,
    },
    /// Give free memory back to the source.
    Trim {
        /// How many free bytes the heap may keep at its top.
        keep_bytes: usize,
    },
}

impl Operation {
    /// The layout that the operation asks for, if it asks for one.
    ///
    /// # Panics
    ///
    /// Where size and alignment are no layout: the script is wrong then, not the heap.
    #[must_use]
    pub fn layout(self) -> Option<Layout> {
        match self {
            Self::Allocate { size, align }
            | Self::AllocateZeroed { size, align }
            | Self::Resize { size, align, .. } => {
                Some(Layout::from_size_align(size, align).expect("a script holds valid layouts"))
            }
            Self::Deallocate { .. } | Self::Trim { .. } => None,
        }
    }
}

/// The largest size that a layout of this alignment can have.
const fn size_max(align: usize) -> usize {
    isize::MAX.unsigned_abs() - (align - 1)
}
