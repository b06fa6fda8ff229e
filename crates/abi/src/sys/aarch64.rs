//! The C++ operators that must not be frames of Rust, in the machine code of aarch64.
//!
//! Each macro is the whole body of a naked function; what they do is told in `x86_64.rs`.

/// A tail call of whatever the process binds `$symbol` to: a program may have its own.
macro_rules! jump_to {
    ($symbol:literal) => {
        core::arch::naked_asm!(concat!("b ", $symbol))
    };
}

/// The same without the second of three arguments.
macro_rules! jump_to_without_size {
    ($symbol:literal) => {
        core::arch::naked_asm!("mov x1, x2", concat!("b ", $symbol))
    };
}

/// `operator new(size)`: `$allocate`, and where that answers null, a tail call of `$new_or_throw`,
/// which asks once more before it asks the new-handler.
macro_rules! new_unaligned {
    ($label:literal, $allocate:path, $new_or_throw:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            concat!(".globl ", $label),
            concat!(".hidden ", $label),
            concat!($label, ":"),
            "stp x0, x30, [sp, #-16]!",
            ".cfi_def_cfa_offset 16",
            ".cfi_offset x30, -8",
            "bl {allocate}",
            "mov x2, x0",
            "ldp x0, x30, [sp], #16",
            ".cfi_def_cfa_offset 0",
            ".cfi_restore x30",
            "cbz x2, 2f",
            "mov x0, x2",
            "ret",
            "2:",
            "mov x1, #16",
            "b {new_or_throw}",
            ".cfi_endproc",
            allocate = sym $allocate,
            new_or_throw = sym $new_or_throw,
        )
    };
}

/// `operator new(size, align)`: a tail call of `$new_or_throw`.
macro_rules! new_aligned {
    ($label:literal, $new_or_throw:path) => {
        core::arch::naked_asm!(
            concat!(".globl ", $label),
            concat!(".hidden ", $label),
            concat!($label, ":"),
            "b {new_or_throw}",
            new_or_throw = sym $new_or_throw,
        )
    };
}

/// The loop of a failing `operator new`. `x0` is the size and `x1` the alignment; both are kept
/// on the stack.
macro_rules! new_or_throw {
    ($allocate:path, $handler:path, $thrower:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-32]!",
            ".cfi_def_cfa_offset 32",
            ".cfi_offset 29, -32",
            ".cfi_offset 30, -24",
            "mov x29, sp",
            "stp x0, x1, [sp, #16]",
            "2:",
            "bl {allocate}",
            "cbz x0, 3f",
            ".cfi_remember_state",
            "ldp x29, x30, [sp], #32",
            ".cfi_restore 30",
            ".cfi_restore 29",
            ".cfi_def_cfa_offset 0",
            "ret",
            ".cfi_restore_state",
            "3:",
            "bl {handler}",
            "cbz x0, 4f",
            "blr x0",
            "ldp x0, x1, [sp, #16]",
            "b 2b",
            "4:",
            "bl {thrower}",
            "mov x16, x0",
            "ldp x29, x30, [sp], #32",
            ".cfi_restore 30",
            ".cfi_restore 29",
            ".cfi_def_cfa_offset 0",
            "br x16",
            ".cfi_endproc",
            allocate = sym $allocate,
            handler = sym $handler,
            thrower = sym $thrower,
        )
    };
}

/// Whether the process binds `$symbol` to the code that bears the hidden name `$label`.
macro_rules! is_bound_to {
    ($symbol:literal, $label:literal) => {{
        let (bound, ours): (usize, usize);
        // SAFETY: two addresses are computed or loaded from the linker's own table; no flag and
        // no memory changes.
        unsafe {
            core::arch::asm!(
                concat!("adrp {bound}, :got:", $symbol),
                concat!("ldr {bound}, [{bound}, :got_lo12:", $symbol, "]"),
                concat!("adrp {ours}, ", $label),
                concat!("add {ours}, {ours}, :lo12:", $label),
                bound = out(reg) bound,
                ours = out(reg) ours,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        bound == ours
    }};
}

/// The address of a symbol that need not be there, as the linker found it: an integer, 0 where it
/// is nowhere.
macro_rules! weak_symbol {
    ($symbol:literal) => {{
        let address: usize;
        // SAFETY: an address is loaded from the linker's own table; no flag and no memory changes.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $symbol),
                concat!("adrp {address}, :got:", $symbol),
                concat!("ldr {address}, [{address}, :got_lo12:", $symbol, "]"),
                address = out(reg) address,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        address
    }};
}

// The prebuilt `core` names the function that finds landing pads of unwinding Rust code. There are
// none here: built to abort, nothing unwinds. Weak and hidden, so that a program of Rust that is
// linked with the archive keeps its own.
core::arch::global_asm!(
    ".pushsection .text.rust_eh_personality, \"ax\", %progbits",
    ".weak rust_eh_personality",
    ".hidden rust_eh_personality",
    ".type rust_eh_personality, %function",
    "rust_eh_personality:",
    "brk #1",
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);

pub(crate) use {
    is_bound_to, jump_to, jump_to_without_size, new_aligned, new_or_throw, new_unaligned,
    weak_symbol,
};
