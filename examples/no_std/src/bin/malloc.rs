//! `Malloc` as the global allocator of a program without std: `Box`, `Vec` and `String` work.
//!
//! ```sh
//! cargo run --profile proof -p heapwright-no-std --bin no_std_malloc --features malloc
//! ```
//!
//! Without `--profile proof` it does not link: the precompiled `core` refers to the unwinder
//! (`rust_eh_personality`), which only std brings. Link-time optimisation removes the reference.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::ffi::c_int;
use core::panic::PanicInfo;

use heapwright_malloc::Malloc;

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

#[global_allocator]
static GLOBAL: Malloc = Malloc;

/// Exits with 0 where the heap holds what was put into it.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let squares: BTreeMap<u64, String> =
        (0..1000).map(|number| (number, (number * number).to_string())).collect();
    let is_kept = squares.get(&31).is_some_and(|square| square == "961");
    let is_ours = heapwright_malloc::stats().is_some_and(|stats| stats.live_count >= 1000);
    c_int::from(!(is_kept && is_ours))
}
