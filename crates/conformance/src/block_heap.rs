//! A [`BlockHeap`] as a subject: its own check, and its walk against the shadow.
//!
//! ```text
//!   walk     ├ in use ──────┼ free ─┼ in use ─┼▒ fence ▒┼ in use ─┼ top ┤
//!   shadow     └ payload ───┘         └ pay ──┘           └ pay ──┘      must be the same
//! ```

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use heapwright_block::fit::Fit;
use heapwright_block::{BlockHeap, BlockState, Config, Misuse};
use heapwright_break::Break;

use crate::shadow::Shadow;
use crate::subject::Subject;

/// A [`BlockHeap`] under test, with the memory of its break where that is borrowed.
#[derive(Debug)]
pub struct HeapSubject<B: Break, F: Fit> {
    // Declared before the buffer, so dropped before it.
    heap: BlockHeap<B, F>,
    check_source: fn(&B) -> Result<(), String>,
    _buffer: Option<Buffer>,
}

impl<B: Break, F: Fit> HeapSubject<B, F> {
    /// A subject of `heap`.
    #[must_use]
    pub fn new(heap: BlockHeap<B, F>) -> Self {
        Self { heap, check_source: |_| Ok(()), _buffer: None }
    }

    /// The same, and `check` is asked about the source at each verification.
    #[must_use]
    pub fn checking_source(self, check: fn(&B) -> Result<(), String>) -> Self {
        Self { check_source: check, ..self }
    }

    /// The same, and `buffer` lives as long as the heap.
    #[must_use]
    pub fn keeping(self, buffer: Buffer) -> Self {
        Self { _buffer: Some(buffer), ..self }
    }

    /// The heap.
    pub const fn heap(&self) -> &BlockHeap<B, F> {
        &self.heap
    }

    /// The heap, for calls that a script cannot make.
    pub const fn heap_mut(&mut self) -> &mut BlockHeap<B, F> {
        &mut self.heap
    }

    fn verify_against(&self, live: &Shadow) -> Result<(), String> {
        let walked =
            self.heap.walk().filter(|block| block.state == BlockState::InUse).map(|block| {
                let payload = block.payload();
                payload..payload + block.payload_size()
            });
        if !walked.eq(live.used()) {
            return Err(format!(
                "the walk does not find the blocks that are live: walk {:x?}, live {:x?}",
                self.heap.walk().collect::<Vec<_>>(),
                live.used().collect::<Vec<_>>()
            ));
        }
        let stats = self.heap.stats();
        let expected = (self.heap.source().len(), live.used_count());
        if (stats.heap_bytes, stats.live_count) != expected {
            return Err(format!("{stats:?}, but (heap_bytes, live_count) is {expected:?}"));
        }
        let start = self.heap.source().start().map_or(0, |start| start.addr().get());
        let heap = start..start + self.heap.source().len();
        live.check_within(&heap).map_err(|violation| format!("{violation:x?}"))
    }
}

// SAFETY: a heap's blocks are memory of its source until they are deallocated.
unsafe impl<B: Break, F: Fit> Subject for HeapSubject<B, F> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<[u8]>> {
        self.heap.allocate(layout).ok()
    }

    fn allocate_zeroed(&mut self, layout: Layout) -> Option<NonNull<[u8]>> {
        self.heap.allocate_zeroed(layout).ok()
    }

    unsafe fn deallocate(&mut self, payload: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions are those of the heap.
        unsafe { self.heap.deallocate(payload, layout) }
    }

    unsafe fn resize(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Option<NonNull<[u8]>> {
        // SAFETY: the caller's conditions are those of the heap.
        unsafe { self.heap.resize(payload, old, new) }.ok()
    }

    fn trim(&mut self, keep_bytes: usize) {
        self.heap.trim(keep_bytes);
    }

    fn verify(&mut self, live: &Shadow) -> Result<(), String> {
        self.heap.verify().map_err(|corruption| corruption.to_string())?;
        (self.check_source)(self.heap.source())?;
        self.verify_against(live)
    }
}

/// The usual configuration, but misuse is a panic: a script never misuses a heap, and a panic
/// can be caught, counted as a failure and made short, where an abort ends the test.
#[must_use]
pub const fn panicking_config() -> Config {
    Config { on_misuse: panic_on_misuse, ..Config::new() }
}

fn panic_on_misuse(misuse: Misuse) -> ! {
    panic!("the heap reports misuse: {misuse}")
}

/// Memory for a `FixedBreak`, aligned to 4096 bytes, given back when it is dropped.
#[derive(Debug)]
pub struct Buffer {
    memory: NonNull<[MaybeUninit<u8>]>,
}

/// Alignment of a [`Buffer`].
const BUFFER_ALIGN: usize = 4096;

impl Buffer {
    /// A buffer of `size` bytes.
    ///
    /// # Panics
    ///
    /// Where `size` is 0 or there is no such memory.
    #[must_use]
    pub fn new(size: usize) -> Self {
        assert_ne!(size, 0, "a buffer has bytes");
        // SAFETY: the size is not 0.
        let start = NonNull::new(unsafe { std::alloc::alloc(Self::layout(size)) });
        let start = start.expect("the system has a few mebibytes").cast();
        Self { memory: NonNull::slice_from_raw_parts(start, size) }
    }

    /// The buffer, for as long as anyone says.
    ///
    /// # Safety
    ///
    /// - It is called once, or what the last call returned is not used any more.
    /// - What it returns is not used after this value is dropped.
    #[must_use]
    pub unsafe fn lend<'a>(&self) -> &'a mut [MaybeUninit<u8>] {
        let mut memory = self.memory;
        // SAFETY: the memory is ours, may be uninitialised by its type, and is borrowed once
        // and not beyond our life (both the caller's conditions).
        unsafe { memory.as_mut() }
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, BUFFER_ALIGN).expect("a size that memory has")
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and given back once, here.
        unsafe { std::alloc::dealloc(self.memory.as_ptr().cast(), Self::layout(self.memory.len())) }
    }
}
