//! The runner: a script on a heap and on the shadow, step by step.
//!
//! ```text
//!   operation ─▶ heap ─▶ answer ─▶ shadow: may it be there?
//!                                  pattern: is what must be kept kept?  then fill it anew
//!                                  verify: is the heap whole, and exactly what is live live?
//! ```
//!
//! After the last step every block that is left is checked and given back, and the heap is
//! verified once more, empty.

use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;

use super::Operation;
use crate::pattern;
use crate::shadow::{Shadow, Violation};
use crate::subject::Subject;

/// A block larger than this was not granted in earnest, and filling it would end the process.
const GRANTED_SIZE_MAX: usize = 1 << 40;

/// What happened in a script that a heap passed, so that a test can tell that it tested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Allocations and resizes that were granted.
    pub granted_count: usize,
    /// Allocations and resizes that were refused.
    pub refused_count: usize,
    /// Blocks given back, those of the end included.
    pub freed_count: usize,
    /// Resizes that left the block where it was.
    pub resized_in_place_count: usize,
    /// Resizes that moved the block.
    pub moved_count: usize,
    /// The most bytes that were live at once, as asked for.
    pub live_bytes_peak: usize,
}

impl Tally {
    /// Both tallies as one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            granted_count: self.granted_count + other.granted_count,
            refused_count: self.refused_count + other.refused_count,
            freed_count: self.freed_count + other.freed_count,
            resized_in_place_count: self.resized_in_place_count + other.resized_in_place_count,
            moved_count: self.moved_count + other.moved_count,
            live_bytes_peak: self.live_bytes_peak.max(other.live_bytes_peak),
        }
    }
}

/// What a heap did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It handed out what it must not.
    Shadow(Violation),
    /// It granted more than any machine has.
    Impossible {
        /// What was asked for.
        layout: Layout,
    },
    /// The contents of a live block changed.
    Damaged {
        /// Where the block starts.
        payload: usize,
        /// The offset of the first byte that is wrong.
        offset: usize,
    },
    /// A resize lost contents that it had to keep.
    Lost {
        /// Where the block starts now.
        payload: usize,
        /// The offset of the first byte that is wrong.
        offset: usize,
        /// How many bytes had to be kept.
        kept: usize,
    },
    /// Memory that had to be zero was not.
    NotZeroed {
        /// Where the block starts.
        payload: usize,
        /// The offset of the first byte that is not zero.
        offset: usize,
    },
    /// The heap's own check failed.
    Verify(String),
    /// The heap panicked.
    Panicked(String),
}

/// Where a script failed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The number of the step, from 0; the length of the script for the clearing at its end.
    pub step: usize,
    /// The operation of that step; `None` for the clearing at the end.
    pub operation: Option<Operation>,
    /// What the heap did wrong.
    pub fault: Fault,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operation {
            Some(operation) => write!(formatter, "step {} ({operation:?})", self.step)?,
            None => write!(formatter, "giving back what was left after {} steps", self.step)?,
        }
        write!(formatter, ": {:x?}", self.fault)
    }
}

/// Takes `subject` through `script`, verifying it after each step.
///
/// # Errors
///
/// The first thing that the subject did wrong. Blocks that were live then stay allocated.
pub fn run(subject: &mut dyn Subject, script: &[Operation]) -> Result<Tally, Failure> {
    let mut run = Run {
        subject,
        shadow: Shadow::new(),
        live: Vec::new(),
        next_id: 0,
        live_bytes: 0,
        tally: Tally::default(),
    };
    for (step, &operation) in script.iter().enumerate() {
        run.step(operation).map_err(|fault| Failure { step, operation: Some(operation), fault })?;
    }
    run.clear().map_err(|fault| Failure { step: script.len(), operation: None, fault })?;
    Ok(run.tally)
}

#[derive(Clone, Copy)]
struct Live {
    payload: NonNull<[u8]>,
    layout: Layout,
    id: u64,
}

impl Live {
    fn address(&self) -> usize {
        self.payload.addr().get()
    }
}

/// # Invariants
///
/// 1. `live` are the blocks that the subject handed out and did not get back, and `shadow` holds
///    exactly these.
/// 2. Every live payload is filled with the pattern of its `id`, to its whole length.
struct Run<'s> {
    subject: &'s mut dyn Subject,
    shadow: Shadow,
    live: Vec<Live>,
    next_id: u64,
    live_bytes: usize,
    tally: Tally,
}

