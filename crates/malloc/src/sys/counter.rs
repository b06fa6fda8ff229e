//! Counting down in one instruction.

use crate::slice::Line;

/// Counts the countdown of a slab down by one and tells whether it is 0 now. Only the owner of
/// the slab does; others may read meanwhile.
///
/// It is a relaxed load and a relaxed store, which the compiler makes four instructions of.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn count_down(line: &Line) -> bool {
    // SAFETY: the instruction reads and writes the four aligned bytes of the counter, each by an
    // access that no other can tear.
    unsafe {
        core::arch::asm!(
            "dec dword ptr [{line} + {countdown}]",
            "jz {zero}",
            line = in(reg) line,
            countdown = const core::mem::offset_of!(Line, countdown),
            zero = label { return true },
            options(nostack),
        );
    }
    false
}

/// Counts the countdown of a slab down by one and tells whether it is 0 now. Only the owner of
/// the slab does; others may read meanwhile.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn count_down(line: &Line) -> bool {
    let count = line.countdown.get().wrapping_sub(1);
    line.countdown.set(count);
    count == 0
}
