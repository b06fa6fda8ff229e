//! The contract: what every allocator promises, one promise a check.
//!
//! ```text
//!   make() ─▶ a fresh allocator ─▶ alignment ─┐
//!   make() ─▶ a fresh allocator ─▶ zeroed    ─┼─▶ [Broken { promise, what }]
//!   make() ─▶ a fresh allocator ─▶ …         ─┘
//! ```
//!
//! The promises are those of [`Allocator`]'s documentation, and with [`Promises`] a few that an
//! allocator may add. This file lists the checks; they stand in `layouts.rs` (where blocks lie),
//! `contents.rs` (what is in them), `refusals.rs` (what no heap can serve), and
//! `exhaustion.rs` (what one heap cannot serve now). `keeper.rs` holds what they share.

mod contents;
mod exhaustion;
mod global;
mod keeper;
mod layouts;
mod refusals;

use core::fmt;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use allocator_api2::alloc::Allocator;

use crate::panic_message::panic_message;

pub use self::global::ByGlobalAlloc;

/// What an allocator promises beyond the trait, and how much the checks may ask of it.
///
/// A heap under test must hold about 2 MiB, and four blocks of `size_max` and of `align_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// Every power of two up to this must be served as an alignment.
    pub align_max: usize,
    /// The largest block that is asked for and must be served.
    pub size_max: usize,
    /// Whether blocks of size 0 have addresses of their own.
    pub zero_size: ZeroSize,
    /// Where there is a bound, the heap must refuse before this many bytes are live, and must
    /// recover from it; where there is none, it is not driven to its end.
    pub bytes_max: Option<usize>,
}

impl Promises {
    /// What every allocator must do: alignments to 64 KiB, blocks to 256 KiB.
    pub const BASIC: Self = Self {
        align_max: 64 << 10,
        size_max: 256 << 10,
        zero_size: ZeroSize::MayShare,
        bytes_max: None,
    };
}

/// What blocks of size 0 are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroSize {
    /// They may share an address, with each other and with anything.
    MayShare,
    /// Each is distinct from every live block.
    Distinct,
}

/// A promise that an allocator broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name of the check.
    pub promise: &'static str,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.promise, self.what)
    }
}

/// Checks everything that [`Promises::BASIC`] says, each promise on a fresh allocator.
///
/// # Panics
///
/// With every broken promise, where there is one.
///
/// ```
/// use allocator_api2::alloc::Global;
/// use heapwright_conformance::contract;
///
/// contract::check(|| Global);
/// ```
pub fn check<A: Allocator>(make: impl Fn() -> A) {
    check_with(Promises::BASIC, make);
}

/// Checks everything that `promises` says, each promise on a fresh allocator.
///
/// # Panics
///
/// With every broken promise, where there is one.
pub fn check_with<A: Allocator>(promises: Promises, make: impl Fn() -> A) {
    let broken = broken_promises(promises, make);
    let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "broken promises:\n{}", lines.join("\n"));
}

/// Every promise that allocators made by `make` break, in the order of the checks.
///
/// A check ends at the first thing that it finds wrong, and a panic in an allocator is one.
#[must_use]
pub fn broken_promises<A: Allocator>(promises: Promises, make: impl Fn() -> A) -> Vec<Broken> {
    let broken = |&(promise, check): &(&'static str, Check)| {
        let checked = catch_unwind(AssertUnwindSafe(|| check(&promises, &make())));
        let what = match checked {
            Ok(result) => result.err()?,
            Err(panic) => format!("the allocator panicked: {}", panic_message(&*panic)),
        };
        Some(Broken { promise, what })
    };
    CHECKS.iter().filter_map(broken).collect()
}

/// One check. Behind a pointer, so that it is compiled once and not for every allocator.
type Check = fn(&Promises, &dyn Allocator) -> Result<(), String>;

const CHECKS: [(&str, Check); 16] = [
    ("every alignment is kept", layouts::every_alignment_is_kept),
    ("every size is granted whole", layouts::every_size_is_granted_whole),
    ("blocks do not overlap", layouts::blocks_do_not_overlap),
    ("blocks are freed in any order", layouts::blocks_are_freed_in_any_order),
    ("excess is the caller's", layouts::excess_is_the_callers),
    ("size zero is a block", layouts::size_zero_is_a_block),
    ("zeroed memory is zero", contents::zeroed_memory_is_zero),
    ("grow keeps contents", contents::grow_keeps_contents),
    ("grow_zeroed keeps and zeroes", contents::grow_zeroed_keeps_and_zeroes),
    ("shrink keeps contents", contents::shrink_keeps_contents),
    ("resize changes alignment", contents::resize_changes_alignment),
    ("growing side by side keeps contents", contents::growing_side_by_side_keeps_contents),
    ("huge sizes are refused", refusals::huge_sizes_are_refused),
    ("huge alignments are refused", refusals::huge_alignments_are_refused),
    ("a refused resize changes nothing", refusals::a_refused_resize_changes_nothing),
    ("exhaustion leaves the heap usable", exhaustion::leaves_the_heap_usable),
];
