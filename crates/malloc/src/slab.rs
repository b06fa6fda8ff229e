//! One slab: equal slots in a run of slices, and how many of them are in use.
//!
//! ```text
//!   │ slot │ slot │ slot │ ... │ slot │        never carved        ┊ end │
//!   ├──────── carved ─────────────────┤
//!   free: a chain through carved slots; all other carved ones are live: with the user, in the
//!   heap's bin, or on their way home from another thread
//!
//!   Active ──▶ Full ──▶ Queued ──▶ (empty: kept for a while, then given back)
//!      ▲                   │
//!      └───────────────────┘
//! ```
//!
//! A slab's `countdown` is one decrement and one branch for everything that a free can lead to:
//! while the slab is active or has slots to carve it never gets to 0; of a full slab it gets
//! there after a few frees, so that the slab is worth queueing; of a queued one when it is empty.
//!
//! What follows from that for a heap is in `thread_heap/`.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;

use crate::size_class::SizeClass;
use crate::slice::{Line, Slice, Tables};

/// How much is carved at once, in bytes: memory that is not carved is not touched.
const CARVE_BYTES: usize = 4096;
/// Frees until a full slab is queued, at the most, and the part of its slots besides.
const WAKE_COUNT_MAX: u32 = 32;
const WAKE_DIVISOR: u32 = 4;
/// What keeps the countdown of a slab that needs no event from getting to 0.
const PINNED: u32 = 1 << 16;

/// Where a slab stands with its heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Place {
    /// The source of its class's bin, or of slots to be carved. It is in no queue.
    Pinned = 0,
    /// All slots were handed out when it was looked at last; nobody but its slots leads to it.
    Full = 1,
    /// In the queue of its class.
    Queued = 2,
    /// In the queue of its class, and empty.
    Empty = 3,
}

/// A slab of the calling thread's heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slab {
    pub(crate) first: Slice,
    pub(crate) class: SizeClass,
    line: &'static Line,
    tables: Tables,
}

impl Slab {
    /// The slab that begins at `first`; `None` where there is none.
    #[inline]
    pub(crate) fn at(tables: Tables, first: Slice) -> Option<Self> {
        let line = tables.line(first);
        let class = SizeClass::from_number(line.class.load(Relaxed))?;
        Some(Self { first, class, line, tables })
    }

    /// Makes a slab of slices that are nobody's, none of them carved.
    pub(crate) fn new(tables: Tables, first: Slice, class: SizeClass) -> Self {
        let line = tables.line(first);
        line.class.store(class.number(), Relaxed);
        line.length.set(class.slices());
        line.reciprocal.set(class.reciprocal());
        line.free.store(ptr::null_mut(), Relaxed);
        line.carved.store(0, Relaxed);
        line.withdrawn.store(0, Relaxed);
        line.came_home.store(0, Relaxed);
        line.bytes.store(0, Relaxed);
        line.next.set(None);
        line.previous.set(None);
        let slab = Self { first, class, line, tables };
        slab.pin_with(0);
        slab
    }

