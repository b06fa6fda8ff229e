//! Step 4: six fits, one heap, one request, and up to six answers.

use core::mem::MaybeUninit;

use anyhow::{Context as _, Result, ensure};
use heapwright_block::fit::AnyFit;
use heapwright_block::{Block, BlockState, GRANULE, HEADER_BYTES};
use heapwright_break::FixedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};
use crate::tour::picture::Note;
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

/// Between two holes there is a block in use, or they would be one hole.
const SEPARATOR_BYTES: usize = 24;
/// The payloads that become holes, in the order of their addresses, with the names that they
/// have until they are freed, and those of the separators behind them.
const HOLES: [(char, usize, char); 7] = [
    ('a', 504, 'A'),
    ('b', 6136, 'B'),
    ('c', 8184, 'C'),
    ('d', 32_760, 'D'),
    ('e', 7160, 'E'),
    ('f', 4184, 'F'),
    ('g', 4216, 'G'),
];
/// The separator that is freed and allocated again before there are holes, so that next fit has
/// picked a block there.
const PICKED_BEFORE: char = 'D';
const REQUEST_BYTES: usize = 4184;

/// Exactly the blocks, the room before the first header and the mark at the end.
const BUFFER_BYTES: usize = {
    let mut bytes = GRANULE;
    let mut index = 0;
    while index < HOLES.len() {
        bytes += HOLES[index].1 + SEPARATOR_BYTES + 2 * HEADER_BYTES;
        index += 1;
    }
    bytes
};

/// The memory of the heaps: the same for each fit, so that the addresses are the same.
#[repr(C, align(4096))]
struct Buffer([MaybeUninit<u8>; BUFFER_BYTES]);

/// What one fit picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The fit.
    pub fit: AnyFit,
    /// The hole, as it was before.
    pub hole: Block,
}

/// One heap as six fits see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SixFits {
    /// The heap before the request: the same, byte for byte, for each fit.
    pub before: Snapshot,
    /// The block that was picked last before the request.
    pub picked_before: Block,
    /// The bytes asked for.
    pub requested_bytes: usize,
    /// The choices, in the order of [`AnyFit::ALL`].
    pub choices: Vec<Choice>,
}

impl Step for SixFits {
    const TITLE: &str = "Six fits choose";

    fn perform() -> Result<Self> {
        let mut buffer = Box::new(Buffer([MaybeUninit::uninit(); BUFFER_BYTES]));
        let mut choices = Vec::new();
        let mut first: Option<Snapshot> = None;
        for fit in AnyFit::ALL {
            let mut stage = Stage::new(FixedBreak::new(&mut buffer.0)?, fit);
            let before = build(&mut stage)?;
            let hole = stage.allocate('R', REQUEST_BYTES)? - HEADER_BYTES;
            let hole = before.at(hole).context("the fit has cut a hole in its middle")?;
            choices.push(Choice { fit, hole });
            let first = first.get_or_insert_with(|| before.clone());
            ensure!(*first == before, "the heap of {} fit is another one", fit.name());
        }
        let before = first.context("there is no fit")?;
        let picked_before = before.named(PICKED_BEFORE).context("a separator is missing")?;
        Ok(Self { before, picked_before, requested_bytes: REQUEST_BYTES, choices })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(&format!(
            "After a while a heap has holes. Which one serves a request for {} bytes, a block of \
             {}? The rule is called a fit. Six heaps were built in the same memory, one after the \
             other, with the same holes; each has another fit, and was asked once:",
            self.requested_bytes,
            self.requested_bytes + HEADER_BYTES,
        ));
        page.blank();
        page.heap_with_notes(&self.before.without_names(), &self.notes());
        page.blank();
        for Choice { fit, hole } in &self.choices {
            let mut line = Line::new();
            line.push_at(2, Ink::Strong, fit.name());
            line.push_at(9, Ink::Address, &format!("{:#x}", hole.header));
            line.push_at(25, Ink::Free, &format!("{} bytes", hole.size));
            line.push_at(37, Ink::Plain, &self.reason(*fit));
            page.push(line);
        }
        page.blank();
        page.prose(
            "None is the best for every program. First and best fit waste little; worst fit spends \
             the large holes that a later request would need; good fit comes close to best fit and \
             takes the same time however many holes there are. That is why it is the default.",
        );
    }
}

impl SixFits {
    /// What one fit picked.
    #[must_use]
    pub fn choice(&self, fit: AnyFit) -> Option<Block> {
        self.choices.iter().find(|choice| choice.fit == fit).map(|choice| choice.hole)
    }

    /// The holes that the request fits in, lowest first.
    pub fn holes_that_fit(&self) -> impl Iterator<Item = Block> {
        let size = self.requested_bytes + HEADER_BYTES;
        self.before.in_state(BlockState::Free).filter(move |hole| hole.size >= size)
    }

    fn notes(&self) -> Vec<Note> {
        let note = |choice: &Choice| Note {
            header: choice.hole.header,
            text: choice.fit.name().to_owned(),
        };
        self.choices.iter().map(note).collect()
    }

    fn reason(&self, fit: AnyFit) -> String {
        match fit {
            AnyFit::First => "the lowest that fits".to_owned(),
            AnyFit::Second => "the second lowest that fits".to_owned(),
            AnyFit::Next => {
                format!("the first above the one picked last, {:#x}", self.picked_before.header)
            }
            AnyFit::Best => "the smallest that fits, here exactly".to_owned(),
            AnyFit::Worst => "the largest".to_owned(),
            AnyFit::Good => "among the smallest that surely fit, without a search".to_owned(),
        }
    }
}

/// Lays the holes and separators, lets the fit pick one block, and opens the holes.
fn build(stage: &mut Stage<FixedBreak<'_>>) -> Result<Snapshot> {
    for (hole, bytes, separator) in HOLES {
        stage.allocate(hole, bytes)?;
        stage.allocate(separator, SEPARATOR_BYTES)?;
    }
    // The only free block besides the top: every fit picks it again.
    stage.free(PICKED_BEFORE);
    stage.allocate(PICKED_BEFORE, SEPARATOR_BYTES)?;
    for (hole, ..) in HOLES {
        stage.free(hole);
    }
    stage.snapshot()
}
