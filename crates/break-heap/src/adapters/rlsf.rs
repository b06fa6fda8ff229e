//! A break as the source of an `rlsf` heap.
//!
//! ```text
//!   ├─ pool ─────────┤ grows in place while nobody moves the break
//!   ├─ pool ─┤ gap ├─ new pool ─┤ else
//! ```

use core::cmp::max;
use core::ptr::NonNull;

use rlsf::GRANULARITY;

use super::step::grow_by_step;
use crate::Break;
use crate::align::{round_down, round_up};

/// A break as [`rlsf::FlexSource`], so that an [`rlsf::FlexTlsf`] stands on it.
///
/// Pools begin and end at multiples of rlsf's granularity, which a page of a `FixedBreak` is not.
/// It grows by 64 KiB at least, as long as there is so much, and the last pool grows in place.
/// An `rlsf` heap gives nothing back before it is dropped, and the break with it.
///
/// # Examples
///
/// ```
/// use core::alloc::Layout;
/// use heapwright_break::{AsFlexSource, FixedBreak, StaticBuffer};
/// use rlsf::FlexTlsf;
///
/// static BUFFER: StaticBuffer<65536> = StaticBuffer::new();
///
/// let source = AsFlexSource::new(FixedBreak::from_static(&BUFFER));
/// let mut heap = FlexTlsf::<_, u16, u16, 12, 16>::new(source);
/// assert!(heap.allocate(Layout::new::<[u64; 100]>()).is_some());
/// ```
#[derive(Debug)]
pub struct AsFlexSource<B> {
    source: B,
}

impl<B: Break> AsFlexSource<B> {
    /// `source` for one `rlsf` heap.
    #[must_use]
    pub const fn new(source: B) -> Self {
        Self { source }
    }

    /// The break behind it.
    pub const fn source(&self) -> &B {
        &self.source
    }
}

impl<B: Break> AsFlexSource<B> {
    /// What rounding both ends of a growth to rlsf's granularity may cost.
    fn slack(&self) -> usize {
        if self.source.page_size() < GRANULARITY { GRANULARITY } else { 0 }
    }

    /// The end of what rlsf may use, if its last pool reaches up to the break.
    fn usable_end(&self) -> Option<usize> {
        let start = self.source.start()?.addr().get();
        Some(round_down(start.checked_add(self.source.len())?, GRANULARITY))
    }
}

// SAFETY: memory comes from a break, which hands out each byte to one holder and keeps it where
// it is; a pool grows in place only by memory that begins where the pool ends.
unsafe impl<B: Break> rlsf::FlexSource for AsFlexSource<B> {
    unsafe fn alloc(&mut self, min_size: usize) -> Option<NonNull<[u8]>> {
        let needed = min_size.checked_add(self.slack())?;
        let memory = grow_by_step(&mut self.source, needed).ok()?.memory;
        let start = memory.cast::<u8>();
        let address = start.addr().get();
        let skipped = round_up(address, GRANULARITY)?.checked_sub(address)?;
        let size = round_down(memory.len().checked_sub(skipped)?, GRANULARITY);
        let pool = NonNull::new(start.as_ptr().wrapping_add(skipped))?;
        Some(NonNull::slice_from_raw_parts(pool, size))
    }

    unsafe fn realloc_inplace_grow(
        &mut self,
        pool: NonNull<[u8]>,
        min_new_len: usize,
    ) -> Option<usize> {
        let address = pool.addr().get();
        if address.checked_add(pool.len()) != self.usable_end() {
            return None;
        }
        let needed = min_new_len.checked_sub(pool.len())?.checked_add(self.slack())?;
        let growth = grow_by_step(&mut self.source, needed).ok()?;
        if growth.gap_bytes == 0 {
            return self.usable_end()?.checked_sub(address);
        }
        // Above a gap it serves as a new pool only, for which `alloc` will grow again. A break
        // that cannot be lowered keeps it.
        // SAFETY: the span grew by at least as much, and nobody has seen the memory.
        let _lowered = unsafe { self.source.shrink(growth.memory.len()) };
        None
    }

    fn supports_realloc_inplace_grow(&self) -> bool {
        true
    }

    fn min_align(&self) -> usize {
        max(self.source.page_size(), GRANULARITY)
    }
}
