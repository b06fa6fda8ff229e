//! Step 9: enough free bytes, and no block.

use core::mem::MaybeUninit;

use anyhow::{Context as _, Result};
use heapwright_block::fit::AnyFit;
use heapwright_block::{AllocError, BlockState, Fragmentation, GRANULE, HEADER_BYTES};
use heapwright_break::FixedBreak;

use crate::tour::Step;
use crate::tour::page::{Ink, Page};
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

const BLOCK_BYTES: usize = 128;
const REQUEST_BYTES: usize = 300;
const NAMES: [char; 8] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
/// Exactly the blocks, the room before the first header and the mark at the end.
const BUFFER_BYTES: usize = NAMES.len() * BLOCK_BYTES + GRANULE;

#[repr(C, align(4096))]
struct Buffer([MaybeUninit<u8>; BUFFER_BYTES]);

/// A heap that cannot grow, with every other block freed.
#[derive(Debug, Clone, PartialEq)]
pub struct Scattered {
    /// The heap with every other block freed.
    pub scattered: Snapshot,
    /// Its figures.
    pub scattered_figures: Fragmentation,
    /// The bytes asked for in vain.
    pub requested_bytes: usize,
    /// What the heap answered.
    pub refusal: AllocError,
    /// The heap after one block more was freed.
    pub joined: Snapshot,
    /// Its figures.
    pub joined_figures: Fragmentation,
    /// The heap after the same request was served.
    pub served: Snapshot,
}

impl Step for Scattered {
    const TITLE: &str = "Fragmentation";

    fn perform() -> Result<Self> {
        let mut buffer = Box::new(Buffer([MaybeUninit::uninit(); BUFFER_BYTES]));
        let mut stage = Stage::new(FixedBreak::new(&mut buffer.0)?, AnyFit::Best);
        for name in NAMES {
            stage.allocate(name, BLOCK_BYTES - HEADER_BYTES)?;
        }
        for name in ['A', 'C', 'E', 'G'] {
            stage.free(name);
        }
        let (scattered, scattered_figures) = (stage.snapshot()?, stage.fragmentation());
        let refusal = stage.allocate('R', REQUEST_BYTES);
        let refusal = refusal.err().context("the request was served")?;
        stage.free('D');
        let (joined, joined_figures) = (stage.snapshot()?, stage.fragmentation());
        stage.allocate('R', REQUEST_BYTES)?;
        Ok(Self {
            scattered,
            scattered_figures,
            requested_bytes: REQUEST_BYTES,
            refusal,
            joined,
            joined_figures,
            served: stage.snapshot()?,
        })
    }

    fn tell(&self, page: &mut Page) {
        let (free, largest) = free_bytes(&self.scattered);
        page.prose(&format!(
            "This heap stands in a buffer of {BUFFER_BYTES} bytes and cannot grow. Every other \
             block is free: {free} bytes in all. A request for {} needs less, and yet no block is \
             larger than {largest}. This is external fragmentation, and no fit helps now: blocks \
             cannot move, since their users hold pointers to them.",
            self.requested_bytes,
        ));
        page.blank();
        page.heap(&self.scattered);
        page.line(Ink::Strong, &format!("  the answer: {}", self.refusal));
        page.line(Ink::Plain, &figures(&self.scattered_figures));
        page.blank();
        page.prose(
            "Then D goes. Only one block more, but it stood between two free ones, and the three \
             are one now. The same request is served.",
        );
        page.blank();
        page.heap(&self.joined);
        page.line(Ink::Plain, &figures(&self.joined_figures));
        page.blank();
        page.heap(&self.served);
    }
}

/// The bytes in free blocks, and in the largest.
fn free_bytes(heap: &Snapshot) -> (usize, usize) {
    let sizes = || heap.in_state(BlockState::Free).map(|block| block.size);
    (sizes().sum(), sizes().max().unwrap_or(0))
}

fn figures(figures: &Fragmentation) -> String {
    let Fragmentation { external, overhead } = figures;
    format!(
        "  external fragmentation {:.0} % (1 − largest free / all free), \
         headers {:.0} % of what is in use",
        external * 100.0,
        overhead * 100.0
    )
}
