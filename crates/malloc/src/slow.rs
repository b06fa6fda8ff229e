//! The ways that are not fast paths: every size and alignment, slots of other heaps, large
//! blocks, blocks that are resized.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::Relaxed;

use crate::large::{self, Large};
use crate::owner::Owner;
use crate::pool::with_thread_heap;
use crate::process_heap::{refresh, with_started_heap};
use crate::size_class::{GRANULE, SLOT_BYTES_MAX, SizeClass};
use crate::slab::Slab;
use crate::slice::{SLICE_BYTES, Slice, Tables};
use crate::thread_heap::{ThreadHeap, count, thread_heap};
use crate::{AllocError, Family, Startup, misuse};

/// A slot for a size, where the bin of `class` is empty, which the heap of this thread says is the
/// class of that size. Where no slot is in that heap, what it says means nothing.
#[inline(never)]
pub(crate) fn refill<S: Startup>(class: SizeClass, size: usize) -> Option<NonNull<u8>> {
    let slot = thread_heap().refill_quickly(class);
    slot.or_else(|| refill_slowly::<S>(SizeClass::of(size)))
}

#[cold]
#[inline(never)]
fn refill_slowly<S: Startup>(class: SizeClass) -> Option<NonNull<u8>> {
    // A heap that was taken up just now may have slots: taking it up may allocate.
    with_thread_heap::<S, _>(|heap| heap.pop_any(class).or_else(|| heap.refill(class))).flatten()
}

/// A block of a size that is not small.
#[inline(never)]
pub(crate) fn malloc<S: Startup>(size: usize) -> Option<NonNull<u8>> {
    if size <= SLOT_BYTES_MAX {
        return slot::<S>(SizeClass::of(size));
    }
    large::<S>(size, GRANULE).map(|large| large.block)
}

fn slot<S: Startup>(class: SizeClass) -> Option<NonNull<u8>> {
    thread_heap().pop_any(class).or_else(|| refill::<S>(class, class.slot_bytes()))
}

fn large<S: Startup>(size: usize, align: usize) -> Option<Large> {
    with_thread_heap::<S, _>(|heap| {
        let large = large::allocate(size, align)?;
        count(&heap.counts.large, 1);
        Some(large)
    })
    .flatten()
}

/// The class whose slots hold `layout`; `None` where none does.
pub(crate) const fn class_of(layout: Layout) -> Option<SizeClass> {
    let (size, align) = (layout.size(), layout.align());
    if align <= GRANULE {
        return if size <= SLOT_BYTES_MAX { Some(SizeClass::of(size)) } else { None };
    }
    if align > SLICE_BYTES || size > SLOT_BYTES_MAX {
        return None;
    }
    // A multiple of the alignment has a class whose slots are multiples of it: the classes of a
    // doubling are as far apart as a power of two, which divides the alignment or is divided.
    let size = if size == 0 { align } else { (size + align - 1) & !(align - 1) };
    if size <= SLOT_BYTES_MAX { Some(SizeClass::of(size)) } else { None }
}

/// A block at a multiple of an alignment above the granule.
#[inline(never)]
pub(crate) fn aligned<S: Startup>(layout: Layout) -> Result<NonNull<u8>, AllocError> {
    let block = match class_of(layout) {
        Some(class) => slot::<S>(class),
        None => large::<S>(layout.size(), layout.align()).map(|large| large.block),
    };
    let block = block.ok_or_else(|| AllocError::of(layout.size()))?;
    with_counts(|heap| count(&heap.counts.aligned, 1));
    Ok(block)
}

/// A zeroed block.
#[inline(never)]
pub(crate) fn allocate_zeroed<S: Startup>(layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
    let refused = || AllocError::of(layout.size());
    let block = match class_of(layout) {
        Some(class) => {
            let block = slot::<S>(class).ok_or_else(refused)?;
            // SAFETY: a slot has at least as many bytes, and they are this call's.
            unsafe { block.write_bytes(0, layout.size()) };
            NonNull::slice_from_raw_parts(block, class.slot_bytes())
        }
        None => {
            let large = large::<S>(layout.size(), layout.align()).ok_or_else(refused)?;
            if !large.is_zero {
                large::clear(&large, layout.size());
            }
            NonNull::slice_from_raw_parts(large.block, large.bytes)
        }
    };
    count_calloc();
    Ok(block)
}

/// Counts a zeroed block that was handed out.
#[inline]
pub(crate) fn count_calloc() {
    with_counts(|heap| count(&heap.counts.calloc, 1));
}

