//! The stage: a heap whose blocks have names, so that a step reads as a story.
//!
//! All that is unsafe about a heap is that its user keeps the book of what he holds. Here the
//! stage keeps it, so the steps need no unsafe code.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use anyhow::{Context as _, Result};
use heapwright_block::fit::AnyFit;
use heapwright_block::{AllocError, BlockHeap, Config, Fragmentation};
use heapwright_break::Break;

use super::snapshot::{NamedBlock, Snapshot};

/// The least by which the tour's heaps grow: one page of most machines, so that pictures stay
/// small and the break is seen to move.
pub const GROW_BYTES_MIN: usize = 4096;

/// Room for the names of a story, so that keeping the book moves no break in the middle of it.
const PIECES_MAX: usize = 64;

/// A heap and the blocks that the story holds in it.
///
/// # Invariants
///
/// 1. Each piece was handed out by `heap` for its layout, and not taken back since.
#[derive(Debug)]
pub struct Stage<B: Break> {
    heap: BlockHeap<B, AnyFit>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    name: char,
    payload: NonNull<u8>,
    layout: Layout,
}

impl<B: Break> Stage<B> {
    /// An empty heap over `source`.
    pub fn new(source: B, fit: AnyFit) -> Self {
        let config = Config { grow_bytes_min: GROW_BYTES_MIN, ..Config::new() };
        let heap = BlockHeap::with_any_fit(source, config, fit);
        Self { heap, pieces: Vec::with_capacity(PIECES_MAX) }
    }

    /// Allocates `bytes` under a name, and returns the address of the payload.
    ///
    /// # Errors
    ///
    /// Where the heap refuses.
    ///
    /// # Panics
    ///
    /// Where the story uses the name already.
    pub fn allocate(&mut self, name: char, bytes: usize) -> Result<usize, AllocError> {
        assert!(self.pieces.iter().all(|piece| piece.name != name), "there is a block {name}");
        let layout = layout_of(bytes)?;
        let payload = self.heap.allocate(layout)?.cast::<u8>();
        // INVARIANT: 1.
        self.pieces.push(Piece { name, payload, layout });
        Ok(payload.addr().get())
    }

