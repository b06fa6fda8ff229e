//! No panic is reachable from a face of `heapwright-malloc`: shown by linking, as `block.rs` says.
#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_int;
use core::panic::PanicInfo;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_malloc::{Malloc, Stats};

#[link(name = "c")]
unsafe extern "C" {
    safe fn heapwright_a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    heapwright_a_panic_is_reachable()
}

type Blocks = Result<NonNull<[u8]>, AllocError>;

/// The functions of the malloc family.
#[expect(dead_code, reason = "kept for the linker, never called")]
struct Functions {
    malloc: fn(usize) -> Option<NonNull<u8>>,
    calloc: fn(usize, usize) -> Option<NonNull<u8>>,
    realloc: unsafe fn(NonNull<u8>, usize) -> Option<NonNull<u8>>,
    free: unsafe fn(NonNull<u8>),
    free_sized: unsafe fn(NonNull<u8>, usize),
    free_aligned_sized: unsafe fn(NonNull<u8>, usize, usize),
    aligned_alloc: fn(usize, usize) -> Option<NonNull<u8>>,
    usable_size: unsafe fn(NonNull<u8>) -> usize,
    trim: fn(usize) -> usize,
    stats: fn() -> Option<Stats>,
}

/// The methods of the traits by which Rust allocates.
#[expect(dead_code, reason = "kept for the linker, never called")]
struct Traits {
    alloc: unsafe fn(&Malloc, Layout) -> *mut u8,
    alloc_zeroed: unsafe fn(&Malloc, Layout) -> *mut u8,
    dealloc: unsafe fn(&Malloc, *mut u8, Layout),
    realloc: unsafe fn(&Malloc, *mut u8, Layout, usize) -> *mut u8,
    allocate: fn(&Malloc, Layout) -> Blocks,
    allocate_zeroed: fn(&Malloc, Layout) -> Blocks,
    deallocate: unsafe fn(&Malloc, NonNull<u8>, Layout),
    grow: unsafe fn(&Malloc, NonNull<u8>, Layout, Layout) -> Blocks,
    grow_zeroed: unsafe fn(&Malloc, NonNull<u8>, Layout, Layout) -> Blocks,
    shrink: unsafe fn(&Malloc, NonNull<u8>, Layout, Layout) -> Blocks,
}

#[used]
static FUNCTIONS: Functions = Functions {
    malloc: heapwright_malloc::malloc,
    calloc: heapwright_malloc::calloc,
    realloc: heapwright_malloc::realloc,
    free: heapwright_malloc::free,
    free_sized: heapwright_malloc::free_sized,
    free_aligned_sized: heapwright_malloc::free_aligned_sized,
    aligned_alloc: heapwright_malloc::aligned_alloc,
    usable_size: heapwright_malloc::usable_size,
    trim: heapwright_malloc::trim,
    stats: heapwright_malloc::stats,
};

#[used]
static TRAITS: Traits = Traits {
    alloc: GlobalAlloc::alloc,
    alloc_zeroed: GlobalAlloc::alloc_zeroed,
    dealloc: GlobalAlloc::dealloc,
    realloc: GlobalAlloc::realloc,
    allocate: Allocator::allocate,
    allocate_zeroed: Allocator::allocate_zeroed,
    deallocate: Allocator::deallocate,
    grow: Allocator::grow,
    grow_zeroed: Allocator::grow_zeroed,
    shrink: Allocator::shrink,
};

/// There is nothing to run: that this program exists is the proof.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    0
}
