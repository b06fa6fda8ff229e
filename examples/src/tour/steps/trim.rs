//! Step 10: memory goes back to the system.

use anyhow::{Context as _, Result};
use heapwright_block::fit::AnyFit;
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Page};
use crate::tour::resident::resident_bytes;
use crate::tour::size::in_words;
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

const LARGE_BYTES: usize = 1 << 20;

/// The heap at one moment, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The heap.
    pub heap: Snapshot,
    /// The bytes of it that have real memory.
    pub resident_bytes: usize,
}

/// A large block that went, and a small one that kept the break up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trimmed {
    /// Both blocks in use.
    pub full: Moment,
    /// The large block is free, the small one behind it is not.
    pub held: Moment,
    /// What `trim` gave back then.
    pub trimmed_held: usize,
    /// What `trim` gave back after the small block was freed, too.
    pub trimmed: usize,
    /// After that.
    pub empty: Moment,
}

impl Step for Trimmed {
    const TITLE: &str = "Trim lowers the break";

    fn perform() -> Result<Self> {
        let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
        stage.allocate('K', 200)?;
        stage.allocate('A', LARGE_BYTES)?;
        stage.allocate('B', 100)?;
        stage.bytes_mut('A').fill(1);
        // What the last growth took too much goes first, so that only blocks are in question.
        stage.trim();
        let full = moment(&stage)?;
        stage.free('A');
        let trimmed_held = stage.trim();
        let held = moment(&stage)?;
        stage.free('B');
        let trimmed = stage.trim();
        Ok(Self { full, held, trimmed_held, trimmed, empty: moment(&stage)? })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "Free memory stays with the heap, for the next request. To give it back to the system, \
             the heap lowers the break: trim. That works for the free top only. Here A is large, \
             and every page of it was written to:",
        );
        page.blank();
        page.heap(&self.full.heap);
        page.line(Ink::Strong, &cost(&self.full));
        page.blank();
        page.prose(&format!(
            "Now A is free, and trim gives back {}: B is small, but it is the last block, and the \
             break cannot go below it.",
            match self.trimmed_held {
                0 => "nothing".to_owned(),
                bytes => in_words(bytes),
            },
        ));
        page.blank();
        page.heap(&self.held.heap);
        page.line(Ink::Strong, &cost(&self.held));
        page.blank();
        page.prose(&format!(
            "B goes as well, all joins the top, and trim gives back {}. Where memory must go back \
             at once, it helps to keep what lives long away from what lives short.",
            in_words(self.trimmed),
        ));
        page.blank();
        page.heap(&self.empty.heap);
        page.line(Ink::Strong, &cost(&self.empty));
    }
}

fn moment(stage: &Stage<ReservedBreak>) -> Result<Moment> {
    let span = stage.span().context("the heap has no memory")?;
    Ok(Moment { heap: stage.snapshot()?, resident_bytes: resident_bytes(span)? })
}

fn cost(moment: &Moment) -> String {
    format!("  {} resident below the break", in_words(moment.resident_bytes))
}
