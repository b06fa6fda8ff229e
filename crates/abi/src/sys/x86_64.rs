//! The C++ operators that must not be frames of Rust, in the machine code of x86-64.
//!
//! Each macro is the whole body of a naked function.

/// A tail call of whatever the process binds `$symbol` to: a program may have its own.
macro_rules! jump_to {
    ($symbol:literal) => {
        core::arch::naked_asm!(concat!("jmp ", $symbol, "@PLT"))
    };
}

/// The same without the second of three arguments.
macro_rules! jump_to_without_size {
    ($symbol:literal) => {
        core::arch::naked_asm!("mov rsi, rdx", concat!("jmp ", $symbol, "@PLT"))
    };
}

/// `operator new(size)`: `$allocate`, and where that answers null, a tail call of `$new_or_throw`
/// with the alignment of `malloc`, which asks once more before it asks the new-handler. The body
/// also bears the hidden name `$label`, which stays ours where a program has its own operator.
macro_rules! new_unaligned {
    ($label:literal, $allocate:path, $new_or_throw:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            concat!(".globl ", $label),
            concat!(".hidden ", $label),
            concat!($label, ":"),
            "push rdi",
            ".cfi_adjust_cfa_offset 8",
            "call {allocate}",
            "pop rdi",
            ".cfi_adjust_cfa_offset -8",
            "test rax, rax",
            "jz 2f",
            "ret",
            "2:",
            "mov esi, 16",
            "jmp {new_or_throw}",
            ".cfi_endproc",
            allocate = sym $allocate,
            new_or_throw = sym $new_or_throw,
        )
    };
}

/// `operator new(size, align)`: a tail call of `$new_or_throw`, with a hidden name beside its own.
macro_rules! new_aligned {
    ($label:literal, $new_or_throw:path) => {
        core::arch::naked_asm!(
            concat!(".globl ", $label),
            concat!(".hidden ", $label),
            concat!($label, ":"),
            "jmp {new_or_throw}",
            new_or_throw = sym $new_or_throw,
        )
    };
}

/// The loop of a failing `operator new`, in a frame that an exception of the new-handler may pass
/// and that is gone when `std::bad_alloc` is thrown:
///
/// ```text
///   loop { block = allocate(size, align); if block, return it
///          handler = handler();           if none, jump to thrower()
///          handler() }
/// ```
///
/// `rdi` is the size and `rsi` the alignment; both are kept on the stack.
macro_rules! new_or_throw {
    ($allocate:path, $handler:path, $thrower:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "push rdi",
            ".cfi_adjust_cfa_offset 8",
            "push rsi",
            ".cfi_adjust_cfa_offset 8",
            "sub rsp, 8",
            ".cfi_adjust_cfa_offset 8",
            "2:",
            "call {allocate}",
            "test rax, rax",
            "jz 3f",
            "add rsp, 24",
            ".cfi_adjust_cfa_offset -24",
            "ret",
            ".cfi_adjust_cfa_offset 24",
            "3:",
            "call {handler}",
            "test rax, rax",
            "jz 4f",
            "call rax",
            "mov rdi, [rsp + 16]",
            "mov rsi, [rsp + 8]",
            "jmp 2b",
            "4:",
            "call {thrower}",
            "add rsp, 24",
            ".cfi_adjust_cfa_offset -24",
            "jmp rax",
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
                concat!("mov {bound}, qword ptr [rip + ", $symbol, "@GOTPCREL]"),
                concat!("lea {ours}, [rip + ", $label, "]"),
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
                concat!("mov {address}, qword ptr [rip + ", $symbol, "@GOTPCREL]"),
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
    "ud2",
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);

pub(crate) use {
    is_bound_to, jump_to, jump_to_without_size, new_aligned, new_or_throw, new_unaligned,
    weak_symbol,
};
