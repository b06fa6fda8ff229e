//! Other crates' allocators as arena allocators, each behind the same spin lock.
//!
//! Each is set up as its own documentation says, and as talc's benchmark sets it up where that
//! has it too. Where a crate has no `realloc` of its own, `GlobalAlloc`'s default serves.

use core::{
    alloc::{GlobalAlloc, Layout},
    mem::MaybeUninit,
    ptr::{self, NonNull},
    sync::atomic::{AtomicPtr, Ordering},
};

use spinning_top::{RawSpinlock, lock_api::Mutex};

use crate::allocators::{ArenaAllocator, BoxedAllocator};

/// The peers, the one that all others are compared with first.
pub(crate) const ALL: &[ArenaAllocator] = &[
    ArenaAllocator { name: "talc", make: talc },
    ArenaAllocator { name: "rlsf", make: rlsf },
    ArenaAllocator { name: "dlmalloc", make: dlmalloc },
    ArenaAllocator { name: "linked-list", make: linked_list },
    ArenaAllocator { name: "buddy-system", make: buddy_system },
];

fn talc(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    let talc = talc::TalcLock::<RawSpinlock, _>::new(talc::source::Manual);
    // SAFETY: the arena is valid, unused by others, and outlives the boxed allocator.
    let end = unsafe { talc.lock().claim(arena.as_mut_ptr().cast(), arena.len()) };
    assert!(end.is_some(), "talc refused the arena");
    Box::new(talc)
}

/// The widest bitmaps, as in talc's benchmark: 64 second levels for each power of two.
type Tlsf<'a> = rlsf::Tlsf<'a, usize, usize, { usize::BITS as usize - 12 }, 64>;

struct Rlsf<'a>(Mutex<RawSpinlock, Tlsf<'a>>);

fn rlsf(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    let mut tlsf = Tlsf::new();
    tlsf.insert_free_block(arena);
    Box::new(Rlsf(Mutex::new(tlsf)))
}

// SAFETY: `Tlsf` serves `GlobalAlloc`'s contract by the same operations under other names.
unsafe impl GlobalAlloc for Rlsf<'_> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().allocate(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, payload: *mut u8, layout: Layout) {
        // SAFETY: `payload` came from `alloc`, so it is not null.
        let payload = unsafe { NonNull::new_unchecked(payload) };
        // SAFETY: the caller's duty: a live block of this allocator, of this alignment.
        unsafe { self.0.lock().deallocate(payload, layout.align()) }
    }

    unsafe fn realloc(&self, payload: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: `payload` came from `alloc`, so it is not null.
        let payload = unsafe { NonNull::new_unchecked(payload) };
        // SAFETY: the caller's duty: `new_size`, rounded up to the alignment, is a valid size.
        let layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: the caller's duty: a live block of this allocator, of this alignment.
        let moved = unsafe { self.0.lock().reallocate(payload, layout) };
        moved.map_or(ptr::null_mut(), NonNull::as_ptr)
    }
}

/// A memory source that hands out the whole arena once and takes nothing back.
struct WholeArena {
    start: AtomicPtr<u8>,
    size_bytes: usize,
}

// SAFETY: the arena is handed out at most once, whole; `EXTERN_BIT` (1) forbids giving it back.
unsafe impl dlmalloc::Allocator for WholeArena {
    fn alloc(&self, _size: usize) -> (*mut u8, usize, u32) {
        let start = self.start.swap(ptr::null_mut(), Ordering::Relaxed);
        if start.is_null() { (start, 0, 0) } else { (start, self.size_bytes, 1) }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        4096
    }
}

struct Dlmalloc(Mutex<RawSpinlock, dlmalloc::Dlmalloc<WholeArena>>);

fn dlmalloc(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    let start = AtomicPtr::new(arena.as_mut_ptr().cast());
    let source = WholeArena { start, size_bytes: arena.len() };
    Box::new(Dlmalloc(Mutex::new(dlmalloc::Dlmalloc::new_with_allocator(source))))
}

// SAFETY: `Dlmalloc` serves `GlobalAlloc`'s contract by the same operations under other names.
unsafe impl GlobalAlloc for Dlmalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the contract is that of `GlobalAlloc::alloc`.
        unsafe { self.0.lock().malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, payload: *mut u8, layout: Layout) {
        // SAFETY: the caller's duty: a live block of this allocator, of this layout.
        unsafe { self.0.lock().free(payload, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, payload: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's duty: a live block of this allocator, of this layout.
        unsafe { self.0.lock().realloc(payload, layout.size(), layout.align(), new_size) }
    }
}

struct LinkedList(Mutex<RawSpinlock, linked_list_allocator::Heap>);

fn linked_list(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    // SAFETY: the arena is valid, unused by others, and outlives the boxed allocator.
    let heap = unsafe { linked_list_allocator::Heap::new(arena.as_mut_ptr().cast(), arena.len()) };
    Box::new(LinkedList(Mutex::new(heap)))
}

// SAFETY: `Heap` serves `GlobalAlloc`'s contract by the same operations under other names.
unsafe impl GlobalAlloc for LinkedList {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().allocate_first_fit(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, payload: *mut u8, layout: Layout) {
        // SAFETY: `payload` came from `alloc`, so it is not null.
        let payload = unsafe { NonNull::new_unchecked(payload) };
        // SAFETY: the caller's duty: a live block of this allocator, of this layout.
        unsafe { self.0.lock().deallocate(payload, layout) }
    }
}

/// Blocks up to 2³² bytes.
type Buddies = buddy_system_allocator::Heap<33>;

struct BuddySystem(Mutex<RawSpinlock, Buddies>);

fn buddy_system(arena: &mut [MaybeUninit<u8>]) -> BoxedAllocator<'_> {
    let mut heap = Buddies::new();
    // SAFETY: the arena is valid, unused by others, and outlives the boxed allocator.
    unsafe { heap.init(arena.as_mut_ptr().expose_provenance(), arena.len()) };
    Box::new(BuddySystem(Mutex::new(heap)))
}

// SAFETY: `Heap` serves `GlobalAlloc`'s contract by the same operations under other names.
unsafe impl GlobalAlloc for BuddySystem {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().alloc(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, payload: *mut u8, layout: Layout) {
        // SAFETY: `payload` came from `alloc`, so it is not null.
        let payload = unsafe { NonNull::new_unchecked(payload) };
        // SAFETY: the caller's duty: a live block of this allocator, of this layout.
        unsafe { self.0.lock().dealloc(payload, layout) }
    }
}
