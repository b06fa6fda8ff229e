//! A break as the source of a `talc` heap.
//!
//! ```text
//!   start                    heap_len            len
//!   ├─ talc's newest heap ────┤ < CHUNK_UNIT ─────┤   grow ─▶ extend
//!   ├─ talc's older heap ─┤ gap ├─ newest ────┤        above a gap ─▶ claim
//! ```

use core::alloc::Layout;
use core::cmp::max;
use core::ptr::NonNull;

use talc::base::binning::Binning;
use talc::base::{CHUNK_UNIT, Talc};
use talc::source::Source;

use super::step::{GROW_BYTES_MIN, grow_by_step};
use crate::align::round_up;
use crate::{Break, Growth};

/// The least free memory under the break that is given back, in bytes.
const TRIM_BYTES_MIN: usize = 2 << 20;

/// A break as [`talc::source::Source`], so that a [`Talc`] stands on it.
///
/// It grows by 64 KiB at least, as long as there is so much, extends talc's newest heap while
/// nobody else moves the break, and claims a new heap above a gap. Once 2 MiB under the break
/// are free it lowers the break down to 64 KiB above the last block.
///
/// # Heap management
///
/// This source manages talc's heaps by itself: calling [`Talc::claim`], [`Talc::extend`],
/// [`Talc::truncate`] or [`Talc::resize`] beside it is undefined behaviour.
///
/// # Examples
///
/// ```
/// use core::alloc::Layout;
/// use heapwright_break::{AsTalcSource, FixedBreak, StaticBuffer};
/// use talc::{DefaultBinning, base::Talc};
///
/// static BUFFER: StaticBuffer<65536> = StaticBuffer::new();
///
/// let source = AsTalcSource::new(FixedBreak::from_static(&BUFFER));
/// let mut heap = Talc::<_, DefaultBinning>::new(source);
/// // SAFETY: the size is not 0.
/// let block = unsafe { heap.allocate(Layout::new::<[u64; 100]>()) };
/// assert!(block.is_some());
/// ```
#[derive(Debug)]
pub struct AsTalcSource<B> {
    source: B,
    /// Where talc's newest heap ends, in bytes from the start of the span; 0 before the first.
    heap_len: usize,
}

impl<B: Break> AsTalcSource<B> {
    /// `source` for one `talc` heap.
    #[must_use]
    pub const fn new(source: B) -> Self {
        Self { source, heap_len: 0 }
    }

    /// The break behind it.
    pub const fn source(&self) -> &B {
        &self.source
    }

    /// The address `offset` bytes into the span.
    fn at(&self, offset: usize) -> Option<NonNull<u8>> {
        NonNull::new(self.source.start()?.as_ptr().wrapping_add(offset))
    }

    /// The offset of `address` in the span.
    fn offset_of(&self, address: NonNull<u8>) -> Option<usize> {
        address.addr().get().checked_sub(self.source.start()?.addr().get())
    }

    /// The offset down to which the break can be lowered if all above `free_base` is free.
    fn trimmed_len(&self, free_base: *mut u8, heap_end: *mut u8) -> Option<usize> {
        if self.at(self.heap_len)?.as_ptr() != heap_end {
            return None; // An older heap, below a gap.
        }
        let free_base = self.offset_of(NonNull::new(free_base)?)?;
        if self.heap_len.checked_sub(free_base)? < TRIM_BYTES_MIN {
            return None;
        }
        let unit = max(self.source.page_size(), CHUNK_UNIT);
        round_up(free_base.checked_add(GROW_BYTES_MIN)?, unit)
    }
}

/// The bytes that surely let talc serve `layout`: it aligns within them, and needs a tag on
/// either side and, the first time, its bins.
fn needed<B: Break, Bins: Binning>(
    talc: &Talc<AsTalcSource<B>, Bins>,
    layout: Layout,
) -> Option<usize>
where
    AsTalcSource<B>: Source,
{
    let bins = match talc.is_metadata_established() {
        true => 0,
        false => talc::min_first_heap_layout::<Bins>().size(),
    };
    layout.size().checked_add(layout.align())?.checked_add(bins)?.checked_add(3 * CHUNK_UNIT)
}

/// Grows the source and gives the growth to talc.
fn acquire<B: Break, Bins: Binning>(
    talc: &mut Talc<AsTalcSource<B>, Bins>,
    layout: Layout,
) -> Option<()>
where
    AsTalcSource<B>: Source,
{
    let bytes = needed(talc, layout)?;
    let Growth { gap_bytes, memory } = grow_by_step(&mut talc.source.source, bytes).ok()?;
    let heap_end = if talc.source.heap_len > 0 && gap_bytes == 0 {
        let heap_end = talc.source.at(talc.source.heap_len)?;
        let end = talc.source.at(talc.source.source.len())?;
        // SAFETY: `heap_end` is the end of talc's newest heap, and all up to `end` is the
        // break's, unused, and talc's from now on.
        unsafe { talc.extend(heap_end, end.as_ptr()) }
    } else {
        // SAFETY: the memory is fresh and from now on talc's alone.
        unsafe { talc.claim(memory.cast::<u8>().as_ptr(), memory.len()) }?
    };
    talc.source.heap_len = talc.source.offset_of(heap_end)?;
    Some(())
}

// SAFETY: the source calls its break alone, which allocates nothing. `resize` answers an end
// between `free_base` and `heap_end`, aligned to `CHUNK_UNIT`.
unsafe impl<B: Break + core::fmt::Debug> Source for AsTalcSource<B> {
    const TRACK_HEAP_END: bool = true;

    fn acquire<Bins: Binning>(talc: &mut Talc<Self, Bins>, layout: Layout) -> Result<(), ()> {
        acquire(talc, layout).ok_or(())
    }

    unsafe fn resize(&mut self, free_base: *mut u8, heap_end: *mut u8, _: bool) -> *mut u8 {
        let Some(len) = self.trimmed_len(free_base, heap_end) else { return heap_end };
        let Some(bytes) = self.source.len().checked_sub(len) else { return heap_end };
        // SAFETY: all above `len` is free in talc's newest heap or was never talc's, and talc
        // leaves it once it sees the new end; `bytes` are no more than the span.
        let outcome = unsafe { self.source.shrink(bytes) };
        match (outcome, self.at(len)) {
            (Ok(()), Some(end)) => {
                self.heap_len = len;
                end.as_ptr()
            }
            _ => heap_end,
        }
    }
}
