//! What becomes of slabs whose slots come back.
//!
//! ```text
//!   full ──▶ queued ──▶ empty ──▶ given back          (a step each, by a countdown that is over)
//!              │          │
//!              └──────────┴──▶ active again           (`refill` takes it out of the queue)
//! ```
//!
//! A heap keeps a few empty slabs, so that a thread that allocates and frees around the edge of
//! one does not ask the process's heap each time.

use core::ptr::{self, NonNull};

use super::ThreadHeap;
use crate::owner::Owner;
use crate::process_heap::give_slices;
use crate::size_class::SizeClass;
use crate::slab::{Place, Slab};
use crate::slice::{Link, Slice};

/// The slices of all empty slabs that a heap keeps, at the most.
const EMPTY_SLICES_MAX: u32 = 4;

/// What may be freed into the bins of all medium classes of a heap, in bytes: they keep their slabs
/// from being given back, also those of a thread that is idle.
const PUSHED_BYTES_MAX: usize = 256 << 10;

/// Slabs of one class that have free slots, first in, first out: the longer a slab waits, the more
/// of its slots are free when it is used, and the fewer refills there are.
///
/// The slabs lead to each other by the `next` and `previous` of their lines. Both ends are none
/// where there is no slab.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) first: Link,
    last: Link,
}

impl Queue {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(super) const EMPTY: Self = Self { first: Link::NONE, last: Link::NONE };
}

impl ThreadHeap {
    /// What a countdown that is over leads to.
    #[cold]
    #[inline(never)]
    pub(crate) fn slab_event(&self, first: Slice) {
        let Some(slab) = self.slab(first) else { return };
        let was_full = slab.place() == Place::Full;
        if slab.live() > 0 {
            slab.wait_until_empty();
        } else if self.keeps_empty(slab) {
            slab.set_place(Place::Empty);
        } else {
            if !was_full {
                self.unqueue(slab);
            }
            return self.release(slab);
        }
        if was_full {
            self.enqueue(slab);
        }
    }

    /// Gives the slices of an empty slab back, which is in no queue.
    #[inline(never)]
    fn release(&self, slab: Slab) {
        for distance in 0..slab.class.slices() {
            // SAFETY: the slab has that many slices.
            let slice = unsafe { slab.first.add(distance) };
            self.tables.get().owner(slice).set(Owner::NONE);
        }
        give_slices(slab.first, slab.class.slices());
    }

    /// Gives back a slab none of whose slots is in use or free: nothing of this heap leads to it
    /// but where slots would come from.
    pub(crate) fn release_whole(&self, slab: Slab) {
        let links = [self.active.get(slab.class.index()), self.carving.get(slab.class.index())];
        for link in links.into_iter().flatten().filter(|link| link.get() == Some(slab.first)) {
            link.set(None);
        }
        self.release(slab);
    }

    /// Sends what goes to others, takes in what came from them, and puts all bins back.
    pub(crate) fn tidy(&self) {
        self.outgoing.flush(self);
        self.collect();
        self.empty_bins();
    }

    /// Remembers an empty slab, where there is room for it.
    #[inline(never)]
    fn keeps_empty(&self, slab: Slab) -> bool {
        let slices = self.empty_slices.get() + slab.class.slices();
        let place = self.empties.iter().find(|link| link.get().is_none());
        let Some(place) = place.filter(|_| slices <= EMPTY_SLICES_MAX) else { return false };
        place.set(Some(slab.first));
        self.empty_slices.set(slices);
        true
    }

    #[inline(never)]
    pub(super) fn forget_empty(&self, slab: Slab) {
        if let Some(link) = self.empties.iter().find(|link| link.get() == Some(slab.first)) {
            link.set(None);
            self.empty_slices.set(self.empty_slices.get().saturating_sub(slab.class.slices()));
        }
    }

    #[inline]
    fn enqueue(&self, slab: Slab) {
        let Some(queue) = self.queues.get(slab.class.index()) else { return };
        let last = self.linked(&queue.last);
        slab.line().next.set(None);
        slab.line().previous.set(last.map(|last| last.first));
        match last {
            Some(last) => last.line().next.set(Some(slab.first)),
            None => queue.first.set(Some(slab.first)),
        }
        queue.last.set(Some(slab.first));
    }

    #[inline(never)]
    pub(super) fn unqueue(&self, slab: Slab) {
        let Some(queue) = self.queues.get(slab.class.index()) else { return };
        let (next, previous) = (slab.line().next.get(), slab.line().previous.get());
        match next.and_then(|next| self.slab(next)) {
            Some(next) => next.line().previous.set(previous),
            None => queue.last.set(previous),
        }
        match previous.and_then(|previous| self.slab(previous)) {
            Some(previous) => previous.line().next.set(next),
            None => queue.first.set(next),
        }
    }

    /// Takes a slab out of its queue, of which it is the first one.
    #[inline]
    pub(super) fn unqueue_first(&self, slab: Slab) {
        let Some(queue) = self.queues.get(slab.class.index()) else { return };
        let next = slab.line().next.get();
        queue.first.set(next);
        match next.and_then(|next| self.slab(next)) {
            Some(next) => next.line().previous.set(None),
            None => queue.last.set(None),
        }
    }

    pub(super) fn dequeue(&self, class: SizeClass) -> Option<Slab> {
        let slab = self.linked(&self.queues.get(class.index())?.first)?;
        self.unqueue_first(slab);
        if slab.place() == Place::Empty {
            self.forget_empty(slab);
        }
        Some(slab)
    }

