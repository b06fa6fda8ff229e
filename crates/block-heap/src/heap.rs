//! The heap: allocate and deallocate, each step a call into a file that knows it.
//!
//! Which block is taken is in `fit`, how it is cut and joined in `block/{split,coalesce}.rs`,
//! where the memory ends in `span.rs`, when to ask for more in `growth.rs`, changing a block's
//! size in `resize.rs`.

use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;

use heapwright_break::Break;

use crate::block::{Block, GRANULE, HEADER_BYTES, Header, PAYLOAD_BYTES_MAX, block_bytes};
use crate::fit::{AnyFit, BlockIndex, Fit, GoodFit};
use crate::span::Span;
use crate::sys::prefetch;
use crate::{AllocError, Config, Misuse};

/// One heap over one [`Break`], with one owner.
///
/// Every block has a header of one word; free blocks also keep their size at their end (a
/// *boundary tag*) and two links in their payload. A block that is freed is joined with its free
/// neighbours at once; a block that is larger than asked for is split; `F` picks the block.
///
/// Blocks live until the heap is dropped, and moving the heap moves no block.
///
/// # Invariants
///
/// 1. From the first block on, each header's size leads to the next header, and at last to the
///    top and the end mark: blocks and fences tile the span.
/// 2. A block's size is a multiple of the granule, and not 0.
/// 3. A header says that the block before it is free where that is so, and nowhere else.
/// 4. No two free blocks touch, the top included.
/// 5. The last word of every free block but the top is its size.
/// 6. The fit's index holds every free block but the top, each once.
/// 7. The bytes of the span that were never handed out are zero.
///
/// [`verify`](BlockHeap::verify) checks them.
///
/// # Examples
///
/// ```
/// use core::alloc::Layout;
/// use heapwright_block::{BlockHeap, fit::BestFit};
/// use heapwright_break::ReservedBreak;
///
/// let mut heap: BlockHeap<_, BestFit> = BlockHeap::new(ReservedBreak::new(1 << 30));
/// let layout = Layout::new::<[u64; 100]>();
/// let block = heap.allocate(layout)?;
/// assert!(block.len() >= 800);
/// // SAFETY: allocated above with the same layout, and not used any more.
/// unsafe { heap.deallocate(block.cast(), layout) };
/// # Ok::<(), heapwright_block::AllocError>(())
/// ```
pub struct BlockHeap<B: Break, F: Fit = GoodFit> {
    pub(crate) span: Span,
    pub(crate) fit: F::State,
    pub(crate) config: Config,
    pub(crate) source: B,
    pub(crate) heap_bytes_peak: usize,
    /// The growth that the source refused last, in bytes.
    pub(crate) refused_bytes: usize,
    /// The heap is short of memory where its top begins above this address.
    pub(crate) short_above: usize,
}

// SAFETY: the heap owns its span alone (the source's first guarantee), so its pointers may move
// to another thread with it; the source may where it says so, and so may the index.
unsafe impl<B: Break + Send, F: Fit> Send for BlockHeap<B, F> where F::State: Send {}

impl<B: Break, F: Fit> BlockHeap<B, F> {
    /// A heap that will take its memory from `source`, from the first allocation on.
    pub const fn new(source: B) -> Self {
        Self::with_config(source, Config::new())
    }

    /// The same, with a configuration.
    pub const fn with_config(source: B, config: Config) -> Self {
        Self::with_index(source, config, F::EMPTY)
    }

    /// The same, with an index that holds no block.
    const fn with_index(source: B, config: Config, fit: F::State) -> Self {
        Self {
            span: Span::new(config.on_misuse),
            fit,
            config,
            source,
            heap_bytes_peak: 0,
            refused_bytes: 0,
            short_above: usize::MAX,
        }
    }

    /// Where the memory comes from.
    pub const fn source(&self) -> &B {
        &self.source
    }

    /// Hands out a block for `layout`.
    ///
    /// The slice begins at a multiple of the alignment, and of 16, and has all the bytes that the
    /// user may write: at least `layout.size()`. A block of no bytes has an address of its own.
    ///
    /// # Errors
    ///
    /// [`AllocError::TooLarge`] and [`AllocError::Exhausted`]; the heap is as before.
    #[inline]
    pub fn allocate(&mut self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        match self.obtain(layout) {
            Some(block) => Ok(payload_of(block)),
            None => Err(self.refusal(layout)),
        }
    }

    /// Hands out a block whose first `layout.size()` bytes are zero. Memory that was never handed
    /// out is not cleared again.
    ///
    /// # Errors
    ///
    /// As [`allocate`](BlockHeap::allocate).
    pub fn allocate_zeroed(&mut self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let clean = self.span.clean();
        let payload = self.allocate(layout)?;
        let start = payload.cast::<u8>();
        let dirty_bytes = clean.saturating_sub(start.addr().get()).min(layout.size());
        // SAFETY: within the payload, which was handed out just now and is nobody's yet.
        unsafe { start.write_bytes(0, dirty_bytes) };
        Ok(payload)
    }

