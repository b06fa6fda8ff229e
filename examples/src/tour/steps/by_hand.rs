//! Step 2: the break moved by hand, and why nobody should.
//!
//! Each act happens in a child: the tour's own process needs its break where it is.

use core::hint::black_box;
use core::ops::Range;
use core::ptr;

use anyhow::{Result, bail, ensure};
use heapwright_block::fit::AnyFit;
use heapwright_break::ProgramBreak;
use heapwright_conformance::misuse::{Ending, in_child};

use crate::tour::Step;
use crate::tour::child::numbers_from_child;
use crate::tour::page::{Ink, Page};
use crate::tour::resident::page_size;
use crate::tour::size::in_words;
use crate::tour::snapshot::Snapshot;
use crate::tour::stage::Stage;

/// What the naive heap takes at a time.
const STEP_BYTES: usize = 64 << 10;
/// What the others take.
const FOREIGN_BYTES: usize = 12 << 10;
const FOREIGN_PATTERN: u8 = 0xC3;

/// Who moved the break between two moves of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    /// The C library's malloc, called by whoever.
    Malloc,
    /// A call of `sbrk`, played by the tour where malloc takes its memory elsewhere.
    Sbrk,
}

/// A heap that moves the break and believes to be alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Naive {
    /// Where its first piece begins.
    pub first: usize,
    /// Where it expects the next piece: at the end of the first.
    pub expected: usize,
    /// Where the next piece is.
    pub found: usize,
    /// Whose memory lies between.
    pub mover: Mover,
}

/// A `BlockHeap` on the program break, which somebody else moves too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fenced {
    /// The heap before the break was moved behind its back.
    pub before: Snapshot,
    /// The heap after it grew again.
    pub after: Snapshot,
    /// The memory of the other one.
    pub foreign: Range<usize>,
    /// Bytes of it that are not what the other one wrote.
    pub damaged_bytes: usize,
}

/// What came of moving the break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// Growth: the pieces do not touch.
    pub naive: Naive,
    /// Giving back: how the child ended whose memory was taken away.
    pub ending: Ending,
    /// The way out.
    pub fenced: Fenced,
}

impl Step for ByHand {
    const TITLE: &str = "Moving the break by hand";

    fn perform() -> Result<Self> {
        Ok(Self {
            naive: grow_by_hand()?,
            ending: give_back_by_hand(),
            fenced: grow_with_a_fence()?,
        })
    }

    fn tell(&self, page: &mut Page) {
        let Naive { first, expected, found, mover } = self.naive;
        let step = in_words(STEP_BYTES);
        page.prose(&format!(
            "The call sbrk(n) moves the break up by n bytes and answers where it was: memory, in \
             one line of code. So let us take {step} by hand. We get {first:#x}, and expect the \
             next piece at {expected:#x}, where this one ends.",
        ));
        let who = match mover {
            Mover::Malloc => "some other part of the program calls malloc, which moves it too",
            Mover::Sbrk => "some other part of the program calls sbrk",
        };
        page.prose(&format!(
            "But there is one break for all. Meanwhile {who}. Our next {step} are at {found:#x}: \
             the {} between belong to somebody else, and a heap that writes there destroys them.",
            in_words(found - expected),
        ));
        page.blank();
        page.prose(&format!(
            "Giving back is worse. We take {step}, somebody else takes {step}, and we lower the \
             break by {step}. What went was theirs. They touch it, and the process {}.",
            match self.ending {
                Ending::Signalled(libc::SIGSEGV) => "ends by SIGSEGV".to_owned(),
                other => format!("ends so: {other:?}"),
            }
        ));
        page.blank();
        page.prose(
            "So a heap must look where the break is before it moves it. A BlockHeap on a \
             ProgramBreak does. Here is one with a block A:",
        );
        page.blank();
        page.heap(&self.fenced.before);
        page.blank();
        let Fenced { foreign, damaged_bytes, .. } = &self.fenced;
        page.prose(&format!(
            "Now somebody takes {} at {:#x}, and then we ask for a block B that needs more than is \
             left. The heap goes on above the gap, and puts a fence around it: a block in use for \
             ever, never handed out and never given back.",
            in_words(foreign.len()),
            foreign.start,
        ));
        page.blank();
        page.heap(&self.fenced.after);
        page.blank();
        let words = format!("  bytes of theirs that changed: {damaged_bytes} of {}", foreign.len());
        page.line(Ink::Strong, &words);
    }
}

