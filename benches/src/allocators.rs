//! The allocators that the tables compare, each by name and made over an arena.

use core::{
    alloc::{GlobalAlloc, Layout},
    mem::MaybeUninit,
};

use heapwright_block::{
    BlockHeap, Locked,
    fit::{BestFit, FirstFit, Fit, GoodFit, NextFit, SecondFit, WorstFit},
};
use heapwright_break::FixedBreak;
use spinning_top::{RawSpinlock, lock_api::Mutex};

#[cfg(feature = "peers")]
use crate::peers;

/// An allocator that lives no longer than the arena it stands on.
pub type BoxedAllocator<'a> = Box<dyn GlobalAlloc + 'a>;

/// One way to serve requests out of an arena.
#[derive(Clone, Copy)]
pub struct ArenaAllocator {
    /// The name in tables and on the command line.
    pub name: &'static str,
    /// Makes a fresh allocator that owns the arena for its life.
    pub make: for<'a> fn(&'a mut [MaybeUninit<u8>]) -> BoxedAllocator<'a>,
}

/// Ours with the fit that serves by default.
pub const HEAPWRIGHT: ArenaAllocator = heapwright::<GoodFit>("heapwright-good");

/// Ours with the other fits.
const OTHER_FITS: [ArenaAllocator; 5] = [
    heapwright::<FirstFit>("heapwright-first"),
    heapwright::<SecondFit>("heapwright-second"),
    heapwright::<NextFit>("heapwright-next"),
    heapwright::<BestFit>("heapwright-best"),
    heapwright::<WorstFit>("heapwright-worst"),
];

/// The driver alone: every request answered with the arena's start under the same lock, every
/// free ignored.
///
/// Its cost is what a measurement adds to each allocator's own; nothing may touch a payload.
pub const DRIVER: ArenaAllocator = ArenaAllocator { name: "driver", make: driver };

/// Every allocator of a table: the reference of the ratios first.
#[must_use]
pub fn all() -> Vec<ArenaAllocator> {
    let mut all = Vec::new();
    #[cfg(feature = "peers")]
    all.extend_from_slice(peers::ALL);
    all.push(HEAPWRIGHT);
    all.extend_from_slice(&OTHER_FITS);
    all
}

/// The allocator of that name, the driver included.
#[must_use]
pub fn by_name(name: &str) -> Option<ArenaAllocator> {
    all().into_iter().chain([DRIVER]).find(|allocator| allocator.name == name)
}

const fn heapwright<F: Fit + 'static>(name: &'static str) -> ArenaAllocator {
    ArenaAllocator { name, make: make_heapwright::<F> }
}

fn make_heapwright<F: Fit + 'static>(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    let source = FixedBreak::new(arena).expect("the arena is aligned");
    let heap = BlockHeap::<_, F>::new(source);
    Box::new(Locked::<RawSpinlock, _>::new(heap))
}

struct Driver(Mutex<RawSpinlock, *mut u8>);

fn driver(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    Box::new(Driver(Mutex::new(arena.as_mut_ptr().cast())))
}

// SAFETY: it does not keep the contract: blocks overlap. The only users, `Player` and the
// programs of this package, neither read nor write a payload.
unsafe impl GlobalAlloc for Driver {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        *self.0.lock()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        drop(self.0.lock());
    }

    unsafe fn realloc(&self, _: *mut u8, _: Layout, _: usize) -> *mut u8 {
        *self.0.lock()
    }
}
