//! The picture: a heap in one or two lines of text, with the addresses of its headers below.
//!
//! ```text
//!   [H|A used 48][H|free 112 ...][H|B used 32][H|top 3.8 KiB ....]▏break 0x7f0000001000
//!   0x7f0000000008  …0038         …00a8        …00c8
//!                   ▲ a note
//! ```

use heapwright_block::BlockState;

use super::page::{Ink, Line, Page, WIDTH};
use super::size::in_words;
use super::snapshot::{NamedBlock, Snapshot};

const INDENT: usize = 2;
/// One character of filling stands for as many bytes, up to the most that a block gets.
const BYTES_PER_FILLING: usize = 40;
const FILLING_MAX: usize = 8;
/// From this size on, sizes are given in larger units.
const PLAIN_SIZE_MAX: usize = 9999;

/// A word below a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// The header of the block.
    pub(crate) header: usize,
    /// What to say.
    pub(crate) text: String,
}

/// One block as it is drawn.
struct Cell {
    label: String,
    filling: char,
    filling_count: usize,
    ink: Ink,
    header: usize,
}

impl Cell {
    fn of(named: &NamedBlock) -> Self {
        let NamedBlock { block, name } = named;
        let name = name.map(|name| format!("{name} ")).unwrap_or_default();
        let (word, filling, ink) = match block.state {
            BlockState::InUse => ("used", '#', Ink::Used),
            BlockState::Free => ("free", '.', Ink::Free),
            BlockState::Top => ("top", '.', Ink::Top),
            BlockState::Fence => ("fence", '/', Ink::Fence),
        };
        let size = match block.size {
            ..=PLAIN_SIZE_MAX => block.size.to_string(),
            size => in_words(size),
        };
        let filling_count = block.size / BYTES_PER_FILLING;
        let label = format!("{name}{word} {size}");
        Self { label, filling, filling_count, ink, header: block.header }
    }

    /// The text, in `columns_min` columns at least, with no more filling than `filling_max` if
    /// that suffices.
    fn text(&self, columns_min: usize, filling_max: usize) -> String {
        let Self { label, filling_count, .. } = self;
        let bare = "[H|]".len() + label.chars().count();
        // A gap goes before the filling.
        let missing = columns_min.saturating_sub(bare + 1);
        match (*filling_count).min(filling_max).max(missing) {
            0 => format!("[H|{label}]"),
            count => format!("[H|{label} {}]", self.filling.to_string().repeat(count)),
        }
    }
}

impl Page {
    /// Appends the picture of a heap.
    pub(crate) fn heap(&mut self, snapshot: &Snapshot) {
        self.heap_with_notes(snapshot, &[]);
    }

    /// Appends the pictures of a heap before and after something.
    pub(crate) fn heap_change(&mut self, before: &Snapshot, after: &Snapshot) {
        self.heap(before);
        self.line(Ink::Strong, "      ↓");
        self.heap(after);
    }

    /// Appends the picture of a heap, with notes below its blocks.
    pub(crate) fn heap_with_notes(&mut self, snapshot: &Snapshot, notes: &[Note]) {
        let cells: Vec<_> = snapshot.blocks.iter().map(Cell::of).collect();
        let end = format!("▏break {:#x}", snapshot.break_at);
        // As much filling as does not cost a row.
        let pictures = (0..=FILLING_MAX).rev().map(|filling| rows(&cells, notes, &end, filling));
        let rows = pictures.min_by_key(Vec::len).unwrap_or_default();
        rows.into_iter().for_each(|row| row.print(self));
    }
}

fn rows(cells: &[Cell], notes: &[Note], end: &str, filling_max: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Row::new();
    for cell in cells {
        let text = row.text(cell, filling_max);
        if !row.has_room_for(&text) {
            rows.push(core::mem::replace(&mut row, Row::new()));
        }
        row.push(cell, filling_max, notes);
    }
    if !row.has_room_for(end) {
        rows.push(core::mem::replace(&mut row, Row::new()));
    }
    row.blocks.push_at(INDENT, Ink::Strong, end);
    rows.push(row);
    rows
}

/// One line of blocks, one of addresses, and one of notes where there are any.
struct Row {
    blocks: Line,
    addresses: Line,
    notes: Line,
}

impl Row {
    fn new() -> Self {
        Self { blocks: Line::new(), addresses: Line::new(), notes: Line::new() }
    }

    fn is_empty(&self) -> bool {
        self.blocks.columns() == 0
    }

    /// The text of the next cell. The first address of a row is given in full, and needs room.
    fn text(&self, cell: &Cell, filling_max: usize) -> String {
        let columns_min = if self.is_empty() { format!("{:#x} ", cell.header).len() } else { 0 };
        cell.text(columns_min, filling_max)
    }

    fn has_room_for(&self, text: &str) -> bool {
        self.is_empty() || self.blocks.columns() + text.chars().count() <= WIDTH
    }

    fn push(&mut self, cell: &Cell, filling_max: usize, notes: &[Note]) {
        let address = match self.is_empty() {
            true => format!("{:#x}", cell.header),
            false => format!("…{:04x}", cell.header & 0xffff),
        };
        let text = self.text(cell, filling_max);
        let column = self.blocks.columns().max(INDENT);
        self.blocks.push_at(column, cell.ink, &text);
        self.addresses.push_at(column, Ink::Address, &address);
        for note in notes.iter().filter(|note| note.header == cell.header) {
            self.notes.push_at(column, Ink::Strong, &format!("▲ {}", note.text));
        }
    }

    fn print(self, page: &mut Page) {
        page.push(self.blocks);
        for line in [self.addresses, self.notes] {
            if line.columns() > 0 {
                page.push(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use heapwright_block::Block;

    use super::*;
    use crate::tour::page::Paint;

    fn snapshot(sizes: &[(usize, BlockState, Option<char>)]) -> Snapshot {
        let mut header = 0x7f00_0000_0008;
        let named = |&(size, state, name): &(usize, BlockState, Option<char>)| {
            let block = Block { header, size, state };
            header += size;
            NamedBlock { block, name }
        };
        let blocks = sizes.iter().map(named).collect();
        Snapshot { blocks, break_at: header + 8 }
    }

    #[test]
    fn blocks_their_addresses_and_the_break_are_drawn() {
        let heap = snapshot(&[
            (48, BlockState::InUse, Some('A')),
            (112, BlockState::Free, None),
            (32, BlockState::InUse, None),
            (12_096, BlockState::Fence, None),
            (3904, BlockState::Top, None),
        ]);
        let mut page = Page::new();
        let notes = [Note { header: 0x7f00_0000_0038, text: "here".to_owned() }];
        page.heap_with_notes(&heap, &notes);
        let expected = "  \
[H|A used 48 #][H|free 112 ..][H|used 32][H|fence 11.8 KiB //][H|top 3904 ..]▏break 0x7f0000003f50
  0x7f0000000008 …0038          …00a8      …00c8                …3008
                 ▲ here
";
        assert_eq!(page.render(Paint::Plain), expected);
    }

    #[test]
    fn no_row_is_wider_than_the_page_and_no_block_is_lost() {
        let heap =
            snapshot(&[(1536, BlockState::Free, None), (32, BlockState::InUse, None)].repeat(9));
        let mut page = Page::new();
        page.heap(&heap);
        let text = page.render(Paint::Plain);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.matches("free 1536").count(), 9);
        assert_eq!(text.matches("used 32").count(), 9);
    }
}
