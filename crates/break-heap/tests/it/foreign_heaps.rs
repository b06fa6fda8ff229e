//! Other crates' heaps on our breaks: they serve, stay inside the span, step over gaps and give
//! memory back.

use core::alloc::Layout;
use core::ptr::NonNull;

use dlmalloc::Dlmalloc;
use heapwright_break::{
    AsDlmallocAllocator, AsFlexSource, AsTalcSource, Break, FixedBreak, ProgramBreak,
    ReservedBreak, StaticBuffer,
};
use rlsf::FlexTlsf;
use talc::DefaultBinning;
use talc::base::Talc;

use crate::fork::in_child;
use crate::program_break_shared::Foreign;

/// What the three heaps have in common.
trait Heap {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>>;
    fn deallocate(&mut self, block: NonNull<u8>, layout: Layout);
}

impl<B: Break + core::fmt::Debug> Heap for Talc<AsTalcSource<B>, DefaultBinning> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the tests ask for one byte at least.
        unsafe { Talc::allocate(self, layout) }
    }

    fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: `Blocks` frees what it was given, once and with its layout.
        unsafe { Talc::deallocate(self, block.as_ptr(), layout) };
    }
}

impl<B: Break + Send> Heap for Dlmalloc<AsDlmallocAllocator<B>> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the size and the alignment are those of a layout.
        NonNull::new(unsafe { self.malloc(layout.size(), layout.align()) })
    }

    fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: `Blocks` frees what it was given, once and with its layout.
        unsafe { self.free(block.as_ptr(), layout.size(), layout.align()) };
    }
}

type Tlsf<B> = FlexTlsf<AsFlexSource<B>, u32, u32, 32, 32>;

impl<B: Break> Heap for Tlsf<B> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        FlexTlsf::allocate(self, layout)
    }

    fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: `Blocks` frees what it was given, once and with its layout.
        unsafe { FlexTlsf::deallocate(self, block, layout.align()) };
    }
}

fn talc<B: Break + core::fmt::Debug>(source: B) -> Talc<AsTalcSource<B>, DefaultBinning> {
    Talc::new(AsTalcSource::new(source))
}

fn dlmalloc<B: Break + Send>(source: B) -> Dlmalloc<AsDlmallocAllocator<B>> {
    // SAFETY: only the heap that owns it calls it.
    Dlmalloc::new_with_allocator(unsafe { AsDlmallocAllocator::new(source) })
}

fn tlsf<B: Break>(source: B) -> Tlsf<B> {
    FlexTlsf::new(AsFlexSource::new(source))
}

/// The live blocks of a heap, each filled with its own byte, and where all blocks ever lay.
struct Blocks {
    live: Vec<(NonNull<[u8]>, Layout, u8)>,
    /// The lowest address of a block, and the highest end.
    lowest: usize,
    highest: usize,
    random: u64,
}

impl Blocks {
    fn new() -> Self {
        Self { live: Vec::new(), lowest: usize::MAX, highest: 0, random: 0x9E37_79B9_7F4A_7C15 }
    }

