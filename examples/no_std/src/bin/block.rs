//! A heap inside a `static` buffer, without std and without a system.
//!
//! The C library does no more here than call `main`, and end the process where it panics.
//!
//! ```sh
//! cargo run --profile proof -p heapwright-no-std --bin no_std_block --features block
//! ```
//!
//! Without `--profile proof` it does not link: the precompiled `core` refers to the unwinder
//! (`rust_eh_personality`), which only std brings. Link-time optimisation removes the reference.
#![no_std]
#![no_main]

use core::alloc::Layout;
use core::ffi::c_int;
use core::panic::PanicInfo;

use heapwright_block::{AllocError, BlockHeap, Config, Misuse};
use heapwright_break::{FixedBreak, StaticBuffer};

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

/// Without the feature `libc` the heap leaves it to the program how to stop.
fn stop(_: Misuse) -> ! {
    abort()
}

static BUFFER: StaticBuffer<{ 64 << 10 }> = StaticBuffer::new();

/// Fills the buffer with blocks, gives them back, and sees them joined to one.
fn work() -> Result<(), AllocError> {
    let config = Config { on_misuse: stop, ..Config::new() };
    let mut heap = BlockHeap::<_>::with_config(FixedBreak::from_static(&BUFFER), config);
    let layout = Layout::new::<[u64; 12]>();
    let mut blocks = [None; 100];
    for block in &mut blocks {
        *block = Some(heap.allocate(layout)?.cast::<u8>());
    }
    for block in blocks.into_iter().flatten() {
        // SAFETY: the heap handed `block` out for `layout` just above, and it is freed once.
        unsafe { heap.deallocate(block, layout) };
    }
    let needed = 60 << 10;
    if heap.verify().is_err() || heap.stats().live_count != 0 {
        return Err(AllocError::Exhausted { needed });
    }
    let whole = Layout::array::<u8>(needed).map_err(|_| AllocError::TooLarge { size: needed })?;
    heap.allocate(whole)?;
    Ok(())
}

/// Exits with 0 where every request was served.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    c_int::from(work().is_err())
}
