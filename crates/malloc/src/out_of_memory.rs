//! The end of a program that cannot go on without memory.

use core::alloc::Layout;

use crate::message::{Message, abort_with};

/// Says on standard error, in one line, what was asked for in vain, and aborts.
///
/// For callers that have no way to report a failure; it neither allocates nor unwinds.
#[cold]
pub fn out_of_memory(layout: Layout) -> ! {
    let mut line = Message::<128>::new();
    line.text("heapwright: out of memory: ")
        .size(layout.size())
        .text(" bytes aligned to ")
        .size(layout.align())
        .text(" were refused\n");
    abort_with(&line)
}
