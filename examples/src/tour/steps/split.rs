//! Step 5: what a block has too much becomes a block of its own.

use anyhow::{Context as _, Result};
use heapwright_block::fit::AnyFit;
use heapwright_block::{BLOCK_BYTES_MIN, Block, HEADER_BYTES};
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::Page;
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

const HOLE_BYTES: usize = 504;

/// One request that is served from a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The bytes asked for.
    pub requested_bytes: usize,
    /// The hole before.
    pub hole: Block,
    /// The heap before.
    pub before: Snapshot,
    /// The heap after; the new block is C.
    pub after: Snapshot,
}

/// A hole that is split, and one that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    /// The rest is large enough for a block.
    pub with_rest: Split,
    /// It is not.
    pub without_rest: Split,
}

impl Step for Splits {
    const TITLE: &str = "Split";

    fn perform() -> Result<Self> {
        // This is less than the hole by half of the smallest block.
        let nearly_all = HOLE_BYTES - BLOCK_BYTES_MIN / 2;
        Ok(Self { with_rest: serve(100)?, without_rest: serve(nearly_all)? })
    }

    fn tell(&self, page: &mut Page) {
        let Split { requested_bytes, hole, before, after } = &self.with_rest;
        page.prose(&format!(
            "The hole that a fit picks is often too large. To give away all of it would be waste, \
             so it is split: the first part serves the request, the rest becomes a free block with \
             a header of its own. Here is a hole of {} bytes, and a request for {requested_bytes}:",
            hole.size,
        ));
        page.blank();
        page.heap_change(before, after);
        page.blank();
        let Split { requested_bytes, hole, before, after } = &self.without_rest;
        let rest = hole.size - (requested_bytes + HEADER_BYTES);
        page.prose(&format!(
            "A free block needs room for a header, two links and a tag: {BLOCK_BYTES_MIN} bytes, \
             and every block is a multiple of that. Asked for {requested_bytes}, the same hole \
             would leave {rest}. They stay with C, which gets more than it asked for: internal \
             fragmentation.",
        ));
        page.blank();
        page.heap_change(before, after);
    }
}

fn serve(requested_bytes: usize) -> Result<Split> {
    let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
    let hole = stage.allocate('A', HOLE_BYTES)? - HEADER_BYTES;
    stage.allocate('B', 24)?;
    stage.free('A');
    let before = stage.snapshot()?;
    let hole = before.at(hole).context("the hole is not where A was")?;
    stage.allocate('C', requested_bytes)?;
    Ok(Split { requested_bytes, hole, before, after: stage.snapshot()? })
}
