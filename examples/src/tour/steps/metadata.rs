//! Step 3: the header before each payload.

use anyhow::Result;
use heapwright_block::fit::AnyFit;
use heapwright_block::{GRANULE, HEADER_BYTES};
use heapwright_break::ReservedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

/// The requests of the step, by the names of the blocks.
const REQUESTS: [(char, usize); 4] = [('A', 1), ('B', 24), ('C', 25), ('D', 100)];

/// The lowest bits of a header: the block is in use, and so is the one before it.
const IN_USE: usize = 1;
const PREVIOUS_IN_USE: usize = 2;

/// One request, and what stands in memory for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The name of the block.
    pub name: char,
    /// The bytes asked for.
    pub requested_bytes: usize,
    /// The address that the user got.
    pub payload: usize,
    /// The word in front of it, read as it stands there.
    pub header_word: usize,
}

impl Granted {
    /// Where the header is.
    #[must_use]
    pub const fn header(&self) -> usize {
        self.payload - HEADER_BYTES
    }

    /// The size of the block that the header states, in bytes.
    #[must_use]
    pub const fn block_bytes(&self) -> usize {
        self.header_word & !(GRANULE - 1)
    }

    /// Whether the header says that the block is in use.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        self.header_word & IN_USE != 0
    }

    /// Whether the header says that the block before it is in use.
    #[must_use]
    pub const fn is_previous_in_use(&self) -> bool {
        self.header_word & PREVIOUS_IN_USE != 0
    }
}

/// Blocks with their headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The heap.
    pub heap: Snapshot,
    /// The requests, in order.
    pub granted: Vec<Granted>,
}

impl Step for Metadata {
    const TITLE: &str = "malloc puts a header before each block";

    fn perform() -> Result<Self> {
        let mut stage = Stage::new(ReservedBreak::new(1 << 30), AnyFit::First);
        let mut granted = Vec::new();
        for (name, requested_bytes) in REQUESTS {
            let payload = stage.allocate(name, requested_bytes)?;
            let header_word = stage.peek_word(payload - HEADER_BYTES)?;
            granted.push(Granted { name, requested_bytes, payload, header_word });
        }
        Ok(Self { heap: stage.snapshot()?, granted })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(&format!(
            "Nobody wants to move the break for every few bytes. A heap moves it rarely, by a page \
             or more, and divides what it has into blocks. To find its way it writes one word \
             before every payload, the header: the size of the block, a multiple of {GRANULE}, and \
             in the lowest bits, which such a size leaves free, whether the block is in use (1) \
             and whether the block before it is (2).",
        ));
        page.blank();
        page.heap(&self.heap);
        page.blank();
        for granted in &self.granted {
            page.push(row(granted));
        }
        page.blank();
        page.prose(&format!(
            "The user gets the address of the payload, a multiple of {GRANULE}, which suits every \
             type. free(payload) needs no size: it looks {HEADER_BYTES} bytes below. And from \
             header to header, each size leads to the next block, up to the free top at the break.",
        ));
    }
}

fn row(granted: &Granted) -> Line {
    let Granted { name, requested_bytes, payload, header_word } = *granted;
    let mut line = Line::new();
    line.push_at(2, Ink::Used, &name.to_string());
    line.push(Ink::Plain, &format!(" asked for {requested_bytes:>3}, payload at "));
    line.push(Ink::Address, &format!("{payload:#x}"));
    line.push(Ink::Plain, ", header at ");
    line.push(Ink::Address, &format!("{:#x}", granted.header()));
    line.push(Ink::Plain, ": ");
    line.push(Ink::Strong, &format!("{header_word:#x} = {}", granted.block_bytes()));
    for (is_set, flag) in
        [(granted.is_in_use(), IN_USE), (granted.is_previous_in_use(), PREVIOUS_IN_USE)]
    {
        if is_set {
            line.push(Ink::Strong, &format!(" + {flag}"));
        }
    }
    line
}
