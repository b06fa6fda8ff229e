//! Misuse that is found: one line that names the pointer, and the end of the process.

use core::ptr::NonNull;

use crate::message::{Message, abort_with};

/// A slot or a block that is free already was given back, or asked about.
#[cold]
#[inline(never)]
pub(crate) fn double_free(block: NonNull<u8>) -> ! {
    end("double free of ", block, "")
}

/// No block begins at this address.
#[cold]
#[inline(never)]
pub(crate) fn no_block(block: NonNull<u8>) -> ! {
    end("", block, " is no block of this heap")
}

/// A block was given back with a size that is larger than it.
#[cold]
#[inline(never)]
pub(crate) fn wrong_size(block: NonNull<u8>) -> ! {
    end("the block at ", block, " is smaller than its layout says")
}

/// The tables say what cannot be: somebody wrote there.
#[cold]
#[inline(never)]
pub(crate) fn broken_table(span: NonNull<u8>) -> ! {
    end("broken links of the free span at ", span, "")
}

#[cold]
fn end(before: &str, block: NonNull<u8>, after: &str) -> ! {
    let mut line = Message::<160>::new();
    line.text("heapwright: ").text(before).address(block).text(after).text("\n");
    abort_with(&line)
}
