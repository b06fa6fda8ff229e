//! Step 6: what `free` writes, and what it leaves.

use anyhow::{Context as _, Result};
use heapwright_block::Block;
use heapwright_block::fit::AnyFit;
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

const WORD_BYTES: usize = size_of::<usize>();
/// What is written into the block: as long as its payload.
const TEXT: &[u8; 72] = b"Name: Ada. Account: 4711. This is the sentence that nobody should read. ";

/// A block before and after it was freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freed {
    /// The heap before.
    pub heap_before: Snapshot,
    /// The heap after.
    pub heap_after: Snapshot,
    /// The block.
    pub block: Block,
    /// All its bytes before, from the header on.
    pub before: Vec<u8>,
    /// All its bytes after.
    pub after: Vec<u8>,
}

impl Step for Freed {
    const TITLE: &str = "Free changes only the metadata";

    fn perform() -> Result<Self> {
        let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
        for (name, bytes) in [('A', 40), ('B', 24), ('C', TEXT.len()), ('D', 24)] {
            stage.allocate(name, bytes)?;
        }
        stage.free('A');
        stage.bytes_mut('C').copy_from_slice(TEXT);
        let heap_before = stage.snapshot()?;
        let block = heap_before.named('C').context("C is missing")?;
        let before = stage.peek(block.header, block.size)?;
        stage.free('C');
        let after = stage.peek(block.header, block.size)?;
        Ok(Self { heap_before, heap_after: stage.snapshot()?, block, before, after })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "To free a block is to change a few words of it. The lowest bit of the header goes. \
             The first two words of the payload become links to other free blocks, and the last \
             word repeats the size: by this boundary tag the block behind finds the start of this \
             one. Free blocks carry all that in the room which nobody uses now. Here C is freed.",
        );
        page.blank();
        page.heap_change(&self.heap_before, &self.heap_after);
        page.blank();
        let mut head = Line::new();
        head.push_at(2, Ink::Plain, "address");
        head.push_at(18, Ink::Plain, "before");
        head.push_at(45, Ink::Plain, "after");
        page.push(head);
        for index in 0..self.block.size / WORD_BYTES {
            page.push(self.row(index));
        }
        page.blank();
        let changed = self.changed_words().count();
        page.prose(&format!(
            "{changed} of {} words changed; the rest is as the user left it, for the next one who \
             gets this memory to read. Freeing wipes nothing: whoever keeps secrets wipes them \
             first.",
            self.block.size / WORD_BYTES,
        ));
    }
}

impl Freed {
    /// The words that are metadata of a free block, counted from its header.
    #[must_use]
    pub const fn metadata_words(&self) -> [usize; 4] {
        [0, 1, 2, self.block.size / WORD_BYTES - 1]
    }

    /// The words that `free` changed, counted from the header.
    pub fn changed_words(&self) -> impl Iterator<Item = usize> {
        let words = self.before.chunks(WORD_BYTES).zip(self.after.chunks(WORD_BYTES));
        words.enumerate().filter(|(_, (before, after))| before != after).map(|(index, _)| index)
    }

    fn row(&self, index: usize) -> Line {
        let word_of = |bytes: &[u8]| bytes[index * WORD_BYTES..][..WORD_BYTES].to_vec();
        let (before, after) = (word_of(&self.before), word_of(&self.after));
        let [header, next, previous, tag] = self.metadata_words();
        let (ink, meaning) = match index {
            _ if index == header => (Ink::Strong, "header: free now"),
            _ if index == next => (Ink::Strong, "link to the next free"),
            _ if index == previous => (Ink::Strong, "link to the previous"),
            _ if index == tag => (Ink::Strong, "boundary tag: the size"),
            _ if before == after => (Ink::Plain, "as it was"),
            _ => (Ink::Fence, "changed"),
        };
        let mut line = Line::new();
        let address = self.block.header + index * WORD_BYTES;
        line.push_at(2, Ink::Address, &format!("{address:#x}"));
        line.push_at(18, Ink::Plain, &shown(&before));
        line.push_at(45, ink, &shown(&after));
        line.push_at(72, ink, meaning);
        line
    }
}

/// Bytes in hexadecimal, and as text where they are letters.
fn shown(bytes: &[u8]) -> String {
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let text: String =
        bytes.iter().map(|byte| if is_shown(byte) { char::from(*byte) } else { '.' }).collect();
    format!("{hexadecimal} {text}")
}