    /// Takes a block back. It is joined with its free neighbours at once.
    ///
    /// Misuse that is found is reported to [`Config::on_misuse`]: a block that is free already, a
    /// pointer that is no block's, a header, tag or link that was overwritten, a layout larger
    /// than the block.
    ///
    /// # Safety
    ///
    /// - `payload` was handed out by this heap, and not taken back since.
    /// - `layout` is the one it was handed out or resized with last; its size may also be any
    ///   other up to the [`usable_size`](BlockHeap::usable_size).
    /// - Nobody uses the block afterwards.
    #[inline]
    pub unsafe fn deallocate(&mut self, payload: NonNull<u8>, layout: Layout) {
        let size = block_bytes(layout);
        let (block, header) = match self.span.held_block_of(payload, size) {
            Some(held) => held,
            // SAFETY: the caller's conditions.
            None => return unsafe { self.deallocate_other(payload, layout) },
        };
        // SAFETY: the block is in use, as was found, and the caller gives it up.
        unsafe { self.release(block, header, size) }
    }

    /// `deallocate` where the layout is not exactly that of the block, or something is wrong.
    ///
    /// # Safety
    ///
    /// As `deallocate`.
    #[inline(never)]
    unsafe fn deallocate_other(&mut self, payload: NonNull<u8>, layout: Layout) {
        let (block, header) = self.held(payload, layout);
        // SAFETY: the block is in use, as was found, and the caller gives it up.
        unsafe { self.release(block, header, header.size()) }
    }

    /// The bytes from `payload` on that the user may write: what was asked for, rounded up to a
    /// whole block.
    ///
    /// Misuse that is found is reported as in [`deallocate`](BlockHeap::deallocate).
    ///
    /// # Safety
    ///
    /// `payload` was handed out by this heap, and not taken back since.
    #[must_use]
    pub unsafe fn usable_size(&self, payload: NonNull<u8>) -> usize {
        match self.span.held_block(payload) {
            Ok((_, header)) => header.size() - HEADER_BYTES,
            Err(misuse) => self.span.misuse(misuse),
        }
    }

    /// The block at `payload`, which a user holds, and its header; misuse is reported.
    #[inline]
    pub(crate) fn held(&self, payload: NonNull<u8>, layout: Layout) -> (Block, Header) {
        match self.span.held_block(payload) {
            Ok((block, header)) if layout.size() <= header.size() - HEADER_BYTES => (block, header),
            Ok(_) => self.span.misuse(Misuse::WrongLayout { payload: payload.addr().get() }),
            Err(misuse) => self.span.misuse(misuse),
        }
    }

    /// Hands out a block for `layout`, where there is one.
    #[inline]
    pub(crate) fn obtain(&mut self, layout: Layout) -> Option<Block> {
        let size = block_bytes(layout);
        if layout.align() > GRANULE {
            return self.take_aligned(size, layout.align());
        }
        // SAFETY: the index holds blocks of this span only.
        let taken = unsafe { F::take_quickly(&mut self.fit, &mut self.span, size / GRANULE) };
        let Some(index) = taken else { return self.obtain_slowly(size) };
        // SAFETY: it was in the index until now.
        let block = unsafe { self.span.block(index) };
        // The other end is written too, and is fetched while this one is read.
        prefetch(block.address() + size);
        // SAFETY: a free block is followed by one in use (invariant 4); the fit promises `size`.
        unsafe { self.hand_out(block, self.span.free_size(block, size), size) };
        Some(block)
    }

    /// `obtain` by a search, and where nothing is found by the top, which grows if need be.
    ///
    /// It is apart so that the shortest path is free of calls.
    #[inline(never)]
    fn obtain_slowly(&mut self, size: usize) -> Option<Block> {
        let Some(index) = self.find(size) else { return self.take_top(size) };
        // SAFETY: the fit found it in its index.
        let block = unsafe { self.span.block(index) };
        let whole = self.span.free_size(block, size);
        // SAFETY: as above.
        unsafe { self.remove(block, whole) };
        // SAFETY: as in `obtain`.
        unsafe { self.hand_out(block, whole, size) };
        Some(block)
    }

    /// Why `obtain` found nothing.
    #[cold]
    pub(crate) fn refusal(&self, layout: Layout) -> AllocError {
        if layout.size() > PAYLOAD_BYTES_MAX {
            AllocError::TooLarge { size: layout.size() }
        } else {
            AllocError::Exhausted { needed: self.refused_bytes }
        }
    }

    /// Takes the first `size` bytes of the top, which grows where it is smaller.
    fn take_top(&mut self, size: usize) -> Option<Block> {
        if size > self.span.top_bytes() {
            self.grow_top(size)?;
        }
        // SAFETY: the top has `size` bytes now.
        Some(unsafe { self.raise_top(size) })
    }

    /// Hands out the first `size` bytes of the top.
    ///
    /// # Safety
    ///
    /// The top has as many.
    pub(crate) unsafe fn raise_top(&mut self, size: usize) -> Block {
        let block = self.span.top();
        // SAFETY: at most at the end mark, by the caller's condition.
        let top = unsafe { block.above(size) };
        // SAFETY: the same, and all above is still nobody's.
        unsafe { self.span.set_top(top) };
        block.set_header(Header::in_use(size).after_used());
        block
    }

