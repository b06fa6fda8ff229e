//! Questions to the heap and advice for it: `malloc_trim`, `mallinfo2`, `malloc_stats`,
//! `malloc_info`, `mallopt`.
//!
//! Texts are put together in place, and written when the heap is not locked: a stream of the C
//! library may allocate its buffer.

use core::ffi::{c_int, c_void};

use heapwright_malloc::message::{Message, STANDARD_ERROR};
use heapwright_malloc::{BlockState, Stats, stats, walk};

use crate::errno::EINVAL;
use crate::{Heap, sys};

/// What [`mallinfo2`] answers; the fields are glibc's.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct MallInfo2 {
    /// Bytes from the start of the heap to its break.
    pub arena: usize,
    /// Free blocks.
    pub ordblks: usize,
    /// Always 0: there are no fast bins.
    pub smblks: usize,
    /// Always 0: no block is a mapping of its own.
    pub hblks: usize,
    /// Always 0, as `hblks`.
    pub hblkhd: usize,
    /// The most that `arena` was.
    pub usmblks: usize,
    /// Always 0, as `smblks`.
    pub fsmblks: usize,
    /// Bytes in blocks in use.
    pub uordblks: usize,
    /// Bytes in free blocks.
    pub fordblks: usize,
    /// Bytes that [`malloc_trim`] could give back: the free top.
    pub keepcost: usize,
}

/// What [`mallinfo`] answers: [`MallInfo2`] in numbers that are too small for today's heaps.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct MallInfo {
    /// [`MallInfo2::arena`].
    pub arena: c_int,
    /// [`MallInfo2::ordblks`].
    pub ordblks: c_int,
    /// [`MallInfo2::smblks`].
    pub smblks: c_int,
    /// [`MallInfo2::hblks`].
    pub hblks: c_int,
    /// [`MallInfo2::hblkhd`].
    pub hblkhd: c_int,
    /// [`MallInfo2::usmblks`].
    pub usmblks: c_int,
    /// [`MallInfo2::fsmblks`].
    pub fsmblks: c_int,
    /// [`MallInfo2::uordblks`].
    pub uordblks: c_int,
    /// [`MallInfo2::fordblks`].
    pub fordblks: c_int,
    /// [`MallInfo2::keepcost`].
    pub keepcost: c_int,
}

/// Gives the free memory below the break back to the system, but for `pad` bytes. Returns 1 where
/// that was any, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_trim(pad: usize) -> c_int {
    c_int::from(Heap::trim(pad) > 0)
}

/// The figures of the heap.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo2() -> MallInfo2 {
    let Some(Stats { blocks, .. }) = stats() else { return MallInfo2::default() };
    MallInfo2 {
        arena: blocks.heap_bytes,
        ordblks: blocks.free_count,
        usmblks: blocks.heap_bytes_peak,
        uordblks: blocks.live_bytes,
        fordblks: blocks.free_bytes,
        keepcost: top_bytes(),
        ..MallInfo2::default()
    }
}

/// The figures of the heap, each at most `INT_MAX`.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo() -> MallInfo {
    let capped = |figure: usize| c_int::try_from(figure).unwrap_or(c_int::MAX);
    let info = mallinfo2();
    MallInfo {
        arena: capped(info.arena),
        ordblks: capped(info.ordblks),
        usmblks: capped(info.usmblks),
        uordblks: capped(info.uordblks),
        fordblks: capped(info.fordblks),
        keepcost: capped(info.keepcost),
        ..MallInfo::default()
    }
}

/// Writes the figures of the heap to standard error.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_stats() {
    let Some(stats) = stats() else { return };
    Message::<512>::new()
        .text("heapwright: ")
        .text(stats.break_kind.name())
        .text(" break, ")
        .text(stats.fit.name())
        .text(" fit\nheap bytes      = ")
        .size(stats.blocks.heap_bytes)
        .text("\nheap bytes peak = ")
        .size(stats.blocks.heap_bytes_peak)
        .text("\nlive bytes      = ")
        .size(stats.blocks.live_bytes)
        .text("\nlive blocks     = ")
        .size(stats.blocks.live_count)
        .text("\nfree bytes      = ")
        .size(stats.blocks.free_bytes)
        .text("\nfree blocks     = ")
        .size(stats.blocks.free_count)
        .text("\n")
        .write_to(STANDARD_ERROR);
}

/// Writes the figures of the heap to `stream` as XML, in the shape of glibc's, and returns 0;
/// `EINVAL` where `options` is not 0, -1 where the stream refuses.
///
/// # Safety
///
/// `stream` is an open `FILE *`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_info(options: c_int, stream: *mut c_void) -> c_int {
    if options != 0 {
        return EINVAL;
    }
    let info = mallinfo2();
    let text = Message::<512>::new()
        .text("<malloc version=\"heapwright-1\">\n<heap nr=\"0\">\n")
        .text("<total type=\"rest\" count=\"")
        .size(info.ordblks)
        .text("\" size=\"")
        .size(info.fordblks)
        .text("\"/>\n<system type=\"current\" size=\"")
        .size(info.arena)
        .text("\"/>\n<system type=\"max\" size=\"")
        .size(info.usmblks)
        .text("\"/>\n</heap>\n</malloc>\n");
    // SAFETY: the caller's condition.
    let is_written = unsafe { sys::write_to_stream(stream, text.as_bytes()) };
    if is_written { 0 } else { -1 }
}

/// Accepts every parameter of glibc's and heeds none. Returns 1.
#[unsafe(no_mangle)]
pub extern "C" fn mallopt(_parameter: c_int, _value: c_int) -> c_int {
    1
}

/// The size of the free block at the break.
fn top_bytes() -> usize {
    let mut top_bytes = 0;
    walk(&mut |block| {
        if block.state == BlockState::Top {
            top_bytes = block.size;
        }
    });
    top_bytes
}