    pub(crate) fn line(&self) -> &'static Line {
        self.line
    }

    pub(crate) fn place(&self) -> Place {
        match self.line.place.load(Relaxed) {
            1 => Place::Full,
            2 => Place::Queued,
            3 => Place::Empty,
            _ => Place::Pinned,
        }
    }

    pub(crate) fn set_place(&self, place: Place) {
        self.line.place.store(place as u8, Relaxed);
    }

    /// Carved slots that are not free.
    pub(crate) fn live(&self) -> u32 {
        self.line.live()
    }

    /// Whether every slot was carved.
    pub(crate) fn is_carved(&self) -> bool {
        u32::from(self.line.carved.load(Relaxed)) >= self.class.capacity()
    }

    /// Whether there are free slots, withdrawn ones included.
    pub(crate) fn has_free(&self) -> bool {
        self.has_linked() || self.line.withdrawn.load(Relaxed) != 0
    }

    /// Whether there are slots in the free list.
    pub(crate) fn has_linked(&self) -> bool {
        !self.line.free.load(Relaxed).is_null()
    }

    /// Passes the slots of the free list to `visit`.
    pub(crate) fn visit_free(&self, visit: &mut dyn FnMut(NonNull<u8>)) {
        let mut next = NonNull::new(self.line.free.load(Relaxed));
        while let Some(slot) = next {
            // SAFETY: a free slot's first word leads to the next (invariant 1 of `Line`).
            next = NonNull::new(unsafe { slot.cast::<*mut u8>().read() });
            visit(slot);
        }
    }

    /// Whether the free list leads through slots of this slab, as many as are free.
    pub(crate) fn has_whole_free_list(&self) -> bool {
        let carved = u32::from(self.line.carved.load(Relaxed));
        let withdrawn = u32::from(self.line.withdrawn.load(Relaxed));
        let Some(free) = carved.checked_sub(self.live().saturating_add(withdrawn)) else {
            return false;
        };
        let mut next = NonNull::new(self.line.free.load(Relaxed));
        for _ in 0..free {
            let Some(slot) = next.filter(|slot| self.has_slot_at(*slot)) else { return false };
            // SAFETY: in the slab, which can be read, and aligned as a slot is.
            next = NonNull::new(unsafe { slot.cast::<*mut u8>().read() });
        }
        next.is_none()
    }

    /// Where a slot lies in the slab, in bytes.
    #[inline]
    pub(crate) fn offset(&self, slot: NonNull<u8>) -> usize {
        self.tables.distance(self.first, slot)
    }

    /// The address in the slab that lies `offset` bytes from its start.
    pub(crate) fn slot_at(&self, offset: usize) -> NonNull<u8> {
        // SAFETY: callers stay inside of the slab.
        unsafe { self.tables.address(self.first).add(offset) }
    }

    /// Counts free slots that are in the free list no more.
    pub(crate) fn withdraw(&self, count: u16) {
        self.line.withdrawn.store(self.line.withdrawn.load(Relaxed) + count, Relaxed);
    }

    /// Counts slots that are in the free list again.
    pub(crate) fn unwithdraw(&self, count: u16) {
        let withdrawn = self.line.withdrawn.load(Relaxed);
        self.line.withdrawn.store(withdrawn.wrapping_sub(count), Relaxed);
    }

    /// No event for this slab from now on.
    #[inline]
    fn pin_with(&self, live: u32) {
        self.set_place(Place::Pinned);
        self.line.countdown.set(live.wrapping_add(PINNED));
        self.line.floor.set(0_u32.wrapping_sub(PINNED));
    }

    /// An event when enough slots of this slab are free, of which none is now.
    pub(crate) fn fill(&self) {
        self.set_place(Place::Full);
        let live = self.live();
        let wake = (self.class.capacity() / WAKE_DIVISOR).clamp(1, WAKE_COUNT_MAX).min(live);
        self.line.countdown.set(wake);
        self.line.floor.set(live.wrapping_sub(wake));
    }

    /// An event when this slab is empty, which it is not now.
    pub(crate) fn wait_until_empty(&self) {
        self.set_place(Place::Queued);
        let live = self.live();
        self.line.countdown.set(live);
        self.line.floor.set(0);
    }

    /// Takes all slots of the free list as a chain, and their number. They count as live from here
    /// on. The slab is pinned.
    #[inline]
    pub(crate) fn take_linked(&self) -> (*mut u8, u32) {
        let free = self.line.free.load(Relaxed);
        self.line.free.store(ptr::null_mut(), Relaxed);
        let live_before = self.live();
        let withdrawn = u32::from(self.line.withdrawn.load(Relaxed));
        let live = u32::from(self.line.carved.load(Relaxed)).wrapping_sub(withdrawn);
        self.pin_with(live);
        (free, live.wrapping_sub(live_before))
    }

    /// Carves some slots and returns them as a chain, in the order of addresses, and their number;
    /// null where all are carved. They count as live. The slab is pinned.
    pub(crate) fn carve(&self) -> (*mut u8, u32) {
        let carved = u32::from(self.line.carved.load(Relaxed));
        let slot_bytes = self.class.slot_bytes();
        let rest = self.class.capacity().saturating_sub(carved);
        #[expect(clippy::cast_possible_truncation, reason = "at most 256")]
        let count = ((CARVE_BYTES / slot_bytes).max(1) as u32).min(rest);
        if count == 0 {
            return (ptr::null_mut(), 0);
        }
        let start = self.tables.address(self.first).as_ptr();
        let first = start.wrapping_add(carved as usize * slot_bytes);
        let mut slot = first;
        for _ in 1..count {
            let next = slot.wrapping_add(slot_bytes);
            // SAFETY: a slot inside of the slab that was never handed out.
            unsafe { slot.cast::<*mut u8>().write(next) };
            slot = next;
        }
        // SAFETY: as above, the last of them.
        unsafe { slot.cast::<*mut u8>().write(ptr::null_mut()) };
        #[expect(clippy::cast_possible_truncation, reason = "the capacity of a slab fits")]
        self.line.carved.store((carved + count) as u16, Relaxed);
        self.pin_with(self.live().wrapping_add(count));
        (first, count)
    }

    /// Takes back a chain of `count` slots, whose last one is `last`.
    ///
    /// Returns whether something is to be done about the slab now: its countdown is then 0.
    ///
    /// # Safety
    ///
    /// The slots are live slots of this slab, chained by their first words from `first` to
    /// `last`, and the caller's.
    #[inline]
    pub(crate) unsafe fn give(&self, first: NonNull<u8>, last: NonNull<u8>, count: u32) -> bool {
        // SAFETY: the slot is the caller's, and the heap's from here on.
        unsafe { last.cast::<*mut u8>().write(self.line.free.load(Relaxed)) };
        self.line.free.store(first.as_ptr(), Relaxed);
        let countdown = self.line.countdown.get();
        if count < countdown {
            self.line.countdown.set(countdown - count);
            return false;
        }
        let live = self.live().wrapping_sub(count);
        self.line.countdown.set(0);
        self.line.floor.set(live);
        true
    }

    /// Whether a slot of this slab begins at `address`, which is in the slab.
    #[inline(always)]
    pub(crate) fn has_slot_at(&self, address: NonNull<u8>) -> bool {
        let offset = self.offset(address);
        let carved_bytes = usize::from(self.line.carved.load(Relaxed)) * self.class.slot_bytes();
        self.line.has_slot_at(offset) && offset < carved_bytes
    }
}