    /// Takes a block of at least `size` bytes whose payload is a multiple of `align`, which is
    /// more than the granule. What is before it becomes a free block.
    #[cold]
    #[inline(never)]
    fn take_aligned(&mut self, size: usize, align: usize) -> Option<Block> {
        // The first look is for a block that fits by luck, the second for one that fits for sure.
        for wanted in [size, size + align] {
            let Some(index) = self.find(wanted) else { continue };
            // SAFETY: the fit found it in its index.
            let block = unsafe { self.span.block(index) };
            let lead = lead_bytes(block, align);
            if block.header().size() < lead + size {
                continue;
            }
            let whole = self.span.free_size(block, size);
            // SAFETY: as above.
            unsafe { self.remove(block, whole) };
            // SAFETY: the lead is shorter than the block.
            let aligned = unsafe { self.free_lead(block, lead) };
            // SAFETY: what is left of the block is free and ends where the whole did.
            unsafe { self.hand_out(aligned, whole - lead, size) };
            if lead > 0 {
                aligned.set_header(aligned.header().after_free());
            }
            return Some(aligned);
        }
        self.grow_top_aligned(size, align)?;
        let lead = lead_bytes(self.span.top(), align);
        // SAFETY: the top has the bytes of both.
        let block = unsafe { self.raise_top(lead + size) };
        // SAFETY: the lead is shorter than the block.
        let aligned = unsafe { self.free_lead(block, lead) };
        let header = Header::in_use(size);
        aligned.set_header(if lead > 0 { header } else { header.after_used() });
        Some(aligned)
    }

    /// Grows the top until a block of `size` bytes with an aligned payload fits in.
    fn grow_top_aligned(&mut self, size: usize, align: usize) -> Option<()> {
        if !self.span.is_started() {
            self.grow_top(size)?;
        }
        let top = self.span.top();
        let wanted = lead_bytes(top, align) + size;
        if wanted > self.span.top_bytes() {
            self.grow_top(wanted)?;
        }
        let surely_enough = size + align;
        if top != self.span.top() && surely_enough > self.span.top_bytes() {
            // The top lies above a gap now, where another lead is needed.
            self.grow_top(surely_enough)?;
        }
        Some(())
    }

    /// Makes the first `lead` bytes of a block a free block, and returns what follows.
    ///
    /// # Safety
    ///
    /// `lead` is 0 or a block's size, and less than the block has; nobody holds those bytes.
    unsafe fn free_lead(&mut self, block: Block, lead: usize) -> Block {
        if lead > 0 {
            // SAFETY: large enough for a block, and nobody's.
            unsafe { self.insert(block, lead) };
        }
        // SAFETY: inside the block.
        unsafe { block.above(lead) }
    }

    pub(crate) fn find(&mut self, size: usize) -> Option<BlockIndex> {
        // SAFETY: the index holds blocks of this span only.
        unsafe { F::find(&mut self.fit, &self.span, size / GRANULE) }
    }

    /// Makes `size` bytes a free block, and puts it into the fit's index.
    ///
    /// # Safety
    ///
    /// They lie in the span, belong to no user and to no block in the index, and are not 0.
    #[inline]
    pub(crate) unsafe fn insert(&mut self, block: Block, size: usize) {
        // SAFETY: the caller's conditions.
        unsafe { block.set_free(size) };
        // SAFETY: free now, and of that size.
        unsafe { F::insert(&mut self.fit, &mut self.span, block.index(), size / GRANULE) }
    }

    /// Takes a free block of `size` bytes out of the fit's index.
    ///
    /// # Safety
    ///
    /// It is in there, and has that size.
    #[inline]
    pub(crate) unsafe fn remove(&mut self, block: Block, size: usize) {
        // SAFETY: the caller's conditions.
        unsafe { F::remove(&mut self.fit, &mut self.span, block.index(), size / GRANULE) }
    }
}

impl<B: Break> BlockHeap<B, AnyFit> {
    /// A heap whose fit is chosen at run time.
    pub const fn with_any_fit(source: B, config: Config, fit: AnyFit) -> Self {
        Self::with_index(source, config, fit.state())
    }
}

impl<B: Break, F: Fit> fmt::Debug for BlockHeap<B, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BlockHeap")
            .field("config", &self.config)
            .field("heap_bytes", &self.source.len())
            .finish_non_exhaustive()
    }
}

/// What the user gets of a block.
#[inline]
pub(crate) fn payload_of(block: Block) -> NonNull<[u8]> {
    NonNull::slice_from_raw_parts(block.payload(), block.header().size() - HEADER_BYTES)
}

/// From the start of `block` to the start of one whose payload is a multiple of `align`, which is
/// more than the granule.
fn lead_bytes(block: Block, align: usize) -> usize {
    let payload = block.address() + HEADER_BYTES;
    payload.wrapping_neg() & (align - 1)
}