    /// The next number below `bound` (xorshift).
    fn next(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Allocates and fills a block; `false` where the heap is exhausted.
    fn allocate(&mut self, heap: &mut impl Heap, layout: Layout) -> bool {
        let Some(block) = heap.allocate(layout) else { return false };
        let begin = block.addr().get();
        assert!(begin.is_multiple_of(layout.align()));
        self.lowest = self.lowest.min(begin);
        self.highest = self.highest.max(begin + layout.size());
        let value = u8::try_from(self.next(255)).unwrap() + 1;
        // SAFETY: the heap answered a block of this size.
        unsafe { block.write_bytes(value, layout.size()) };
        self.live.push((NonNull::slice_from_raw_parts(block, layout.size()), layout, value));
        true
    }

    /// Frees one block after a look at its contents.
    fn deallocate(&mut self, heap: &mut impl Heap, index: usize) {
        let (block, layout, value) = self.live.swap_remove(index);
        // SAFETY: the block is live and was filled whole.
        let bytes = unsafe { block.as_ref() };
        assert!(bytes.iter().all(|byte| *byte == value), "a block was overwritten");
        heap.deallocate(block.cast(), layout);
    }

    fn deallocate_all(&mut self, heap: &mut impl Heap) {
        while let Some(last) = self.live.len().checked_sub(1) {
            self.deallocate(heap, last);
        }
    }

    /// Allocates and frees at random, more of the first.
    fn act(&mut self, heap: &mut impl Heap, steps: usize, size_max: usize) {
        for _ in 0..steps {
            if self.live.is_empty() || self.next(5) < 3 {
                let (size, align) = (self.next(size_max) + 1, 1 << self.next(8));
                let layout = Layout::from_size_align(size, align).unwrap();
                assert!(self.allocate(heap, layout), "exhausted");
            } else {
                let index = self.next(self.live.len());
                self.deallocate(heap, index);
            }
        }
    }

    fn assert_inside(&self, source: &impl Break) {
        let start = source.start().unwrap().addr().get();
        assert!(start <= self.lowest && self.highest <= start + source.capacity());
    }
}

#[test]
fn all_three_serve_from_a_reserved_break() {
    fn serve(heap: &mut impl Heap) -> Blocks {
        let mut blocks = Blocks::new();
        blocks.act(heap, 4000, 5000);
        blocks.deallocate_all(heap);
        blocks.act(heap, 1000, 50_000);
        blocks
    }
    let mut sources = [(); 3].map(|()| ReservedBreak::new(1 << 30));
    let seen = {
        let [first, second, third] = &mut sources;
        [serve(&mut talc(first)), serve(&mut dlmalloc(second)), serve(&mut tlsf(third))]
    };
    for (blocks, source) in seen.iter().zip(&sources) {
        blocks.assert_inside(source);
    }
}

/// Fills a heap to the brim, sees it refuse, and sees it serve again after a free.
fn fill_and_refill(heap: &mut impl Heap, bytes: usize) {
    let mut blocks = Blocks::new();
    let layout = Layout::from_size_align(1000, 8).unwrap();
    while blocks.allocate(heap, layout) {}
    assert!(blocks.live.len() * 1000 > bytes / 2, "{} blocks only", blocks.live.len());
    blocks.deallocate(heap, 7);
    assert!(blocks.allocate(heap, layout));
    assert!(!blocks.allocate(heap, layout));
    blocks.deallocate_all(heap);
    blocks.act(heap, 1000, 100);
}

const BUFFER_BYTES: usize = 256 << 10;

#[test]
fn talc_serves_from_a_static_buffer_until_it_is_full() {
    static BUFFER: StaticBuffer<BUFFER_BYTES> = StaticBuffer::new();
    fill_and_refill(&mut talc(FixedBreak::from_static(&BUFFER)), BUFFER_BYTES);
}

#[test]
fn dlmalloc_serves_from_a_static_buffer_until_it_is_full() {
    static BUFFER: StaticBuffer<BUFFER_BYTES> = StaticBuffer::new();
    fill_and_refill(&mut dlmalloc(FixedBreak::from_static(&BUFFER)), BUFFER_BYTES);
}

#[test]
fn rlsf_serves_from_a_static_buffer_until_it_is_full() {
    static BUFFER: StaticBuffer<BUFFER_BYTES> = StaticBuffer::new();
    fill_and_refill(&mut tlsf(FixedBreak::from_static(&BUFFER)), BUFFER_BYTES);
}

/// Allocates on both sides of foreign memory, three times over.
fn step_over_gaps(heap: &mut impl Heap) {
    let mut blocks = Blocks::new();
    let mut foreign = Vec::new();
    for round in 0..3 {
        blocks.act(heap, 500, 3000);
        foreign.push(Foreign::take(10_001));
        // More than the heap ever had, so that it must grow above the foreign memory.
        assert!(blocks.allocate(heap, Layout::from_size_align((1 << 20) << round, 16).unwrap()));
        assert!(blocks.highest > foreign.last().unwrap().end());
    }
    blocks.deallocate_all(heap);
    foreign.iter().for_each(Foreign::assert_untouched);
}

#[test]
fn all_three_step_over_gaps_of_the_program_break() {
    // SAFETY: the child has one thread.
    in_child(|| step_over_gaps(&mut talc(unsafe { ProgramBreak::new() })));
    // SAFETY: as above.
    in_child(|| step_over_gaps(&mut dlmalloc(unsafe { ProgramBreak::new() })));
    // SAFETY: as above.
    in_child(|| step_over_gaps(&mut tlsf(unsafe { ProgramBreak::new() })));
}

#[test]
fn talc_lowers_the_break_once_much_is_free_under_it() {
    let mut source = ReservedBreak::new(1 << 30);
    let mut heap = talc(&mut source);
    let mut blocks = Blocks::new();
    for _ in 0..64 {
        assert!(blocks.allocate(&mut heap, Layout::from_size_align(1 << 18, 8).unwrap()));
    }
    assert!(heap.source.source().len() >= 16 << 20);
    blocks.deallocate_all(&mut heap);
    assert!(heap.source.source().len() < 4 << 20, "{} bytes kept", heap.source.source().len());
    blocks.act(&mut heap, 1000, 100_000);
}

#[test]
fn dlmalloc_lowers_the_break_when_it_is_trimmed() {
    let mut source = ReservedBreak::new(1 << 30);
    let mut heap = dlmalloc(&mut source);
    let mut blocks = Blocks::new();
    for _ in 0..64 {
        assert!(blocks.allocate(&mut heap, Layout::from_size_align(1 << 18, 8).unwrap()));
    }
    let peak = blocks.highest - blocks.lowest;
    blocks.deallocate_all(&mut heap);
    // SAFETY: the call has no conditions beyond a heap of its own.
    unsafe { heap.trim(0) };
    blocks.act(&mut heap, 1000, 100);
    blocks.deallocate_all(&mut heap);
    assert!(peak >= 16 << 20 && source.len() < 4 << 20, "{} bytes kept", source.len());
}

#[test]
fn nobody_but_the_break_s_end_is_released_to_the_system() {
    use dlmalloc::Allocator;
    let mut source = ReservedBreak::new(1 << 20);
    let page_size = source.page_size();
    {
        // SAFETY: nothing uses the memory.
        let adapter = unsafe { AsDlmallocAllocator::new(&mut source) };
        let (lower, bytes, _) = adapter.alloc(4 * page_size);
        let (upper, _, _) = adapter.alloc(4 * page_size);
        assert!(!adapter.free(lower, bytes));
        assert!(!adapter.free_part(upper, bytes, bytes - 1));
        assert!(!adapter.free_part(upper, bytes, bytes + page_size));
        assert!(adapter.free_part(upper, bytes, page_size));
        assert!(adapter.free(upper, page_size));
        assert!(adapter.free(lower, bytes));
    }
    assert!(source.is_empty());
}
