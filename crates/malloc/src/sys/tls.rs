//! The heap of the calling thread: one word of static thread-local storage.
//!
//! The word's initial image is the address of [`EMPTY`], so a thread that never allocated needs
//! no branch of its own. It is defined in assembly because stable Rust has no thread-local that a
//! shared library reads in two instructions: `thread_local!` calls `__tls_get_addr` there. Its
//! name carries the version, or two versions of this crate in one program would share it.

use crate::thread_heap::{EMPTY, ThreadHeap};

/// The quoted name of the word.
macro_rules! heap_word {
    () => {
        concat!("\"heapwright_malloc_", env!("CARGO_PKG_VERSION"), "_heap\"")
    };
}

core::arch::global_asm!(
    ".pushsection .tdata, \"awT\", %progbits",
    ".balign 8",
    concat!(".globl ", heap_word!()),
    concat!(".hidden ", heap_word!()),
    concat!(".type ", heap_word!(), ", %object"),
    concat!(".size ", heap_word!(), ", 8"),
    concat!(heap_word!(), ":"),
    ".quad {empty}",
    ".popsection",
    empty = sym EMPTY,
);

/// The heap of this thread.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn heap() -> *const ThreadHeap {
    let heap: *const ThreadHeap;
    // SAFETY: two loads: the word's offset from the linker's table, and the word itself, which
    // every thread has from its start to its end.
    unsafe {
        core::arch::asm!(
            concat!("mov {heap}, qword ptr [rip + ", heap_word!(), "@GOTTPOFF]"),
            "mov {heap}, qword ptr fs:[{heap}]",
            heap = out(reg) heap,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    heap
}

/// Makes `heap` the one of this thread.
#[cfg(target_arch = "x86_64")]
pub(crate) fn set_heap(heap: *const ThreadHeap) {
    // SAFETY: as in `heap`; the word is this thread's own, and nobody refers to it.
    unsafe {
        core::arch::asm!(
            concat!("mov {offset}, qword ptr [rip + ", heap_word!(), "@GOTTPOFF]"),
            "mov qword ptr fs:[{offset}], {heap}",
            offset = out(reg) _,
            heap = in(reg) heap,
            options(nostack, preserves_flags),
        );
    }
}

/// The heap of this thread.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn heap() -> *const ThreadHeap {
    let heap: *const ThreadHeap;
    // SAFETY: the word's offset from the linker's table, the thread's pointer, and the word.
    unsafe {
        core::arch::asm!(
            concat!("adrp {heap}, :gottprel:", heap_word!()),
            concat!("ldr {heap}, [{heap}, #:gottprel_lo12:", heap_word!(), "]"),
            "mrs {thread}, tpidr_el0",
            "ldr {heap}, [{thread}, {heap}]",
            heap = out(reg) heap,
            thread = out(reg) _,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    heap
}

/// Makes `heap` the one of this thread.
#[cfg(target_arch = "aarch64")]
pub(crate) fn set_heap(heap: *const ThreadHeap) {
    // SAFETY: as in `heap`; the word is this thread's own, and nobody refers to it.
    unsafe {
        core::arch::asm!(
            concat!("adrp {offset}, :gottprel:", heap_word!()),
            concat!("ldr {offset}, [{offset}, #:gottprel_lo12:", heap_word!(), "]"),
            "mrs {thread}, tpidr_el0",
            "str {heap}, [{thread}, {offset}]",
            offset = out(reg) _,
            thread = out(reg) _,
            heap = in(reg) heap,
            options(nostack, preserves_flags),
        );
    }
}
