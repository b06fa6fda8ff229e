#![no_std]
//! libheapwright: the C and C++ allocation symbols over `heapwright-malloc`.
//!
//! ```text
//!   c.rs            malloc, free, calloc, realloc, …      as the manual says, errno included
//!   diagnostics.rs  malloc_trim, mallinfo2, malloc_info, …
//!   cxx.rs          operator new and delete, every form of C++17
//!        └───────────────┬──────────────┘
//!   Family<Environment>  the heap of heapwright-malloc
//!        ▲
//!   environment.rs  HEAPWRIGHT_*, read once
//!   lifecycle.rs    what happens when the library is loaded, at fork and at exit
//!   figures.rs      the figures of the heap by their names
//!   scavenger.rs    the thread that HEAPWRIGHT_SCAVENGER asks for
//!   exit_report.rs  the line of them that HEAPWRIGHT_STATS asks for
//! ```
//!
//! This crate alone knows `errno`, the environment and constructors of a process, and it alone
//! exports symbols. It is built as `libheapwright.so`, for `LD_PRELOAD` or `-lheapwright`, and as
//! `libheapwright.a`; `include/heapwright.h` declares its functions.
//!
//! That no panic is reachable is shown by linking: with the feature `prove-no-panic` the panic
//! handler calls a symbol that is nowhere, so that the shared library links only if the handler
//! was found dead. The check needs the whole program in view:
//!
//! ```text
//! cargo build --profile proof -p heapwright-abi --features prove-no-panic
//! ```

pub mod c;
pub mod cxx;
pub mod diagnostics;
mod environment;
mod errno;
mod exit_report;
mod figures;
mod lifecycle;
mod scavenger;
mod sys;

use core::panic::PanicInfo;

/// The heap behind every symbol.
type Heap = heapwright_malloc::Family<environment::Environment>;

#[cfg(not(feature = "prove-no-panic"))]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    use heapwright_malloc::message::{Message, abort_with};

    abort_with(Message::<64>::new().text("heapwright: a bug in heapwright itself\n"))
}

#[cfg(feature = "prove-no-panic")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn heapwright_a_panic_is_reachable() -> !;
    }
    // SAFETY: it cannot be called: where this function is not dead, the library does not link.
    unsafe { heapwright_a_panic_is_reachable() }
}
