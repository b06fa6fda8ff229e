//! Step 1: what a process's memory is made of, and what it costs to have addresses.

use core::ops::Range;
use core::ptr::NonNull;
use std::fs;

use anyhow::{Context as _, Result};
use heapwright_break::{Break, ReservedBreak};

use crate::tour::Step;
use crate::tour::page::{Ink, Line, Page};
use crate::tour::resident::{page_size, resident_bytes};
use crate::tour::size::in_words;

const RESERVED_BYTES: usize = 1 << 40;
const GROWN_BYTES: usize = 16 << 20;
const PAGES_TOUCHED: usize = 3;

/// What a part of the address space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The program's instructions.
    Code,
    /// What the program may only read.
    Constants,
    /// The program's variables.
    Data,
    /// From the end of the data up to the program break.
    Heap,
    /// Libraries, files and memory that the system was asked for piece by piece.
    Mapped,
    /// The stack of the main thread.
    Stack,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Constants => "constants",
            Self::Data => "data",
            Self::Heap => "heap",
            Self::Mapped => "mapped areas",
            Self::Stack => "stack",
        }
    }
}

/// All of one kind that lies side by side in the address space, but for holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// What it is for.
    pub kind: Kind,
    /// From its lowest address to its highest.
    pub range: Range<usize>,
    /// The bytes of addresses in it that are in use, holes left out.
    pub reserved_bytes: usize,
    /// The bytes that have real memory.
    pub resident_bytes: usize,
}

/// What one reservation costs, at four moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// Where it begins.
    pub start: usize,
    /// The bytes of address space that it holds.
    pub reserved_bytes: usize,
    /// The bytes below its break.
    pub grown_bytes: usize,
    /// The bytes that were written to.
    pub touched_bytes: usize,
    /// Resident after the break moved.
    pub resident_untouched: usize,
    /// Resident after some pages were written to.
    pub resident_touched: usize,
    /// Resident after those were given back, with their addresses kept.
    pub resident_discarded: usize,
}

/// The process that you are looking at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Areas {
    /// Its areas, lowest first.
    pub areas: Vec<Area>,
    /// Its program break.
    pub break_at: usize,
    /// A break of our own.
    pub reservation: Reservation,
}

impl Step for Areas {
    const TITLE: &str = "The areas of a process";

    fn perform() -> Result<Self> {
        let text =
            fs::read_to_string("/proc/self/smaps").context("cannot read /proc/self/smaps")?;
        let program = std::env::current_exe().context("this program has no path")?;
        let areas = areas_of(&text, &program.to_string_lossy());
        Ok(Self { areas, break_at: program_break(), reservation: reserve_and_touch()? })
    }

    fn tell(&self, page: &mut Page) {
        page.prose(
            "A process sees one long row of addresses. The program's code and data lie at low \
             ones, the stack at high ones, libraries between. Behind the data begins the heap, \
             and its end is the program break: the one limit that a process can move to have more \
             memory.",
        );
        page.blank();
        for area in &self.areas {
            page.push(row(area));
            if area.kind == Kind::Heap {
                let mut line = Line::new();
                line.push_at(19, Ink::Strong, &format!("▏break {:#x}", self.break_at));
                page.push(line);
            }
        }
        page.blank();
        page.prose(
            "Addresses are not memory. An area is reserved when its addresses mean something, and \
             resident where real memory stands behind them, page by page, from the first touch on. \
             Here is a break of our own, a ReservedBreak:",
        );
        page.blank();
        let Reservation { start, reserved_bytes, grown_bytes, touched_bytes, .. } =
            self.reservation;
        let touched = in_words(touched_bytes);
        for (what, resident) in [
            (
                format!(
                    "{} reserved at {start:#x}, {} below the break",
                    in_words(reserved_bytes),
                    in_words(grown_bytes)
                ),
                self.reservation.resident_untouched,
            ),
            (format!("{touched} of it written to"), self.reservation.resident_touched),
            (format!("{touched} given back (discard)"), self.reservation.resident_discarded),
        ] {
            let mut line = Line::new();
            line.push_at(2, Ink::Plain, &what);
            line.push_at(64, Ink::Strong, &format!("{} resident", in_words(resident)));
            page.push(line);
        }
    }
}

fn row(area: &Area) -> Line {
    let mut line = Line::new();
    line.push_at(2, Ink::Address, &format!("{:#014x}", area.range.start));
    line.push(Ink::Plain, " – ");
    line.push(Ink::Address, &format!("{:#014x}", area.range.end));
    line.push_at(35, Ink::Strong, area.kind.name());
    line.push_at(49, Ink::Plain, &format!("{} reserved,", in_words(area.reserved_bytes)));
    line.push_at(70, Ink::Plain, &format!("{} resident", in_words(area.resident_bytes)));
    line
}