    /// Takes a slot of this heap back into its slab.
    #[inline]
    pub(crate) fn give(&self, slab: &Slab, slot: NonNull<u8>) {
        // SAFETY: one live slot of this heap's slab, which its user gave back.
        if unsafe { slab.give(slot, slot, 1) } {
            self.slab_event(slab.first);
        }
    }

    /// Takes a slot of a medium class back into its bin. `false`, and nothing changed, where it is
    /// the one that was freed last.
    ///
    /// A slab has few slots of such a class: its lists would be short, and every other request a
    /// refill.
    #[inline(always)]
    pub(crate) fn push(&self, class: SizeClass, slot: NonNull<u8>) -> bool {
        let bin = self.bin(class);
        if ptr::eq(bin.get(), slot.as_ptr()) {
            return false;
        }
        // SAFETY: a slot of this heap that its user gave back.
        unsafe { slot.cast::<*mut u8>().write(bin.get()) };
        bin.set(slot.as_ptr());
        self.count_slots(class, 1);
        let count = self.note_push(class);
        if count == class.bin_slots() || self.pushed_bytes.get() > PUSHED_BYTES_MAX {
            self.relieve(class);
        }
        true
    }

    /// Puts all but half of what a bin may hold back into slabs; where all bins hold too much, all
    /// of it.
    #[cold]
    #[inline(never)]
    fn relieve(&self, class: SizeClass) {
        if self.pushed_bytes.get() > PUSHED_BYTES_MAX {
            SizeClass::all()
                .filter(|class| class.is_medium())
                .for_each(|class| self.empty_bin(class));
            return;
        }
        let kept = class.bin_slots() / 2;
        self.note_pops(class, self.pushed(class).get() - kept);
        let Some(mut last) = NonNull::new(self.bin(class).get()) else { return };
        for _ in 1..kept {
            // SAFETY: the slots of a bin lead to each other by their first words.
            let Some(next) = NonNull::new(unsafe { last.cast::<*mut u8>().read() }) else { return };
            last = next;
        }
        // SAFETY: as above.
        let rest = unsafe { last.cast::<*mut u8>().replace(ptr::null_mut()) };
        self.put_back(class, rest);
    }

    /// Puts all bins back into their slabs, and gives back every slab that is empty then.
    pub(crate) fn empty_bins(&self) {
        for class in SizeClass::all() {
            self.empty_bin(class);
        }
        for pinned in [&self.active, &self.carving] {
            for link in pinned.iter().filter(|link| link.get().is_some()) {
                self.unpin(link);
            }
        }
        for link in &self.empties {
            if let Some(slab) = self.linked(link) {
                self.unqueue(slab);
                self.forget_empty(slab);
                self.release(slab);
            }
        }
    }

    /// Gives the holes of all slabs of this heap back, whose bins are empty. Returns the bytes
    /// given back, at the most.
    pub(crate) fn purge_holes(&self, discard: &mut dyn FnMut(NonNull<[u8]>)) -> usize {
        let tables = self.tables.get();
        let mut bytes = 0;
        for number in 1..self.limit.get() {
            // SAFETY: the tables have entries below the limit.
            if !unsafe { tables.owner_at(number) }.get().is_first_of(self) {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "the limit fits in 32 bits")]
            // SAFETY: not 0, and below the limit.
            let Some(slab) = self.slab(unsafe { Slice::new(number as u32) }) else { continue };
            if !slab.has_linked() {
                continue;
            }
            bytes += slab.purge_holes(discard);
            // Of a full slab nothing leads to the holes: they could not be used again.
            if slab.place() == Place::Full {
                slab.wait_until_empty();
                self.enqueue(slab);
            }
        }
        bytes
    }

    #[inline]
    fn empty_bin(&self, class: SizeClass) {
        if self.bin(class).get().is_null() {
            return;
        }
        self.note_pops(class, self.pushed(class).get());
        self.put_back(class, self.bin(class).replace(ptr::null_mut()));
    }

    /// Puts a chain of slots of one class, which no bin has any more, back into their slabs.
    #[inline(never)]
    fn put_back(&self, class: SizeClass, chain: *mut u8) {
        let tables = self.tables.get();
        let mut put_back = 0_usize;
        let mut next = NonNull::new(chain);
        while let Some(first) = next {
            let number = tables.number(first.as_ptr());
            let (mut last, mut count) = (first, 0);
            while let Some(slot) = next.filter(|slot| tables.number(slot.as_ptr()) == number) {
                // SAFETY: the slots of a bin lead to each other by their first words.
                next = NonNull::new(unsafe { slot.cast::<*mut u8>().read() });
                (last, count) = (slot, count + 1);
            }
            let Some(slab) = self.slab_of(first) else { return };
            // SAFETY: a chain of live slots of this heap's slab (invariant 1).
            if unsafe { slab.give(first, last, count) } {
                self.slab_event(slab.first);
            }
            put_back += count as usize;
        }
        self.count_slots(class, put_back.wrapping_neg());
    }

    /// Makes a pinned slab whose bin is empty what it is otherwise: empty, queued or full.
    #[inline(never)]
    fn unpin(&self, link: &Link) {
        let Some(slab) = self.linked(link) else { return };
        link.set(None);
        let other = [self.active.get(slab.class.index()), self.carving.get(slab.class.index())];
        for link in other.into_iter().flatten().filter(|link| link.get() == Some(slab.first)) {
            link.set(None);
        }
        if slab.live() == 0 {
            self.release(slab);
        } else if !slab.is_carved() {
            // There is one such slab of each class at the most.
            if let Some(link) = self.carving.get(slab.class.index()) {
                link.set(Some(slab.first));
            }
        } else if slab.has_free() {
            slab.wait_until_empty();
            self.enqueue(slab);
        } else {
            slab.fill();
        }
    }
}
