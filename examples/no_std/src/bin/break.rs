//! A break inside a buffer, without std and without a system.
//!
//! The C library does no more here than call `main`, and end the process where it panics.
//!
//! ```sh
//! cargo run --profile proof -p heapwright-no-std --bin no_std_break --features break
//! ```
//!
//! Without `--profile proof` it does not link: the precompiled `core` refers to the unwinder
//! (`rust_eh_personality`), which only std brings. Link-time optimisation removes the reference.
#![no_std]
#![no_main]

use core::ffi::c_int;
use core::panic::PanicInfo;

use heapwright_break::{Break, BreakError, FixedBreak, StaticBuffer};

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

static BUFFER: StaticBuffer<4096> = StaticBuffer::new();

/// Moves the break to the end of the buffer and sees it refuse one step more.
fn fill() -> Result<usize, BreakError> {
    let mut source = FixedBreak::from_static(&BUFFER);
    source.grow(1000)?;
    source.grow(source.capacity() - source.len())?;
    match source.grow(1) {
        Err(BreakError::Exhausted { .. }) => Ok(source.len()),
        Ok(_) => Ok(usize::MAX),
        Err(other) => Err(other),
    }
}

/// Exits with 0 where all of the buffer was handed out, and not a byte more.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    c_int::from(fill() != Ok(4096))
}
