//! `trim`: all that can go back to the system, at once.
//!
//! ```text
//!   this thread's heap   bins back, messages in, empty slabs back; its holes
//!   free spans           all of them
//!   idle heaps           their holes
//!   heaps of others      slabs all of whose slots are in their inbox
//! ```
//!
//! The slabs of a thread that does something else are that thread's. But where every slot of one
//! is on its way home, nobody has any use for its memory: the messages are dropped, the pages go
//! back, and the slab's line says so to the owner, who looks when it collects.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::Startup;
use crate::pool::with_thread_heap;
use crate::process_heap::{ProcessHeap, with_started_heap};
use crate::protocol::{Batch, Words};
use crate::region::Run;
use crate::slab::Slab;
use crate::slice::{SLICE_SHIFT, Slice};
use crate::thread_heap::ThreadHeap;

/// What `came_home` of a slab says where all of its slots did.
const ALL: u16 = u16::MAX;

/// Gives back to the system what is free, but for `keep_bytes`. Returns the bytes given back, at
/// the most.
pub(crate) fn trim<S: Startup>(keep_bytes: usize) -> usize {
    with_thread_heap::<S, _>(|heap| {
        heap.tidy();
        let keep = u32::try_from(keep_bytes >> SLICE_SHIFT).unwrap_or(u32::MAX);
        with_started_heap(|process| process.trim(heap, keep))
    })
    .flatten()
    .unwrap_or(0)
}

impl ProcessHeap {
    fn trim(&mut self, mine: &ThreadHeap, keep: u32) -> usize {
        let mut bytes = (self.spans.purge_down_to(keep) as usize) << SLICE_SHIFT;
        let region = &self.spans.region;
        for heap in self.pool.heaps() {
            // SAFETY: heaps are never unmapped. Of one that is neither this thread's nor idle no
            // more is touched than any thread may.
            let heap = unsafe { heap.as_ref() };
            if ptr::eq(heap, mine) || heap.inbox.is_idle() {
                // SAFETY: pages of that heap's slabs that no slot in use touches; an idle heap is
                // its holder's who has the lock.
                bytes += heap.purge_holes(&mut |pages| unsafe { region.discard_pages(pages) });
            } else {
                bytes += self.empty_slabs_of(heap);
            }
        }
        bytes
    }

    /// Purges the slabs of another thread's heap all of whose slots are in its inbox.
    fn empty_slabs_of(&self, heap: &ThreadHeap) -> usize {
        // SAFETY: the lock is held and the heap is not idle, so there is no mark to lose.
        let messages = unsafe { heap.inbox.take_for_owner() };
        visit(heap, messages, &mut |batch, slab| {
            let count = slab.line().came_home.load(Relaxed);
            #[expect(clippy::cast_possible_truncation, reason = "no more than a slab has slots")]
            slab.line().came_home.store(count.saturating_add(batch.count as u16), Relaxed);
        });
        let mut rest: *mut u8 = ptr::null_mut();
        let mut rest_last: Option<NonNull<u8>> = None;
        visit(heap, messages, &mut |batch, slab| {
            if is_complete(&slab) {
                return;
            }
            // SAFETY: a message that was taken, and is this call's.
            unsafe { heap.set_next(batch.last, rest) };
            rest = batch.last.as_ptr();
            rest_last.get_or_insert(batch.last);
        });
        let bytes = self.purge_complete_slabs_of(heap);
        if let (Some(first), Some(last)) = (NonNull::new(rest), rest_last) {
            // SAFETY: messages of this heap, linked just now; that it is not idle cannot change.
            let _not_idle = unsafe { heap.inbox.push(heap, first, last) };
        }
        bytes
    }

    fn purge_complete_slabs_of(&self, heap: &ThreadHeap) -> usize {
        let tables = self.spans.tables();
        let mut slices = 0;
        for number in 1..self.spans.region.end() {
            // SAFETY: not 0, and below the end of the region.
            let first = unsafe { Slice::new(number) };
            if !tables.owner(first).get().is_first_of(heap) {
                continue;
            }
            let Some(slab) = Slab::at(tables, first) else { continue };
            let came_home = &slab.line().came_home;
            if is_complete(&slab) {
                let run = Run { first, count: slab.class.slices() };
                // SAFETY: no slot of the slab is in use, and no message leads into it any more.
                unsafe { self.spans.region.discard(run) };
                slices += run.count as usize;
                came_home.store(ALL, Release);
                heap.has_emptied.store(true, Release);
            } else if came_home.load(Relaxed) != ALL {
                came_home.store(0, Relaxed);
            }
        }
        slices << SLICE_SHIFT
    }
}

/// Whether all slots of a slab are among the messages that were counted.
fn is_complete(slab: &Slab) -> bool {
    u32::from(slab.line().came_home.load(Relaxed)) == slab.class.capacity()
}

/// Passes messages for a heap to `visit`, and the slabs that they lead to.
fn visit(heap: &ThreadHeap, messages: *mut u8, visit: &mut dyn FnMut(Batch, Slab)) {
    let mut message = messages;
    while let Some(last) = NonNull::new(message) {
        // SAFETY: messages that were taken are the taker's alone, and were linked and noted before.
        message = unsafe { heap.next(last) };
        // SAFETY: as above.
        let batch = Batch::from_note(last, unsafe { heap.note(last) });
        if let Some(slab) = heap.slab_of(last) {
            visit(batch, slab);
        }
    }
}

impl ThreadHeap {
    /// Gives up the slabs that `trim` emptied in another thread, if any.
    pub(crate) fn release_emptied(&self) {
        if !self.has_emptied.load(Relaxed) || !self.has_emptied.swap(false, Acquire) {
            return;
        }
        let tables = self.tables.get();
        for number in 1..self.limit.get() {
            // SAFETY: the tables have entries below the limit.
            if !unsafe { tables.owner_at(number) }.get().is_first_of(self) {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the limit fits in 32 bits")]
            // SAFETY: not 0, and below the limit.
            let Some(slab) = Slab::at(tables, unsafe { Slice::new(number as u32) }) else {
                continue;
            };
            if slab.line().came_home.load(Acquire) == ALL {
                slab.line().came_home.store(0, Relaxed);
                self.release_whole(slab);
            }
        }
    }
}
