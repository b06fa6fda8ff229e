//! The tour: the story of this project, told on live memory.
//!
//! ```text
//!   steps/     one step a file: what happens, as data, and the words for it
//!     │
//!   stage      a heap whose blocks have names     snapshot   its blocks at one moment
//!   child      what would hurt this process       resident   the pages that have memory
//!     │
//!   picture    a snapshot in one or two lines     page       lines with inks; prose is wrapped
//! ```
//!
//! Every step does something to real memory and returns what it saw ([`Step::perform`]); only then
//! is it told ([`Step::tell`]). The tests look at the data, a reader at the page, and both see the
//! same run.

mod child;
pub mod page;
mod picture;
mod resident;
mod size;
pub mod snapshot;
pub mod stage;
pub mod steps;

use anyhow::{Context, Result};

use self::page::{Ink, Page};
use self::steps::{
    areas::Areas, by_hand::ByHand, coalesce::Coalesce, fragmentation::Scattered, free::Freed,
    metadata::Metadata, misuse::Misuses, objects::Objects, placement::Placement, resize::Resizes,
    six_fits::SixFits, split::Splits, summary::Summary, together::Together, trim::Trimmed,
};

/// One step of the tour.
pub trait Step: Sized {
    /// The heading.
    const TITLE: &str;

    /// Does what the step is about, on live memory, and returns what was seen.
    ///
    /// # Errors
    ///
    /// Where the system refuses memory, a process or a file in `/proc`, or where a heap does not
    /// do what the story says.
    fn perform() -> Result<Self>;

    /// Writes what was seen, and what it means.
    fn tell(&self, page: &mut Page);
}

/// A step in the list, whatever its data are.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The heading.
    pub title: &'static str,
    perform_and_tell: fn(&mut Page) -> Result<()>,
}

impl Entry {
    const fn of<S: Step>() -> Self {
        Self { title: S::TITLE, perform_and_tell: perform_and_tell::<S> }
    }
}

fn perform_and_tell<S: Step>(page: &mut Page) -> Result<()> {
    S::perform()?.tell(page);
    Ok(())
}

/// The tour, in order.
pub const STEPS: [Entry; 15] = [
    Entry::of::<Areas>(),
    Entry::of::<ByHand>(),
    Entry::of::<Metadata>(),
    Entry::of::<SixFits>(),
    Entry::of::<Splits>(),
    Entry::of::<Freed>(),
    Entry::of::<Coalesce>(),
    Entry::of::<Resizes>(),
    Entry::of::<Scattered>(),
    Entry::of::<Trimmed>(),
    Entry::of::<Misuses>(),
    Entry::of::<Objects>(),
    Entry::of::<Placement>(),
    Entry::of::<Together>(),
    Entry::of::<Summary>(),
];

/// What the pictures mean: told before the first step.
pub fn introduce(page: &mut Page) {
    page.heading("A tour of the heap");
    page.prose(
        "Everything below happens while you read it, in this process or in a child of it; the \
         addresses are real and will be others in the next run. Heaps are drawn like this, from \
         low addresses to high ones:",
    );
    page.blank();
    page.line(
        Ink::Plain,
        "  [H|A used 48][H|free 112 ...][H|top 3.9 KiB ....]▏break 0x7f00aa001000",
    );
    page.blank();
    page.prose(
        "H is the header that stands before every payload, A the name that the story gives a \
         block, and the number the size of the whole block in bytes, header included. The line \
         below each picture has the addresses of the headers.",
    );
}

/// Performs one step, counted from 1, and returns what it has to say.
///
/// # Errors
///
/// Where there is no such step, or it fails.
pub fn tell(number: usize) -> Result<Page> {
    let entry = number
        .checked_sub(1)
        .and_then(|index| STEPS.get(index))
        .with_context(|| format!("there is no step {number}: they are 1 to {}", STEPS.len()))?;
    let mut page = Page::new();
    page.heading(&format!("Step {number} of {}: {}", STEPS.len(), entry.title));
    (entry.perform_and_tell)(&mut page)
        .with_context(|| format!("step {number}, {}, failed", entry.title))?;
    Ok(page)
}
