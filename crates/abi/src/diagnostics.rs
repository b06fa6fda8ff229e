//! Questions to the heap and advice for it: `malloc_trim`, `mallinfo2`, `malloc_stats`,
//! `malloc_info`, `mallopt`.
//!
//! Texts are put together in place, and written when the heap is not locked: a stream of the C
//! library may allocate its buffer.

use core::ffi::{c_int, c_void};

use heapwright_malloc::message::{Message, STANDARD_ERROR};
use heapwright_malloc::stats;

use crate::errno::EINVAL;
use crate::{Heap, figures, sys};

/// What [`mallinfo2`] answers; the fields are glibc's.
///
/// `uordblks` and `fordblks` are all of the heap but what belongs to no block: where a large block
/// ends before its last slice, where a slab begins behind the start of the break. So their sum is
/// never more than `arena`, and next to it. Neither freeing nor trimming makes `arena` less: free
/// memory goes back to the system page by page, and its addresses stay. What the process has in
/// memory is not among the figures.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct MallInfo2 {
    /// Bytes from the start of the heap to its break: those of slabs, of large blocks, and free.
    pub arena: usize,
    /// Free spans: runs of pages that are in no slab and no large block.
    pub ordblks: usize,
    /// Always 0: there are no fast bins.
    pub smblks: usize,
    /// Always 0: no block is a mapping of its own, however large.
    pub hblks: usize,
    /// Always 0, as `hblks`; the bytes of large blocks are in `arena` and `uordblks`.
    pub hblkhd: usize,
    /// The most that `arena` was.
    pub usmblks: usize,
    /// Always 0, as `smblks`.
    pub fsmblks: usize,
    /// Bytes of slots and large blocks in use, with what sizes are rounded up by. What other
    /// threads hold ready for their next `malloc` counts as in use.
    pub uordblks: usize,
    /// Bytes that are free: slots of slabs, and free spans.
    pub fordblks: usize,
    /// Bytes of free spans that may hold memory of the system, at the most: [`malloc_trim`] gives
    /// it back, and whole pages of free slots besides. 0 right after `malloc_trim(0)`, where no
    /// other thread frees.
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

/// Gives free memory back to the system, wherever it lies, but for `pad` bytes. Returns 1 where
/// that was any, else 0. The memory that the process has in use falls by it, the heap's addresses
/// stay.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_trim(pad: usize) -> c_int {
    c_int::from(Heap::trim(pad) > 0)
}

/// The figures of the heap.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo2() -> MallInfo2 {
    let Some(stats) = stats() else { return MallInfo2::default() };
    MallInfo2 {
        arena: stats.heap_bytes,
        ordblks: stats.free_count,
        usmblks: stats.heap_bytes_peak,
        uordblks: stats.live_bytes,
        fordblks: stats.free_bytes,
        keepcost: stats.dirty_bytes,
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

/// Writes the figures of the heap to standard error: a line with the configuration, and one for
/// each name of `figures.rs`.
#[cold]
#[unsafe(no_mangle)]
pub extern "C" fn malloc_stats() {
    let Some(stats) = stats() else { return };
    let mut text = Message::<1024>::new();
    text.text("heapwright: ").text(stats.break_kind.name()).text(" break, ");
    text.text(stats.fit.name()).text(" fit\n");
    text.figures(&figures::of(&stats), ["", " = ", "\n"]).write_to(STANDARD_ERROR);
}

/// Writes the figures of the heap to `stream` as XML, in the shape of glibc's, and returns 0;
/// `EINVAL` where `options` is not 0, -1 where the stream refuses.
///
/// # Safety
///
/// `stream` is an open `FILE *`.
#[cold]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_info(options: c_int, stream: *mut c_void) -> c_int {
    if options != 0 {
        return EINVAL;
    }
    let info = mallinfo2();
    let mut text = Message::<1024>::new();
    text.text("<malloc version=\"heapwright-1\">\n<heap nr=\"0\">\n<total type=\"rest\" count=\"");
    text.size(info.ordblks).text("\" size=\"").size(info.fordblks).text("\"/>\n");
    let systems = [("current", info.arena as u64), ("max", info.usmblks as u64)];
    text.figures(&systems, ["<system type=\"", "\" size=\"", "\"/>\n"]);
    text.text("</heap>\n</malloc>\n");
    // SAFETY: the caller's condition.
    let is_written = unsafe { sys::write_to_stream(stream, text.as_bytes()) };
    if is_written { 0 } else { -1 }
}

/// Accepts every parameter of glibc's and heeds none. Returns 1.
#[unsafe(no_mangle)]
pub extern "C" fn mallopt(_parameter: c_int, _value: c_int) -> c_int {
    1
}
