//! Slots that a thread frees of other heaps: collected by slab, sent in batches.
//!
//! ```text
//!   batches        slab 7   S ─▶ R ─▶ ... ─▶ F      F was freed first, S last
//!                  slab 9   ...
//!   destinations   heap A   F ─▶ F₂ ─▶ F₃           the last slots of batches: messages
//!                           └ note: 3 slots from S on
//! ```
//!
//! The slot of a batch that was freed first stands for the batch: its first word leads to the
//! next message, its second tells where the chain begins and how many slots it has. So nothing is
//! allocated, and the owner takes a whole batch back by writing one link. Batches by slab are
//! snmalloc's idea (Liétar et al., 2019).

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::{Batch, Heap, collect_for};

/// Batches that are collected at once; a power of two.
const BATCH_COUNT: usize = 16;
/// Heaps that messages are collected for at once; a power of two.
const DESTINATION_COUNT: usize = 8;
/// The bytes for one heap from which on they are sent.
const SEND_BYTES: usize = 16 << 10;

/// Slots of one slab of another heap.
#[derive(Debug)]
struct OpenBatch {
    /// The number of the slab's first slice, or 0 where there is no batch.
    slab: Cell<u32>,
    count: Cell<u32>,
    first: Cell<*mut u8>,
    last: Cell<*mut u8>,
}

/// Messages for one heap.
#[derive(Debug)]
struct Destination<H> {
    heap: Cell<*const H>,
    first: Cell<*mut u8>,
    last: Cell<*mut u8>,
    bytes: Cell<usize>,
}

/// What a thread freed of other heaps, and did not send yet.
#[derive(Debug)]
pub(crate) struct Outgoing<H> {
    /// Whether there may be anything. Most threads free nothing of others.
    is_any: Cell<bool>,
    batches: [OpenBatch; BATCH_COUNT],
    destinations: [Destination<H>; DESTINATION_COUNT],
}

impl<H> Outgoing<H> {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const NONE: Self = Self {
        is_any: Cell::new(false),
        batches: [const {
            OpenBatch {
                slab: Cell::new(0),
                count: Cell::new(0),
                first: Cell::new(ptr::null_mut()),
                last: Cell::new(ptr::null_mut()),
            }
        }; BATCH_COUNT],
        destinations: [const {
            Destination {
                heap: Cell::new(ptr::null()),
                first: Cell::new(ptr::null_mut()),
                last: Cell::new(ptr::null_mut()),
                bytes: Cell::new(0),
            }
        }; DESTINATION_COUNT],
    };
}

impl<H: Heap> Outgoing<H> {
    /// Takes a slot of another heap's slab, whose first slice has the number `slab`. `false`, and
    /// nothing changed, where it is the slot that came last.
    ///
    /// # Safety
    ///
    /// The slot was freed by its user just now, and `sender` is the heap that this is a part of.
    #[inline]
    pub(crate) unsafe fn add(&self, sender: &H, slab: u32, slot: NonNull<u8>) -> bool {
        // SAFETY: a remainder by the number of batches.
        let batch = unsafe { self.batches.get_unchecked(slab as usize % BATCH_COUNT) };
        if batch.slab.get() == slab {
            if ptr::eq(batch.first.get(), slot.as_ptr()) {
                return false;
            }
            // SAFETY: the caller's condition.
            unsafe { sender.set_next(slot, batch.first.get()) };
            batch.count.set(batch.count.get() + 1);
        } else {
            self.close(sender, batch);
            self.is_any.set(true);
            batch.slab.set(slab);
            batch.last.set(slot.as_ptr());
            batch.count.set(1);
        }
        batch.first.set(slot.as_ptr());
        true
    }

    /// Makes a batch a message, and sends the messages of its heap where they are many.
    #[cold]
    fn close(&self, sender: &H, batch: &OpenBatch) {
        let slab = batch.slab.replace(0);
        if slab == 0 {
            return;
        }
        let (Some(home), Some(last)) = (sender.home_of(slab), NonNull::new(batch.last.get()))
        else {
            return;
        };
        let offset = batch.first.get().addr().wrapping_sub(home.start);
        let count = batch.count.get();
        // SAFETY: a slot that its user gave back and no heap has yet: the sender's.
        unsafe { sender.set_note(last, Batch { offset, last, count }.note()) };
        let index = (home.heap.addr() / align_of::<H>()) % DESTINATION_COUNT;
        let Some(destination) = self.destinations.get(index) else { return };
        if destination.heap.get() != home.heap {
            destination.send(sender);
            destination.heap.set(home.heap);
            destination.last.set(last.as_ptr());
        }
        // SAFETY: as above.
        unsafe { sender.set_next(last, destination.first.get()) };
        destination.first.set(last.as_ptr());
        destination.bytes.set(destination.bytes.get() + home.slot_bytes * count as usize);
        if destination.bytes.get() >= SEND_BYTES {
            destination.send(sender);
        }
    }

    /// Sends all that is collected.
    pub(crate) fn flush(&self, sender: &H) {
        if !self.is_any.replace(false) {
            return;
        }
        for batch in &self.batches {
            self.close(sender, batch);
        }
        for destination in &self.destinations {
            destination.send(sender);
        }
    }
}

impl<H: Heap> Destination<H> {
    fn send(&self, sender: &H) {
        let heap = self.heap.replace(ptr::null());
        let first = self.first.replace(ptr::null_mut());
        self.bytes.set(0);
        // SAFETY: null, or a heap, which stays where it is (guarantee 1 of `Heap`).
        let Some(heap) = (unsafe { heap.as_ref() }) else { return };
        if let (Some(first), Some(last)) = (NonNull::new(first), NonNull::new(self.last.get())) {
            // SAFETY: messages for that heap, linked by `close` and forgotten here.
            let is_idle = unsafe { heap.inbox().push(sender, first, last) };
            if is_idle {
                collect_for(heap);
            }
        }
    }
}
