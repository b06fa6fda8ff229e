//! The counterproof: a face from which a panic is reachable. This program must not link; were it
//! to, the other two would prove nothing.
#![no_std]
#![no_main]

use core::ffi::c_int;
use core::panic::PanicInfo;

#[link(name = "c")]
unsafe extern "C" {
    safe fn heapwright_a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    heapwright_a_panic_is_reachable()
}

/// Panics where there is no such byte.
fn byte_at(bytes: &[u8], index: usize) -> u8 {
    bytes[index]
}

#[used]
static FACE: fn(&[u8], usize) -> u8 = byte_at;

/// Never reached: there is no such program.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    0
}
