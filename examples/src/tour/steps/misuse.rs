//! Step 11: three mistakes, each in a child, and what the heap says before it ends it.

use core::alloc::Layout;
use core::ptr::NonNull;

use anyhow::{Context as _, Result};
use heapwright_block::{BlockHeap, HEADER_BYTES};
use heapwright_break::ReservedBreak;
use heapwright_conformance::misuse::{Ending, in_child};

use crate::tour::Step;
use crate::tour::page::{Ink, Page};

/// What the story's program does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// It frees a block twice.
    DoubleFree,
    /// It frees memory that came from elsewhere.
    Foreign,
    /// It writes beyond the end of a block, and frees the block behind.
    Overflow,
}

impl Mistake {
    const ALL: [Self; 3] = [Self::DoubleFree, Self::Foreign, Self::Overflow];

    const fn words(self) -> &'static str {
        match self {
            Self::DoubleFree => "A block is freed twice:",
            Self::Foreign => "A variable on the stack is freed:",
            Self::Overflow => {
                "One block is written to beyond its end, and then its neighbour is freed:"
            }
        }
    }
}

/// One mistake, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// What was done.
    pub mistake: Mistake,
    /// The pointer that was freed.
    pub payload: usize,
    /// What the child wrote to standard error.
    pub output: String,
    /// How the child ended.
    pub ending: Ending,
}

/// The mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuses {
    /// One for each.
    pub caught: Vec<Caught>,
}

impl Step for Misuses {
    const TITLE: &str = "Misuse is caught";

    fn perform() -> Result<Self> {
        let caught = Mistake::ALL.into_iter().map(commit).collect::<Result<_>>()?;
        Ok(Self { caught })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "The headers lie beside the user's bytes, so a mistake of the user can break them. A \
             heap that goes on after that hands out the same memory twice. This one looks before \
             it acts, and where something is wrong it writes one line, without allocating, and \
             ends the process. Not every mistake can be seen; these three are, each in a child.",
        );
        for caught in &self.caught {
            page.blank();
            page.line(Ink::Plain, &format!("  {}", caught.mistake.words()));
            for line in caught.output.lines() {
                page.line(Ink::Fence, &format!("    {line}"));
            }
            let ending = match caught.ending {
                Ending::Signalled(libc::SIGABRT) => "SIGABRT".to_owned(),
                other => format!("{other:?}"),
            };
            page.line(Ink::Strong, &format!("    the child ended by {ending}"));
        }
    }
}

fn commit(mistake: Mistake) -> Result<Caught> {
    let mut heap: BlockHeap<_> = BlockHeap::new(ReservedBreak::new(1 << 20));
    let layout = Layout::array::<u8>(100)?;
    let first = heap.allocate(layout)?;
    let second: NonNull<u8> = heap.allocate(layout)?.cast();
    let mut variable = [0_u64; 4];
    let payload = match mistake {
        Mistake::DoubleFree => first.cast(),
        Mistake::Foreign => NonNull::from(&mut variable).cast(),
        Mistake::Overflow => second,
    };
    let child = in_child(|| {
        match mistake {
            Mistake::DoubleFree => {
                // SAFETY: handed out above, and given up here.
                unsafe { heap.deallocate(payload, layout) };
            }
            Mistake::Foreign => {}
            Mistake::Overflow => {
                let bytes = first.len() + HEADER_BYTES;
                // SAFETY: the bytes belong to this heap, whose memory is ours to write; that the
                // last of them are a header, and no payload, is the mistake that is shown.
                unsafe { first.cast::<u8>().write_bytes(b'!', bytes) };
            }
        }
        // SAFETY: none: this is the mistake. The heap reports it, and ends the child.
        unsafe { heap.deallocate(payload, layout) };
    });
    let payload = payload.addr().get();
    child.output.lines().next().context("the heap said nothing")?;
    Ok(Caught { mistake, payload, output: child.output, ending: child.ending })
}
