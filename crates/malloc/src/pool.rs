//! Heaps without a thread: kept with all their slabs, and given to the next thread that begins.
//!
//! ```text
//!   thread begins ──▶ the heap that was left last, or a new one
//!   thread ends   ──▶ bins back into their slabs, empty slabs back to the process's heap
//! ```
//!
//! Neither looks at every slab: the tables go on naming the heap as their owner, and heaps are
//! never unmapped. The whole of a heap that is idle belongs to whoever takes it out of the pool,
//! be it only to put back what was sent to it.

use core::ptr::{self, NonNull};

use heapwright_break::{Break, ReservedBreak};

use crate::process_heap::{with_heap, with_started_heap};
use crate::protocol::{self, IdleHeaps};
use crate::sys;
use crate::thread_heap::{EMPTY, EXITED, ThreadHeap};
use crate::{Startup, exit};

/// Address space for the heaps of 400 000 threads.
const CAPACITY_BYTES: usize = 400_000 * size_of::<ThreadHeap>();
/// How many are made readable at once.
const GROW_BYTES: usize = 4 * size_of::<ThreadHeap>();

/// All heaps, in use and idle.
#[derive(Debug)]
pub(crate) struct Pool {
    memory: ReservedBreak,
    /// How many heaps were ever made.
    count: usize,
    idle: IdleHeaps<ThreadHeap>,
}

// SAFETY: it leads to heaps, which are bound to no thread while they are idle.
unsafe impl Send for Pool {}

impl Pool {
    /// No heaps, and no room for any.
    pub(crate) const NONE: Self =
        Self { memory: ReservedBreak::new(0), count: 0, idle: IdleHeaps::NONE };

    /// Makes heaps from here on.
    pub(crate) fn start(&mut self) {
        self.memory = ReservedBreak::new(CAPACITY_BYTES);
    }

    /// All heaps there are.
    pub(crate) fn heaps(&self) -> impl Iterator<Item = NonNull<ThreadHeap>> {
        let start = self.memory.start().map(NonNull::cast::<ThreadHeap>);
        // SAFETY: so many were made, one behind the other.
        (0..self.count).filter_map(move |index| start.map(|start| unsafe { start.add(index) }))
    }

    /// The ones without a thread.
    pub(crate) fn idle(&mut self) -> &mut IdleHeaps<ThreadHeap> {
        &mut self.idle
    }

    /// A heap for the caller alone.
    pub(crate) fn take(&mut self) -> Option<&'static ThreadHeap> {
        match self.idle.take() {
            // SAFETY: an idle heap until now, which is never unmapped and has no other user.
            Some(heap) => Some(unsafe { heap.as_ref() }),
            None => self.make(),
        }
    }

    fn make(&mut self) -> Option<&'static ThreadHeap> {
        let used = self.count.checked_mul(size_of::<ThreadHeap>())?;
        if used + size_of::<ThreadHeap>() > self.memory.len() {
            self.memory.grow(GROW_BYTES).ok()?;
        }
        let start = self.memory.start()?.cast::<ThreadHeap>();
        debug_assert!(start.is_aligned());
        // SAFETY: there is room for one more.
        let place = unsafe { start.add(self.count) };
        // SAFETY: nobody's yet, zeroed, and aligned, as pages are.
        unsafe { ThreadHeap::make_at(place) };
        self.count += 1;
        // SAFETY: written just now, never unmapped, and the caller's alone but for its inbox.
        Some(unsafe { place.as_ref() })
    }
}

/// The heap of this thread, made now where it has none; for one that ended, one for this call.
#[cold]
#[inline(never)]
pub(crate) fn with_thread_heap<S: Startup, R>(
    work: impl FnOnce(&'static ThreadHeap) -> R,
) -> Option<R> {
    let current = sys::heap();
    if ptr::eq(current, &raw const EMPTY) {
        return attach::<S>().map(work);
    }
    if !ptr::eq(current, &raw const EXITED) {
        // SAFETY: this thread's heap, never unmapped.
        return Some(work(unsafe { &*current }));
    }
    let guest = take_heap::<S>()?;
    let outcome = work(guest);
    leave(guest);
    Some(outcome)
}

/// Lets `work` have the heap of this thread, where it has one of its own.
pub(crate) fn with_thread_heap_if_any(work: impl FnOnce(&'static ThreadHeap)) {
    let current = sys::heap();
    if !ptr::eq(current, &raw const EMPTY) && !ptr::eq(current, &raw const EXITED) {
        // SAFETY: this thread's heap, never unmapped.
        work(unsafe { &*current });
    }
}

#[inline(never)]
fn take_heap<S: Startup>() -> Option<&'static ThreadHeap> {
    with_heap::<S, _>(|process| {
        let heap = process.pool.take()?;
        heap.tables.set(process.spans.tables());
        heap.limit.set(process.spans.region.end() as usize);
        Some(heap)
    })
}

#[cold]
#[inline(never)]
fn attach<S: Startup>() -> Option<&'static ThreadHeap> {
    let heap = take_heap::<S>()?;
    let key = with_started_heap(|process| process.exit_key).flatten();
    sys::set_heap(heap);
    // From here on this thread can allocate, which the C library may do for its own part of it.
    exit::watch(key, heap);
    Some(heap)
}

/// Puts a heap into the pool, with nothing that another thread could use.
#[inline(never)]
pub(crate) fn leave(heap: &'static ThreadHeap) {
    protocol::leave(heap);
}