/// The areas that the text of `/proc/self/smaps` describes, adjacent ones of a kind as one.
fn areas_of(smaps: &str, program: &str) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for line in smaps.lines() {
        if let Some((range, kind)) = mapping_of(line, program, areas.last()) {
            match areas.last_mut().filter(|last| last.kind == kind) {
                Some(last) => {
                    last.reserved_bytes += range.len();
                    last.range.end = range.end;
                }
                None => {
                    areas.push(Area { kind, reserved_bytes: range.len(), range, resident_bytes: 0 })
                }
            }
        } else if let (Some(kib), Some(last)) = (resident_of(line), areas.last_mut()) {
            last.resident_bytes += kib << 10;
        }
    }
    areas
}

/// The range and the kind that a head line states, which has the words
/// `start-end permissions offset device inode path`.
fn mapping_of(line: &str, program: &str, before: Option<&Area>) -> Option<(Range<usize>, Kind)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let range = address(start)?..address(end)?;
    let permissions = words.next()?;
    let path = words.nth(3).unwrap_or_default();
    let follows_data =
        before.is_some_and(|area| area.kind == Kind::Data && area.range.end == range.start);
    let kind = match path {
        // The kernel's own page, at the same address in every process.
        "[vsyscall]" => return None,
        "[heap]" => Kind::Heap,
        "[stack]" => Kind::Stack,
        _ if path == program && permissions.contains('x') => Kind::Code,
        _ if path == program && permissions.contains('w') => Kind::Data,
        _ if path == program => Kind::Constants,
        // The variables that start as zero have no file behind them.
        "" if follows_data => Kind::Data,
        _ => Kind::Mapped,
    };
    Some((range, kind))
}

/// The KiB in a line `Rss:  n kB`.
fn resident_of(line: &str) -> Option<usize> {
    line.strip_prefix("Rss:")?.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn program_break() -> usize {
    // SAFETY: a move by nothing only tells where the break is.
    unsafe { libc::sbrk(0) }.addr()
}

fn reserve_and_touch() -> Result<Reservation> {
    let mut source = ReservedBreak::new(RESERVED_BYTES);
    let memory = source.grow(GROWN_BYTES)?.memory;
    let resident_untouched = resident_bytes(memory)?;
    let touched_bytes = PAGES_TOUCHED * page_size();
    let pages = NonNull::slice_from_raw_parts(memory.cast::<u8>(), touched_bytes);
    // SAFETY: the start of memory that the break handed out to us just now.
    unsafe { pages.cast::<u8>().write_bytes(1, touched_bytes) };
    let resident_touched = resident_bytes(memory)?;
    // SAFETY: whole pages of the growth, which nothing refers to and whose contents nobody needs.
    unsafe { source.discard(pages) };
    Ok(Reservation {
        start: memory.addr().get(),
        reserved_bytes: source.capacity(),
        grown_bytes: memory.len(),
        touched_bytes,
        resident_untouched,
        resident_touched,
        resident_discarded: resident_bytes(memory)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaps_are_read_by_kind_and_neighbours_of_a_kind_are_one() {
        let text = "\
1000-2000 r--p 00000000 08:01 7 /bin/story
Size: 4 kB
Rss: 4 kB
2000-5000 r-xp 00001000 08:01 7 /bin/story
Rss: 8 kB
5000-6000 rw-p 00004000 08:01 7 /bin/story
Rss: 4 kB
6000-7000 rw-p 00000000 00:00 0
Rss: 0 kB
9000-a000 rw-p 00000000 00:00 0 [heap]
Rss: 4 kB
b000-c000 rw-p 00000000 00:00 0
Rss: 0 kB
d000-f000 r-xp 00000000 08:01 9 /lib/other.so
Rss: 8 kB
10000-11000 rw-p 00000000 00:00 0 [stack]
Rss: 4 kB
";
        let found: Vec<_> = areas_of(text, "/bin/story")
            .into_iter()
            .map(|area| (area.kind, area.range, area.reserved_bytes, area.resident_bytes))
            .collect();
        let expected = [
            (Kind::Constants, 0x1000..0x2000, 0x1000, 0x1000),
            (Kind::Code, 0x2000..0x5000, 0x3000, 0x2000),
            (Kind::Data, 0x5000..0x7000, 0x2000, 0x1000),
            (Kind::Heap, 0x9000..0xa000, 0x1000, 0x1000),
            (Kind::Mapped, 0xb000..0xf000, 0x3000, 0x2000),
            (Kind::Stack, 0x10000..0x11000, 0x1000, 0x1000),
        ];
        assert_eq!(found, expected);
    }
}
