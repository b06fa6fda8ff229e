//! No panic is reachable from a `BlockHeap`: shown by linking.
//!
//! ```text
//!   FACES ─► every method, with every fit, over every break ─► … ─► panic? ─► no such symbol
//! ```
//!
//! The panic handler calls a symbol that is nowhere. Link-time optimisation removes the handler
//! where nothing can reach it; where anything can, this program does not link. What the faces are
//! called with is unknown here, so nothing is optimised away by luck.
#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_int;
use core::panic::PanicInfo;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use allocator_api2::alloc::Allocator;
use heapwright_block::fit::{
    AnyFit, BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit,
};
use heapwright_block::{
    AllocError, Block, BlockHeap, Corruption, Fragmentation, Locked, Stats, Walk,
};
use heapwright_break::{Break, FixedBreak, ProcessBreak, ProgramBreak, ReservedBreak};
use lock_api::{GuardSend, RawMutex};

#[link(name = "c")]
unsafe extern "C" {
    safe fn heapwright_a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    heapwright_a_panic_is_reachable()
}

/// A lock that spins.
struct Spin(AtomicBool);

// SAFETY: the flag is set by one thread at a time, and `unlock` clears it.
unsafe impl RawMutex for Spin {
    const INIT: Self = Self(AtomicBool::new(false));

    type GuardMarker = GuardSend;

    fn lock(&self) {
        while !self.try_lock() {
            core::hint::spin_loop();
        }
    }

    fn try_lock(&self) -> bool {
        !self.0.swap(true, Ordering::Acquire)
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

type Blocks = Result<NonNull<[u8]>, AllocError>;
type TraitBlocks = Result<NonNull<[u8]>, allocator_api2::alloc::AllocError>;

/// The methods of the heap itself.
#[expect(dead_code, reason = "kept for the linker, never called")]
struct Methods<B: Break, F: Fit> {
    allocate: fn(&mut BlockHeap<B, F>, Layout) -> Blocks,
    allocate_zeroed: fn(&mut BlockHeap<B, F>, Layout) -> Blocks,
    deallocate: unsafe fn(&mut BlockHeap<B, F>, NonNull<u8>, Layout),
    resize: unsafe fn(&mut BlockHeap<B, F>, NonNull<u8>, Layout, Layout) -> Blocks,
    usable_size: unsafe fn(&BlockHeap<B, F>, NonNull<u8>) -> usize,
    trim: fn(&mut BlockHeap<B, F>, usize) -> usize,
    verify: fn(&BlockHeap<B, F>) -> Result<(), Corruption>,
    stats: fn(&BlockHeap<B, F>) -> Stats,
    fragmentation: fn(&BlockHeap<B, F>) -> Fragmentation,
    walk: fn(&mut Walk<'static>) -> Option<Block>,
}

/// The methods of the traits by which Rust allocates.
#[expect(dead_code, reason = "kept for the linker, never called")]
struct Traits<A> {
    alloc: unsafe fn(&A, Layout) -> *mut u8,
    alloc_zeroed: unsafe fn(&A, Layout) -> *mut u8,
    dealloc: unsafe fn(&A, *mut u8, Layout),
    realloc: unsafe fn(&A, *mut u8, Layout, usize) -> *mut u8,
    allocate: fn(&A, Layout) -> TraitBlocks,
    allocate_zeroed: fn(&A, Layout) -> TraitBlocks,
    deallocate: unsafe fn(&A, NonNull<u8>, Layout),
    grow: unsafe fn(&A, NonNull<u8>, Layout, Layout) -> TraitBlocks,
    grow_zeroed: unsafe fn(&A, NonNull<u8>, Layout, Layout) -> TraitBlocks,
    shrink: unsafe fn(&A, NonNull<u8>, Layout, Layout) -> TraitBlocks,
}

/// All that a user can call on one heap.
#[expect(dead_code, reason = "kept for the linker, never called")]
struct Faces<B: Break, F: Fit> {
    methods: Methods<B, F>,
    traits: Traits<Locked<Spin, BlockHeap<B, F>>>,
}

impl<B: Break, F: Fit> Faces<B, F> {
    const ALL: Self = Self {
        methods: Methods {
            allocate: BlockHeap::allocate,
            allocate_zeroed: BlockHeap::allocate_zeroed,
            deallocate: BlockHeap::deallocate,
            resize: BlockHeap::resize,
            usable_size: BlockHeap::usable_size,
            trim: BlockHeap::trim,
            verify: BlockHeap::verify,
            stats: BlockHeap::stats,
            fragmentation: BlockHeap::fragmentation,
            walk: Walk::next,
        },
        traits: Traits {
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
        },
    };
}

/// Keeps the faces of one heap in the program.
macro_rules! keep {
    ($($break:ty, $fit:ty;)*) => {
        $(const _: () = {
            #[used]
            static FACES: Faces<$break, $fit> = Faces::ALL;
        };)*
    };
}

keep! {
    FixedBreak<'static>, GoodFit;
    ProgramBreak, GoodFit;
    ReservedBreak, FirstFit;
    ReservedBreak, SecondFit;
    ReservedBreak, NextFit;
    ReservedBreak, BestFit;
    ReservedBreak, WorstFit;
    ReservedBreak, GoodFit;
    ProcessBreak, AnyFit;
}

/// There is nothing to run: that this program exists is the proof.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    0
}
