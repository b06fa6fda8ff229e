//! Live blocks of one allocator, and the random requests of talc's two workloads.
//!
//! The size and alignment rules are those of talc's benchmarks (github.com/SFBdragon/talc,
//! `benches/`): small requests are more frequent than large ones, alignments above the word are
//! rare. Unlike there, the generator is seeded, so every allocator sees the same requests.

use core::alloc::{GlobalAlloc, Layout};

use fastrand::Rng;

struct Held {
    payload: *mut u8,
    layout: Layout,
}

/// Blocks held from one allocator, freed on drop.
pub struct Player<'a> {
    allocator: &'a dyn GlobalAlloc,
    rng: Rng,
    held: Vec<Held>,
}

impl<'a> Player<'a> {
    /// A player that holds nothing yet.
    #[must_use]
    pub fn new(allocator: &'a dyn GlobalAlloc, seed: u64) -> Self {
        // Large enough never to grow while time is taken.
        Self { allocator, rng: Rng::with_seed(seed), held: Vec::with_capacity(100_000) }
    }

    /// A number in `0..bound`, to choose the next action.
    pub fn roll(&mut self, bound: usize) -> usize {
        self.rng.usize(0..bound)
    }

    /// How many blocks are held.
    #[must_use]
    pub fn held_count(&self) -> usize {
        self.held.len()
    }

    /// The bytes asked for by the blocks held.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.held.iter().map(|held| held.layout.size()).sum()
    }

    /// Takes a block of a random size below `size_max`; `false` where the allocator has none.
    pub fn allocate(&mut self, size_max: usize) -> bool {
        let cap = self.rng.usize(16..size_max);
        let size = self.rng.usize(4..cap);
        // 3 of 4 have the word's alignment, then each doubling is 4 times as rare.
        let align = align_of::<usize>() << (self.rng.u16(..).trailing_zeros() / 2);
        let Ok(layout) = Layout::from_size_align(size, align) else { return false };
        // SAFETY: the size is not zero.
        let payload = unsafe { self.allocator.alloc(layout) };
        if payload.is_null() {
            return false;
        }
        self.held.push(Held { payload, layout });
        true
    }

    /// Resizes a random block to a random size below `size_max`, keeping its alignment; `false`
    /// where the allocator cannot. Holding nothing is no failure, and does nothing.
    pub fn reallocate(&mut self, size_max: usize) -> bool {
        if self.held.is_empty() {
            return true;
        }
        let index = self.rng.usize(0..self.held.len());
        let size = self.rng.usize(1..size_max);
        let held = &mut self.held[index];
        let Ok(layout) = Layout::from_size_align(size, held.layout.align()) else { return false };
        // SAFETY: the block is live and of this layout; the new size is valid and not zero.
        let payload = unsafe { self.allocator.realloc(held.payload, held.layout, size) };
        if payload.is_null() {
            return false;
        }
        *held = Held { payload, layout };
        true
    }

    /// Frees a random block. Holding nothing, it does nothing.
    pub fn deallocate(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.rng.usize(0..self.held.len());
        self.release(index);
    }

    /// Frees everything.
    pub fn clear(&mut self) {
        while let Some(last) = self.held.len().checked_sub(1) {
            self.release(last);
        }
    }

    fn release(&mut self, index: usize) {
        let held = self.held.swap_remove(index);
        // SAFETY: the block was live and of this layout, and left the list.
        unsafe { self.allocator.dealloc(held.payload, held.layout) }
    }
}

impl Drop for Player<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