/// Moves the break and returns where it was.
fn move_break(bytes: isize) -> Result<usize> {
    // SAFETY: only called in a child, which has one thread, and down only where the act is about
    // the harm that comes of it.
    let before = unsafe { libc::sbrk(bytes) }.addr();
    ensure!(before != usize::MAX, "sbrk: {}", std::io::Error::last_os_error());
    Ok(before)
}

fn move_break_up(bytes: usize) -> Result<usize> {
    move_break(isize::try_from(bytes)?)
}

/// Calls malloc until it has moved the break, and says so.
fn let_malloc_move_the_break() -> Result<Mover> {
    const BYTES: usize = 100 << 10;
    let before = move_break(0)?;
    for _ in 0..64 {
        // SAFETY: any size is allowed. The block is left to the end of the child.
        black_box(unsafe { libc::malloc(BYTES) });
        if move_break(0)? != before {
            return Ok(Mover::Malloc);
        }
    }
    // Under a malloc of another kind, or in a thread that has an arena of its own.
    move_break_up(FOREIGN_BYTES)?;
    Ok(Mover::Sbrk)
}

fn grow_by_hand() -> Result<Naive> {
    let numbers = numbers_from_child(|| {
        let first = move_break_up(STEP_BYTES)?;
        let mover = let_malloc_move_the_break()?;
        let found = move_break_up(STEP_BYTES)?;
        Ok(vec![first, found, usize::from(mover == Mover::Malloc)])
    })?;
    let [first, found, is_malloc] = numbers[..] else { bail!("three numbers were due") };
    let mover = if is_malloc == 1 { Mover::Malloc } else { Mover::Sbrk };
    Ok(Naive { first, expected: first + STEP_BYTES, found, mover })
}

/// Takes memory, lets another take memory, gives "its own" back, and lets the other go on.
fn give_back_by_hand() -> Ending {
    let child = in_child(|| {
        let act = || -> Result<()> {
            let _ours = move_break_up(STEP_BYTES)?;
            let theirs = move_break_up(STEP_BYTES)?;
            move_break(-isize::try_from(STEP_BYTES)?)?;
            // The start of their memory may share a page with our end; its middle does not.
            let middle = ptr::with_exposed_provenance::<u8>(theirs + STEP_BYTES / 2);
            // SAFETY: none. Their memory is gone, and the system ends the child, which is shown.
            black_box(unsafe { middle.read_volatile() });
            Ok(())
        };
        // Where the break did not move, the child ends well, and the tour says that.
        drop(act());
    });
    child.ending
}

fn grow_with_a_fence() -> Result<Fenced> {
    let numbers = numbers_from_child(|| {
        // SAFETY: the child has one thread, and what else moves the break moves it between the
        // heap's calls, and never below what it has seen.
        let mut stage = Stage::new(unsafe { ProgramBreak::new() }, AnyFit::First);
        stage.allocate('A', 1000)?;
        let before = stage.snapshot()?.to_numbers();

        let start = move_break_up(FOREIGN_BYTES)?;
        let foreign = ptr::with_exposed_provenance_mut::<u8>(start);
        // SAFETY: these bytes were taken just now, by nobody else.
        unsafe { foreign.write_bytes(FOREIGN_PATTERN, FOREIGN_BYTES) };

        stage.allocate('B', 2 * page_size())?;
        stage.bytes_mut('A').fill(1);
        stage.bytes_mut('B').fill(2);
        // SAFETY: written above, and released by nobody, or this child ends here.
        let bytes = unsafe { &*ptr::slice_from_raw_parts(foreign, FOREIGN_BYTES) };
        let damaged_bytes = bytes.iter().filter(|byte| **byte != FOREIGN_PATTERN).count();

        let mut numbers = vec![start, damaged_bytes, before.len()];
        numbers.extend(before);
        numbers.extend(stage.snapshot()?.to_numbers());
        Ok(numbers)
    })?;
    let [start, damaged_bytes, before_count, ref snapshots @ ..] = numbers[..] else {
        bail!("the child said too little")
    };
    let Some((before, after)) = snapshots.split_at_checked(before_count) else {
        bail!("the child said too little of its heap")
    };
    Ok(Fenced {
        before: Snapshot::from_numbers(before)?,
        after: Snapshot::from_numbers(after)?,
        foreign: start..start + FOREIGN_BYTES,
        damaged_bytes,
    })
}
