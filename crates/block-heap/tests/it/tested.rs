//! A heap under test: every call checks what it can, and the unsafe calls are argued once.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use heapwright_block::fit::{Fit, GoodFit};
use heapwright_block::{AllocError, Block, BlockHeap, BlockState, Config, GRANULE};
use heapwright_break::{Break, FixedBreak, ReservedBreak};

/// A block that a test holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) payload: NonNull<u8>,
    pub(crate) layout: Layout,
}

impl Held {
    pub(crate) fn address(self) -> usize {
        self.payload.addr().get()
    }

    pub(crate) fn fill(self, byte: u8) {
        // SAFETY: the block is held, and has the layout's bytes.
        unsafe { self.payload.write_bytes(byte, self.layout.size()) }
    }

    pub(crate) fn is_filled(self, byte: u8, bytes: usize) -> bool {
        // SAFETY: `bytes` of the block were filled, or zeroed by the heap.
        let contents = unsafe { NonNull::slice_from_raw_parts(self.payload, bytes).as_ref() };
        contents.iter().all(|&other| other == byte)
    }
}

pub(crate) fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// A heap that is verified after every call.
pub(crate) struct Tested<B: Break, F: Fit = GoodFit>(pub(crate) BlockHeap<B, F>);

/// A heap that may grow to a gibibyte.
pub(crate) fn growing<F: Fit>() -> Tested<ReservedBreak, F> {
    Tested(BlockHeap::new(ReservedBreak::new(1 << 30)))
}

/// A buffer that lives as long as the test process, and begins at a multiple of the granule.
pub(crate) fn buffer<'process>(bytes: usize) -> &'process mut [MaybeUninit<u8>] {
    #[derive(Clone, Copy)]
    #[repr(align(32))]
    struct Granule(#[expect(dead_code, reason = "room")] [MaybeUninit<u8>; GRANULE]);

    const _: () = assert!(align_of::<Granule>() == GRANULE);
    let room = [MaybeUninit::uninit(); GRANULE];
    let buffer = Box::leak(vec![Granule(room); bytes / GRANULE].into_boxed_slice());
    let granules = NonNull::from(buffer);
    let bytes = NonNull::slice_from_raw_parts(granules.cast(), granules.len() * GRANULE);
    // SAFETY: the buffer is leaked, so it lives for ever, and is lent to nobody else.
    unsafe { &mut *bytes.as_ptr() }
}

/// A heap in a buffer that lives as long as the test process.
pub(crate) fn fixed<F: Fit>(bytes: usize) -> Tested<FixedBreak<'static>, F> {
    with_config(bytes, Config::new())
}

pub(crate) fn with_config<F: Fit>(bytes: usize, config: Config) -> Tested<FixedBreak<'static>, F> {
    Tested(BlockHeap::with_config(FixedBreak::new(buffer(bytes)).unwrap(), config))
}

impl<B: Break, F: Fit> Tested<B, F> {
    pub(crate) fn try_allocate(&mut self, layout: Layout) -> Result<Held, AllocError> {
        let result = self.0.allocate(layout);
        self.0.verify().unwrap();
        let payload = result?;
        assert!(payload.len() >= layout.size());
        let held = Held { payload: payload.cast(), layout };
        assert!(held.address().is_multiple_of(layout.align().max(16)));
        Ok(held)
    }

    pub(crate) fn allocate(&mut self, size: usize) -> Held {
        self.try_allocate(layout(size, 1)).unwrap()
    }

    pub(crate) fn free(&mut self, held: Held) {
        // SAFETY: the test holds the block, and frees it once, or means to be caught.
        unsafe { self.0.deallocate(held.payload, held.layout) };
        self.0.verify().unwrap();
    }

    pub(crate) fn try_resize(&mut self, held: Held, new: Layout) -> Result<Held, AllocError> {
        // SAFETY: the test holds the block, and goes on with the one that is returned.
        let result = unsafe { self.0.resize(held.payload, held.layout, new) };
        self.0.verify().unwrap();
        let payload = result?;
        assert!(payload.len() >= new.size());
        Ok(Held { payload: payload.cast(), layout: new })
    }

    pub(crate) fn resize(&mut self, held: Held, size: usize) -> Held {
        self.try_resize(held, layout(size, held.layout.align())).unwrap()
    }

    /// Blocks of these sizes, one after the other, with blocks in use between and behind, the
    /// first of which are free: holes. Returns the holes' payload addresses.
    pub(crate) fn make_holes(&mut self, sizes: &[usize]) -> Vec<usize> {
        let pairs: Vec<_> =
            sizes.iter().map(|&size| (self.allocate(size), self.allocate(1))).collect();
        for (hole, _) in &pairs {
            self.free(*hole);
        }
        pairs.iter().map(|(hole, _)| hole.address()).collect()
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        self.0.walk().collect()
    }

    pub(crate) fn states(&self) -> Vec<BlockState> {
        self.0.walk().map(|block| block.state).collect()
    }
}
