//! Step 8: a block gets another size, where it stands or elsewhere.

use anyhow::Result;
use heapwright_block::fit::AnyFit;
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Page};
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

/// What is written to a block before its size changes.
const PATTERN: u8 = 0x5A;

/// By which way a block gets its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It gives up its end.
    Shrinks,
    /// It takes from the free block behind it.
    TakesNeighbour,
    /// It is the last, and the break moves.
    MovesBreak,
    /// There is no room, so its contents move to another block.
    Moves,
}

/// One block whose size was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resized {
    /// How.
    pub way: Way,
    /// Its name.
    pub name: char,
    /// The bytes that it was asked for with at first.
    pub old_bytes: usize,
    /// The bytes asked for now.
    pub new_bytes: usize,
    /// The address of its payload before.
    pub old_payload: usize,
    /// The address after.
    pub new_payload: usize,
    /// Whether the contents are the same, as far as both sizes reach.
    pub is_content_kept: bool,
    /// The heap before.
    pub before: Snapshot,
    /// The heap after.
    pub after: Snapshot,
}

/// The four ways, in the order in which a heap tries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resizes {
    /// One for each way.
    pub resizes: [Resized; 4],
}

impl Step for Resizes {
    const TITLE: &str = "Realloc, in place and moved";

    fn perform() -> Result<Self> {
        let resizes = [
            resize(Way::Shrinks, 'A', 400, 100, None)?,
            resize(Way::TakesNeighbour, 'A', 100, 300, Some('B'))?,
            resize(Way::MovesBreak, 'C', 100, 6000, None)?,
            resize(Way::Moves, 'A', 100, 300, None)?,
        ];
        Ok(Self { resizes })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "To give a block another size, the simple way is a new block and a copy. A heap that \
             knows its neighbours can mostly do without: the pointer stays the same and nothing is \
             copied. It tries in this order.",
        );
        for (number, resized) in (1..).zip(&self.resizes) {
            let Resized { way, name, old_bytes, new_bytes, .. } = resized;
            let words = match way {
                Way::Shrinks => "it gives up its end",
                Way::TakesNeighbour => "it takes what it needs of the free block behind it",
                Way::MovesBreak => "it is the last block, so the break moves up",
                Way::Moves => "B is in the way, so it moves",
            };
            page.blank();
            page.line(
                Ink::Strong,
                &format!("  {number}. {name} from {old_bytes} bytes to {new_bytes}: {words}"),
            );
            page.heap_change(&resized.before, &resized.after);
            page.line(Ink::Plain, &resized.verdict());
        }
    }
}

impl Resized {
    fn verdict(&self) -> String {
        let Self { old_payload, new_payload, old_bytes, new_bytes, .. } = self;
        if old_payload == new_payload {
            return format!("  the payload stays at {old_payload:#x}, nothing is copied");
        }
        let copied = old_bytes.min(new_bytes);
        format!(
            "  the payload was at {old_payload:#x} and is at {new_payload:#x}, {copied} bytes are \
             copied"
        )
    }
}

/// Blocks A, B and C side by side, one of them freed where the act wants that; then one gets
/// another size.
fn resize(
    way: Way,
    name: char,
    old_bytes: usize,
    new_bytes: usize,
    freed: Option<char>,
) -> Result<Resized> {
    let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
    for each in ['A', 'B', 'C'] {
        stage.allocate(each, if each == name { old_bytes } else { 400 })?;
    }
    if let Some(freed) = freed {
        stage.free(freed);
    }
    stage.bytes_mut(name).fill(PATTERN);
    let before = stage.snapshot()?;
    let old_payload = before.named(name).map_or(0, |block| block.payload());
    let new_payload = stage.resize(name, new_bytes)?;
    let kept = &stage.bytes_mut(name)[..old_bytes.min(new_bytes)];
    let is_content_kept = kept.iter().all(|byte| *byte == PATTERN);
    Ok(Resized {
        way,
        name,
        old_bytes,
        new_bytes,
        old_payload,
        new_payload,
        is_content_kept,
        before,
        after: stage.snapshot()?,
    })
}