    /// Frees the block of that name.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub fn free(&mut self, name: char) {
        let position = self.position(name);
        let Piece { payload, layout, .. } = self.pieces.swap_remove(position);
        // SAFETY: invariant 1, and the piece is gone from the book now.
        unsafe { self.heap.deallocate(payload, layout) };
    }

    /// Changes the size of the block of that name, and returns the address of its payload.
    ///
    /// # Errors
    ///
    /// Where the heap refuses.
    ///
    /// # Panics
    ///
    /// Where there is no such block.
    pub fn resize(&mut self, name: char, bytes: usize) -> Result<usize, AllocError> {
        let position = self.position(name);
        let Piece { payload, layout: old, .. } = self.pieces[position];
        let layout = layout_of(bytes)?;
        // SAFETY: invariant 1; the piece is replaced below.
        let payload = unsafe { self.heap.resize(payload, old, layout) }?.cast::<u8>();
        // INVARIANT: 1.
        self.pieces[position] = Piece { name, payload, layout };
        Ok(payload.addr().get())
    }

    /// The bytes that were asked for under that name.
    ///
    /// # Panics
    ///
    /// Where there is no such block.
    pub fn bytes_mut(&mut self, name: char) -> &mut [u8] {
        let Piece { payload, layout, .. } = self.pieces[self.position(name)];
        let bytes = NonNull::slice_from_raw_parts(payload, layout.size());
        // SAFETY: the block is ours (invariant 1) and lent as long as the stage is; memory of a
        // break starts zeroed, so every byte is initialised.
        unsafe { &mut *bytes.as_ptr() }
    }

    /// A copy of `size` bytes of the heap's memory, whoever they belong to: headers and free
    /// blocks too.
    ///
    /// # Errors
    ///
    /// Where they do not lie in one block of this heap.
    pub fn peek(&self, address: usize, size: usize) -> Result<Vec<u8>> {
        self.heap
            .walk()
            .find(|block| block.header <= address && address + size <= block.header + block.size)
            .with_context(|| format!("{size} bytes at {address:#x} lie in no block"))?;
        let memory = ptr::with_exposed_provenance::<u8>(address);
        let mut bytes = vec![0; size];
        // SAFETY: in a block of a live heap, which exposed its memory, and whose bytes are
        // initialised as they start zeroed. The stage is borrowed, so nobody writes.
        unsafe { memory.copy_to_nonoverlapping(bytes.as_mut_ptr(), size) };
        Ok(bytes)
    }

    /// The word at `address`, as [`peek`](Stage::peek) sees it.
    ///
    /// # Errors
    ///
    /// As `peek`.
    pub fn peek_word(&self, address: usize) -> Result<usize> {
        let bytes = self.peek(address, size_of::<usize>())?;
        let (&word, _) = bytes.split_first_chunk().context("a word has the bytes of a word")?;
        Ok(usize::from_ne_bytes(word))
    }

    /// Lowers the break by the free top, and returns the bytes given back.
    pub fn trim(&mut self) -> usize {
        self.heap.trim(0)
    }

    /// The heap's own figures.
    pub fn fragmentation(&self) -> Fragmentation {
        self.heap.fragmentation()
    }

    /// Where the heap's memory begins and how many bytes it has; nothing before the first block.
    pub fn span(&self) -> Option<NonNull<[u8]>> {
        let source = self.heap.source();
        source.start().map(|start| NonNull::slice_from_raw_parts(start, source.len()))
    }

    /// What the heap looks like now.
    ///
    /// # Errors
    ///
    /// Where the heap broke one of its own invariants, or has no memory yet.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.heap.verify()?;
        let span = self.span().context("the heap has no memory yet")?;
        let name_of = |payload| {
            let holds = |piece: &&Piece| piece.payload.addr().get() == payload;
            self.pieces.iter().find(holds).map(|piece| piece.name)
        };
        let blocks = self.heap.walk();
        let blocks = blocks.map(|block| NamedBlock { block, name: name_of(block.payload()) });
        Ok(Snapshot { blocks: blocks.collect(), break_at: span.addr().get() + span.len() })
    }

    fn position(&self, name: char) -> usize {
        let position = self.pieces.iter().position(|piece| piece.name == name);
        position.unwrap_or_else(|| panic!("there is no block {name}"))
    }
}

fn layout_of(bytes: usize) -> Result<Layout, AllocError> {
    Layout::array::<u8>(bytes).map_err(|_| AllocError::TooLarge { size: bytes })
}

#[cfg(test)]
mod tests {
    use heapwright_break::ReservedBreak;

    use super::*;

    fn stage() -> Stage<ReservedBreak> {
        Stage::new(ReservedBreak::new(1 << 20), AnyFit::First)
    }

    #[test]
    fn names_follow_their_blocks() {
        let mut stage = stage();
        let a = stage.allocate('A', 100).unwrap();
        let b = stage.allocate('B', 100).unwrap();
        stage.free('A');
        let snapshot = stage.snapshot().unwrap();
        assert_eq!(snapshot.named('A'), None);
        assert_eq!(snapshot.named('B').unwrap().payload(), b);
        assert_eq!(stage.allocate('C', 100).unwrap(), a);
        let moved = stage.resize('C', 5000).unwrap();
        assert_eq!(stage.snapshot().unwrap().named('C').unwrap().payload(), moved);
    }

    #[test]
    fn peek_sees_what_was_written_and_nothing_beyond_the_block() {
        let mut stage = stage();
        let a = stage.allocate('A', 100).unwrap();
        stage.bytes_mut('A').fill(7);
        assert_eq!(stage.peek(a, 100).unwrap(), [7; 100]);
        assert!(stage.peek(a, 200).is_err());
        assert!(stage.peek(a - 4096, 8).is_err());
    }
}