/// Has the thread's own heap count something; a heap that is no thread's counts nothing.
#[inline]
fn with_counts(count: impl FnOnce(&ThreadHeap)) {
    let heap = thread_heap();
    if heap.limit.get() != 0 {
        count(heap);
    }
}

/// What the countdown of a slab leads to, which came to its end by the free of `slot`, a slot of
/// the slab's first slice and of this thread's heap.
#[cold]
#[inline(never)]
pub(crate) fn slab_event(slot: *mut u8) {
    let heap = thread_heap();
    #[expect(clippy::cast_possible_truncation, reason = "slices have numbers of 32 bits")]
    let number = heap.tables.get().number(slot) as u32;
    // SAFETY: a slab of this heap begins there.
    heap.slab_event(unsafe { Slice::new(number) });
}

/// Finds whose the slab is that a block lies in, and its first slice. `None` where there is none.
#[inline(always)]
fn owner_of(tables: Tables, limit: usize, block: NonNull<u8>) -> Option<(Owner, Slice)> {
    let number = tables.number(block.as_ptr());
    if number >= limit {
        return None;
    }
    // SAFETY: the tables have entries below the limit; that of slice 0 is null.
    let owner = unsafe { tables.owner_at(number) }.get();
    if owner == Owner::NONE {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the limit fits in 32 bits")]
    // SAFETY: not 0, as it has an owner, and the tables have entries below the limit.
    let slice = unsafe { Slice::new(number as u32) };
    // SAFETY: the distance of a slice to the first of its slab.
    Some((owner, unsafe { slice.sub(owner.distance()) }))
}

/// Finds the slab that a block lies in, whoever has it.
#[inline(always)]
fn slab_of(tables: Tables, limit: usize, block: NonNull<u8>) -> Option<Slab> {
    let (_, first) = owner_of(tables, limit, block)?;
    Slab::at(tables, first)
}

/// The slab of this thread's heap that an address lies in.
pub(crate) fn own_slab(address: NonNull<u8>) -> Option<Slab> {
    let heap = thread_heap();
    let (owner, first) = owner_of(heap.tables.get(), heap.limit.get(), address)?;
    Slab::at(heap.tables.get(), first).filter(|_| core::ptr::eq(owner.heap(), heap))
}

/// Takes back whatever the fast path does not.
///
/// # Safety
///
/// As [`Family::free_or_null`].
#[inline(never)]
pub(crate) unsafe fn free<S: Startup>(block: *mut u8) {
    let Some(block) = NonNull::new(block) else { return };
    let heap = thread_heap();
    let tables = heap.tables.get();
    let Some((owner, first)) = owner_of(tables, heap.limit.get(), block) else {
        return free_elsewhere::<S>(block);
    };
    if let Some(class) = owner.medium_class(heap)
        && class.has_slot_at(tables.distance(first, block))
        && heap.push(class, block)
    {
        return;
    }
    give(heap, owner, first, block);
}

/// Takes back a slot of the slab that begins at `first`, of this heap or of another. What is no
/// slot, or the one that was freed last, ends the process.
#[inline(never)]
fn give(heap: &ThreadHeap, owner: Owner, first: Slice, block: NonNull<u8>) {
    let tables = heap.tables.get();
    let is_mine = core::ptr::eq(owner.heap(), heap);
    // Of another heap's line nothing else is looked at: it is its owner's, and hot.
    if !is_mine
        && tables.line(first).has_slot_at(tables.distance(first, block))
        && heap.free_remote(first, block)
    {
        return;
    }
    let Some(slab) = Slab::at(tables, first) else { misuse::no_block(block) };
    check(&slab, block);
    if !is_mine {
        misuse::double_free(block);
    }
    heap.give(&slab, block);
}

/// Ends the process where `block` is no slot of the slab, or the one that was freed last.
#[inline(always)]
fn check(slab: &Slab, block: NonNull<u8>) {
    if !slab.has_slot_at(block) {
        misuse::no_block(block);
    }
    let is_last = |first: *mut u8| core::ptr::eq(first, block.as_ptr());
    if is_last(slab.line().free.load(Relaxed)) || is_last(thread_heap().bin(slab.class).get()) {
        misuse::double_free(block);
    }
}

/// Takes back a large block, or a slot of a thread that has no heap, or one in new slices.
#[inline(never)]
fn free_elsewhere<S: Startup>(block: NonNull<u8>) {
    with_thread_heap::<S, _>(|heap| {
        if heap.tables.get().number(block.as_ptr()) >= heap.limit.get() {
            refresh(heap);
        }
        match owner_of(heap.tables.get(), heap.limit.get(), block) {
            Some((owner, first)) => give(heap, owner, first, block),
            None => large::free(block),
        }
    });
}

/// What a block of this heap is, and how many bytes its holder may use.
#[derive(Clone, Copy)]
enum Block {
    /// A slot of a slab.
    Slot(usize),
    /// A block of its own.
    Large(usize),
}

/// Finds a block, wherever it lies. Anything else is misuse.
#[inline(always)]
fn block_at(block: NonNull<u8>) -> Block {
    let heap = thread_heap();
    if let Some((line, _)) = heap.quick_slot(block.as_ptr())
        && let Some(class) = SizeClass::from_number(line.class.load(Relaxed))
    {
        return Block::Slot(class.slot_bytes());
    }
    match slab_of(heap.tables.get(), heap.limit.get(), block) {
        Some(slab) => {
            check(&slab, block);
            Block::Slot(slab.class.slot_bytes())
        }
        None => block_elsewhere(block),
    }
}

/// Finds a large block, or a slot in slices that this thread's heap does not know.
#[cold]
#[inline(never)]
fn block_elsewhere(block: NonNull<u8>) -> Block {
    let known =
        with_started_heap(|process| (process.spans.tables(), process.spans.region.end() as usize));
    let Some((tables, end)) = known else { misuse::no_block(block) };
    match slab_of(tables, end, block) {
        Some(slab) => {
            check(&slab, block);
            Block::Slot(slab.class.slot_bytes())
        }
        None => Block::Large(large::usable_bytes(tables, end, block)),
    }
}

/// The bytes of a block that its holder may write.
pub(crate) fn usable_size(block: NonNull<u8>) -> usize {
    match block_at(block) {
        Block::Slot(bytes) | Block::Large(bytes) => bytes,
    }
}

/// The usable bytes of a block just handed out for `layout`.
#[inline]
pub(crate) fn usable_for(layout: Layout, block: NonNull<u8>) -> usize {
    match class_of(layout) {
        Some(class) => class.slot_bytes(),
        None => usable_size(block),
    }
}

/// Gives a block another size and alignment. Of the contents no more than `old_bytes` are kept.
///
/// # Safety
///
/// - `block` came from this heap and was not freed since.
/// - After a success nobody uses `block` any more.
#[inline(never)]
pub(crate) unsafe fn resize<S: Startup>(
    block: NonNull<u8>,
    old_bytes: usize,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    with_counts(|heap| count(&heap.counts.realloc, 1));
    let found = block_at(block);
    match found {
        // A slot stays unless half of it or more would be wasted.
        Block::Slot(bytes)
            if new.size() <= bytes && new.size() >= bytes / 2 && is_aligned(block, new) =>
        {
            Ok(NonNull::slice_from_raw_parts(block, bytes))
        }
        // SAFETY: the caller's conditions.
        _ => unsafe { resize_elsewhere::<S>(block, found, old_bytes, new) },
    }
}

fn is_aligned(block: NonNull<u8>, layout: Layout) -> bool {
    block.addr().get().is_multiple_of(layout.align())
}

/// Resizes a large block in its place, or gives the contents another block.
///
/// # Safety
///
/// As [`resize`], and `found` is what the block is.
#[inline(never)]
unsafe fn resize_elsewhere<S: Startup>(
    block: NonNull<u8>,
    found: Block,
    old_bytes: usize,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    let usable = match found {
        Block::Large(bytes) if new.size() > SLOT_BYTES_MAX && is_aligned(block, new) => {
            if let Some((block, bytes)) = resize_large(block, bytes, new) {
                return Ok(NonNull::slice_from_raw_parts(block, bytes));
            }
            bytes
        }
        Block::Slot(bytes) | Block::Large(bytes) => bytes,
    };
    let target = Family::<S>::allocate(new)?;
    let kept = usable.min(old_bytes).min(new.size());
    // SAFETY: both blocks have as many bytes, and are two.
    unsafe { target.cast::<u8>().copy_from_nonoverlapping(block, kept) };
    // SAFETY: the caller's conditions.
    unsafe { Family::<S>::free(block) };
    Ok(target)
}

/// Resizes a large block in its place, or moves its pages to one that has room.
fn resize_large(block: NonNull<u8>, usable: usize, new: Layout) -> Option<(NonNull<u8>, usize)> {
    with_started_heap(|process| {
        if let Some(bytes) = process.resize_large(block, new.size()) {
            return Some((block, bytes));
        }
        if new.size() <= usable || new.align() > SLICE_BYTES {
            return None;
        }
        process.move_large(block, new.size()).map(|large| (large.block, large.bytes))
    })
    .flatten()
}