impl Run<'_> {
    fn step(&mut self, operation: Operation) -> Result<(), Fault> {
        let layout = operation.layout();
        match (operation, layout) {
            (Operation::Allocate { .. }, Some(layout)) => self.allocate(layout)?,
            (Operation::AllocateZeroed { .. }, Some(layout)) => self.allocate_zeroed(layout)?,
            (Operation::Resize { index, .. }, Some(layout)) if !self.live.is_empty() => {
                self.resize(index % self.live.len(), layout)?;
            }
            (Operation::Deallocate { index }, _) if !self.live.is_empty() => {
                self.deallocate(index % self.live.len())?;
            }
            (Operation::Trim { keep_bytes }, _) => self.subject.trim(keep_bytes),
            _ => {} // Nothing is live that could be resized or freed.
        }
        self.subject.verify(&self.shadow).map_err(Fault::Verify)
    }

    fn allocate(&mut self, layout: Layout) -> Result<(), Fault> {
        match self.subject.allocate(layout) {
            Some(payload) => self.accept(payload, layout),
            None => self.note_refusal(),
        }
    }

    fn allocate_zeroed(&mut self, layout: Layout) -> Result<(), Fault> {
        let Some(payload) = self.subject.allocate_zeroed(layout) else {
            return self.note_refusal();
        };
        check_possible(layout)?;
        let len = layout.size().min(payload.len());
        // SAFETY: the subject's memory is valid (`Subject`), and it says that it is zeroed.
        if let Some(offset) = unsafe { pattern::first_nonzero(payload.cast(), len) } {
            return Err(Fault::NotZeroed { payload: payload.addr().get(), offset });
        }
        self.accept(payload, layout)
    }

    fn deallocate(&mut self, index: usize) -> Result<(), Fault> {
        let block = self.live.swap_remove(index);
        check_contents(&block)?;
        self.shadow.deallocate(block.payload.cast()).map_err(Fault::Shadow)?;
        self.live_bytes -= block.layout.size();
        self.tally.freed_count += 1;
        // SAFETY: the block is live by invariant 1 and was allocated with this layout.
        unsafe { self.subject.deallocate(block.payload.cast(), block.layout) };
        Ok(())
    }

    fn resize(&mut self, index: usize, new: Layout) -> Result<(), Fault> {
        let block = self.live[index];
        check_contents(&block)?;
        // SAFETY: the block is live by invariant 1 and was allocated with this layout.
        let resized = unsafe { self.subject.resize(block.payload.cast(), block.layout, new) };
        let Some(payload) = resized else {
            check_contents(&block)?; // A refused resize changes nothing.
            return self.note_refusal();
        };
        check_possible(new)?;
        self.live.swap_remove(index);
        self.live_bytes -= block.layout.size();
        self.shadow.deallocate(block.payload.cast()).map_err(Fault::Shadow)?;
        let kept = block.layout.size().min(new.size()).min(payload.len());
        // SAFETY: the subject's memory is valid, and this much of it is what was filled before.
        if let Some(offset) = unsafe { pattern::first_damage(payload.cast(), kept, block.id) } {
            return Err(Fault::Lost { payload: payload.addr().get(), offset, kept });
        }
        if payload.addr() == block.payload.addr() {
            self.tally.resized_in_place_count += 1;
        } else {
            self.tally.moved_count += 1;
        }
        self.accept(payload, new)
    }

    fn accept(&mut self, payload: NonNull<[u8]>, layout: Layout) -> Result<(), Fault> {
        check_possible(layout)?;
        self.shadow.allocate(payload, layout).map_err(Fault::Shadow)?;
        let id = self.next_id;
        // SAFETY: the subject's memory is valid (`Subject`), and by the shadow no other live
        // block shares it.
        unsafe { pattern::fill(payload, id) };
        // INVARIANT: 1, the block is in the shadow; 2, it was filled just now.
        self.live.push(Live { payload, layout, id });
        self.next_id += 1;
        self.live_bytes += layout.size();
        self.tally.granted_count += 1;
        self.tally.live_bytes_peak = self.tally.live_bytes_peak.max(self.live_bytes);
        Ok(())
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "a refusal is one of the steps, and they may fail"
    )]
    fn note_refusal(&mut self) -> Result<(), Fault> {
        self.tally.refused_count += 1;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Fault> {
        while !self.live.is_empty() {
            self.deallocate(self.live.len() / 2)?;
        }
        self.subject.verify(&self.shadow).map_err(Fault::Verify)
    }
}

/// Checks that a granted layout is one that can be granted.
fn check_possible(layout: Layout) -> Result<(), Fault> {
    if layout.size() > GRANTED_SIZE_MAX { Err(Fault::Impossible { layout }) } else { Ok(()) }
}

/// Checks that a live block holds its pattern to its whole length.
fn check_contents(block: &Live) -> Result<(), Fault> {
    // SAFETY: the block is live and filled by the invariants of `Run`.
    let damage =
        unsafe { pattern::first_damage(block.payload.cast(), block.payload.len(), block.id) };
    match damage {
        Some(offset) => Err(Fault::Damaged { payload: block.address(), offset }),
        None => Ok(()),
    }
}
