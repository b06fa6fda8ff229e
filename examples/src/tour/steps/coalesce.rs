//! Step 7: free neighbours become one block.

use anyhow::Result;
use heapwright_block::fit::AnyFit;
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Page};
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

const PAYLOAD_BYTES: usize = 88;

/// What a freed block joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// Its neighbours are in use.
    Nothing,
    /// The free block before it.
    Previous,
    /// The free block behind it.
    Next,
    /// The free blocks on both sides.
    Both,
    /// The free block before it and the top.
    PreviousAndTop,
}

/// Blocks in the order in which they are freed, and what each joins.
const FREES: [(char, Joins); 6] = [
    ('B', Joins::Nothing),
    ('C', Joins::Previous),
    ('F', Joins::Nothing),
    ('E', Joins::Next),
    ('D', Joins::Both),
    ('G', Joins::PreviousAndTop),
];

/// One block that was freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeAndJoin {
    /// The name that it had.
    pub name: char,
    /// What it joined, by the plan; the snapshots say whether that is so.
    pub joins: Joins,
    /// The heap before.
    pub before: Snapshot,
    /// The heap after.
    pub after: Snapshot,
}

/// Blocks A to G, freed one by one, but A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coalesce {
    /// The frees, in order.
    pub frees: Vec<FreeAndJoin>,
}

impl Step for Coalesce {
    const TITLE: &str = "Coalesce";

    fn perform() -> Result<Self> {
        let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
        for name in 'A'..='G' {
            stage.allocate(name, PAYLOAD_BYTES)?;
        }
        let mut frees = Vec::new();
        for (name, joins) in FREES {
            let before = stage.snapshot()?;
            stage.free(name);
            frees.push(FreeAndJoin { name, joins, before, after: stage.snapshot()? });
        }
        Ok(Self { frees })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "A heap that only splits ends up with small pieces alone. So a block that is freed \
             looks at its neighbours: behind it by its size, before it by the boundary tag, which \
             is there if a flag in its own header says so. Whatever is free becomes one block, at \
             once, and no two free blocks ever touch. Here all are in use at first:",
        );
        page.blank();
        if let Some(first) = self.frees.first() {
            page.heap(&first.before);
        }
        for FreeAndJoin { name, joins, after, .. } in &self.frees {
            let words = match joins {
                Joins::Nothing => "its neighbours are in use, so it stays alone",
                Joins::Previous => "it joins the free block before it",
                Joins::Next => "it joins the free block behind it",
                Joins::Both => "it joins both neighbours, and three blocks become one",
                Joins::PreviousAndTop => "it joins the block before it, and all becomes top",
            };
            page.blank();
            page.line(Ink::Strong, &format!("  {name} is freed: {words}"));
            page.heap(after);
        }
        page.blank();
        page.prose("At the end there is nothing but A and the top, as if the rest had never been.");
    }
}
