//! A break whose memory is reached by checked offsets only, so that the tests are safe code.
//!
//! It allocates nothing: in a test of the program break the process's malloc must stay still.

use core::ops::Range;
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, Growth};

/// The pieces that gaps may cut a span into.
const PIECES_MAX: usize = 8;

/// A break and the record of which parts of its span are ours.
pub(crate) struct Tested<B> {
    source: B,
    pieces: [Range<usize>; PIECES_MAX],
    piece_count: usize,
}

impl<B: Break> Tested<B> {
    pub(crate) fn new(source: B) -> Self {
        assert_eq!((source.start(), source.len()), (None, 0), "the break is not fresh");
        Self { source, pieces: [const { 0..0 }; PIECES_MAX], piece_count: 0 }
    }

    pub(crate) fn source(&self) -> &B {
        &self.source
    }

    /// The first address of the span; there is one after the first growth.
    pub(crate) fn start(&self) -> usize {
        self.source.start().expect("nothing was handed out yet").addr().get()
    }

    #[cfg(feature = "libc")]
    pub(crate) fn end(&self) -> usize {
        self.start() + self.source.len()
    }

    /// Grows and checks all that the contract says of a growth, zeros included.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        let before = (self.source.start(), self.source.len(), self.source.capacity());
        let growth = match self.source.grow(bytes) {
            Ok(growth) => growth,
            Err(error) => {
                let after = (self.source.start(), self.source.len(), self.source.capacity());
                assert_eq!(before, after, "a failed growth changed the break");
                return Err(error);
            }
        };
        let page_size = self.source.page_size();
        let size = growth.memory.len();
        let begin = growth.memory.cast::<u8>().addr().get() - self.start();
        assert_eq!(size, bytes.next_multiple_of(page_size), "not rounded up to whole pages");
        assert_eq!(begin, before.1 + growth.gap_bytes, "not above the old end and the gap");
        assert_eq!(self.source.len(), begin + size, "the growth does not end at the break");
        assert!(self.start().is_multiple_of(page_size) && begin.is_multiple_of(page_size));
        assert!(before.0.is_none() || before.0 == self.source.start(), "the start moved");
        assert!(self.source.len() <= self.source.capacity());
        self.record(begin..begin + size);
        self.assert_filled(begin..begin + size, 0);
        Ok(growth)
    }

    /// The parts of the span that are ours, as offsets.
    #[cfg(feature = "libc")]
    pub(crate) fn pieces(&self) -> &[Range<usize>] {
        &self.pieces[..self.piece_count]
    }

    fn record(&mut self, piece: Range<usize>) {
        match self.pieces[..self.piece_count].last_mut() {
            Some(last) if last.end == piece.start => last.end = piece.end,
            _ => {
                self.pieces[self.piece_count] = piece;
                self.piece_count += 1;
            }
        }
    }

    /// Shrinks; nothing refers to the memory, as it is reached through `self` alone.
    pub(crate) fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        let len = self.source.len();
        assert!(bytes <= len);
        // SAFETY: `bytes <= len`, and nothing refers to memory of the span.
        let outcome = unsafe { self.source.shrink(bytes) };
        let kept = match outcome {
            Ok(()) => len - bytes / self.source.page_size() * self.source.page_size(),
            Err(_) => len,
        };
        assert_eq!(self.source.len(), kept);
        if let Some(last) = self.pieces[..self.piece_count].last_mut() {
            assert!(kept >= last.start, "shrunk across a gap");
            last.end = kept;
        }
        outcome
    }

    /// Discards whole pages and checks that they read as zero.
    pub(crate) fn discard(&self, range: Range<usize>) {
        let page_size = self.source.page_size();
        assert!(range.start.is_multiple_of(page_size) && range.end.is_multiple_of(page_size));
        // SAFETY: whole pages of a piece (checked above and by `memory`), to which nothing
        // refers.
        unsafe { self.source.discard(self.memory(range.clone())) };
        self.assert_filled(range, 0);
    }

    /// The bytes of `range`, which are all ours.
    pub(crate) fn memory(&self, range: Range<usize>) -> NonNull<[u8]> {
        let is_ours = |piece: &Range<usize>| piece.start <= range.start && range.end <= piece.end;
        assert!(self.pieces[..self.piece_count].iter().any(is_ours), "{range:?} is not ours");
        let start = self.source.start().expect("a piece has a start");
        // SAFETY: the offset lies within a piece, which lies within the span.
        let begin = unsafe { start.add(range.start) };
        NonNull::slice_from_raw_parts(begin, range.len())
    }

    pub(crate) fn fill(&self, range: Range<usize>, value: u8) {
        // SAFETY: `memory` checked that the bytes are ours, and nothing refers to them.
        unsafe { self.memory(range).as_mut() }.fill(value);
    }

    pub(crate) fn assert_filled(&self, range: Range<usize>, value: u8) {
        // SAFETY: `memory` checked that the bytes are ours; they were zeroed by the break.
        let bytes = unsafe { self.memory(range.clone()).as_ref() };
        let odd = bytes.iter().position(|byte| *byte != value);
        assert_eq!(odd, None, "in {range:?}, {value} expected everywhere");
    }
}
