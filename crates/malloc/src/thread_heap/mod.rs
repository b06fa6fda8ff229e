//! The heap of one thread: a bin for each size class, and the slabs behind them.
//!
//! ```text
//!   malloc ──▶ bin of the class ──(empty)──▶ refill
//!                                              1  what was freed to the active slab
//!                                              2  a queued slab: it becomes the active one
//!                                              3  what was freed to the slab being carved
//!                                              4  what other threads freed: the inbox
//!                                              5  up to a page more of the slab being carved
//!                                              6  an empty slab, or a new one
//!   free   ──▶ the slab's free list ──(its countdown is over)──▶ queued, or empty
//! ```
//!
//! Memory that was touched comes before memory that was not. The fast paths are in `family.rs`;
//! what other threads free arrives by `remote.rs`, where the slabs come from and go to is
//! `process_heap.rs`.

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicUsize};

use crate::process_heap::{give_slices, take_slab, with_started_heap};
use crate::protocol::{IdleLinks, Inbox};
use crate::remote::Outgoing;
use crate::size_class::{CLASS_COUNT, SMALL_COUNT, SizeClass};
use crate::slab::{Place, Slab};
use crate::slice::{Link, Slice, Tables};

/// Empty slabs that a heap keeps, at the most, and the slices that they have together.
const EMPTY_COUNT_MAX: usize = 4;
const EMPTY_SLICES_MAX: u32 = 4;

/// How many refills pass between two rounds.
const REFILLS_PER_ROUND: u32 = 64;

/// The heap of one thread, or of no thread for now.
///
/// # Invariants
///
/// 1. A bin is a chain of live slots of one slab: the active one of its class.
/// 2. The active slab of a class and the one being carved are pinned, those in the queue are
///    queued or empty, all others of the class are full.
/// 3. Every slab that is `Empty` is in `empties`, and the other way round.
/// 4. All but `inbox` and `idle_links` is read and written by the owner alone: the thread that
///    has it in its word of thread-local storage, or that took it out of the pool.
#[derive(Debug)]
#[repr(C, align(1024))]
pub(crate) struct ThreadHeap {
    pub(crate) tables: Cell<Tables>,
    /// The slices below this number are looked up without asking anybody.
    pub(crate) limit: Cell<usize>,
    /// The classes of small sizes, by their granules.
    pub(crate) small: [SizeClass; SMALL_COUNT],
    pub(crate) bins: [Cell<*mut u8>; CLASS_COUNT],
    active: [Link; CLASS_COUNT],
    carving: [Link; CLASS_COUNT],
    queues: [Link; CLASS_COUNT],
    empties: [Link; EMPTY_COUNT_MAX],
    empty_slices: Cell<u32>,
    refills: Cell<u32>,
    /// Whether `trim` emptied slabs of this heap in another thread.
    pub(crate) has_emptied: AtomicBool,
    pub(crate) outgoing: Outgoing,
    pub(crate) counts: Counts,
    /// Its place in the pool, which the lock of the process's heap guards.
    pub(crate) idle_links: IdleLinks<ThreadHeap>,
    pub(crate) inbox: Inbox,
}

/// What a heap counted, for statistics.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Slots that were put into bins.
    pub(crate) handed_out: [AtomicUsize; CLASS_COUNT],
    pub(crate) calloc: AtomicUsize,
    pub(crate) realloc: AtomicUsize,
    pub(crate) aligned: AtomicUsize,
    pub(crate) large: AtomicUsize,
    pub(crate) large_freed: AtomicUsize,
}

impl Counts {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    const NONE: Self = Self {
        handed_out: [const { AtomicUsize::new(0) }; CLASS_COUNT],
        calloc: AtomicUsize::new(0),
        realloc: AtomicUsize::new(0),
        aligned: AtomicUsize::new(0),
        large: AtomicUsize::new(0),
        large_freed: AtomicUsize::new(0),
    };
}

/// Counts one more; only the owner of the counter does.
#[inline]
pub(crate) fn count(counter: &AtomicUsize, more: usize) {
    counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed);
}

// SAFETY: other threads touch no more than `inbox`, which is made for it (invariant 4).
unsafe impl Sync for ThreadHeap {}

/// The heap of a thread that has none yet: every bin is empty and no slice is known, so that the
/// fast paths lead to the slow ones, whatever class they look at. Nobody ever writes to it; all
/// zeros, it takes no room in the program's file, and no memory of its own when it is read.
pub(crate) static EMPTY: ThreadHeap = ThreadHeap::ZERO;
/// The heap of a thread that gave its own away at its end. As `EMPTY`.
pub(crate) static EXITED: ThreadHeap = ThreadHeap::ZERO;

impl ThreadHeap {
    /// A heap without slabs and without the table of small sizes: all bytes are zero.
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    const ZERO: Self = Self {
        tables: Cell::new(Tables::NONE),
        limit: Cell::new(0),
        small: [SizeClass::SMALLEST; SMALL_COUNT],
        bins: [const { Cell::new(ptr::null_mut()) }; CLASS_COUNT],
        active: [const { Link::NONE }; CLASS_COUNT],
        carving: [const { Link::NONE }; CLASS_COUNT],
        queues: [const { Link::NONE }; CLASS_COUNT],
        empties: [const { Link::NONE }; EMPTY_COUNT_MAX],
        empty_slices: Cell::new(0),
        refills: Cell::new(0),
        has_emptied: AtomicBool::new(false),
        outgoing: Outgoing::NONE,
        counts: Counts::NONE,
        idle_links: IdleLinks::NONE,
        inbox: Inbox::EMPTY,
    };

    /// Makes a heap without slabs of zeros.
    ///
    /// # Safety
    ///
    /// `place` is aligned, valid for reads and writes, zero, and nobody else's.
    pub(crate) unsafe fn make_at(place: NonNull<Self>) {
        // SAFETY: inside of what is valid (the caller's condition).
        let small = unsafe { &raw mut (*place.as_ptr()).small };
        // SAFETY: as above.
        unsafe { small.write(SizeClass::TABLE) };
    }

    #[inline]
    pub(crate) fn bin(&self, class: SizeClass) -> &Cell<*mut u8> {
        // SAFETY: a class is less than the number of classes (its invariant).
        unsafe { self.bins.get_unchecked(class.index()) }
    }

    fn slab(&self, first: Slice) -> Option<Slab> {
        Slab::at(self.tables.get(), first)
    }

    fn linked(&self, link: &Link) -> Option<Slab> {
        self.slab(link.get()?)
    }

    /// Takes a slot of a class whose bin is empty. Null where there is no memory.
    pub(crate) fn refill(&self, class: SizeClass) -> *mut u8 {
        self.refills.set(self.refills.get().wrapping_add(1));
        if self.refills.get().is_multiple_of(REFILLS_PER_ROUND) {
            self.make_round();
        }
        let chain = self.freed(class);
        let chain = if chain.is_null() { self.fresh(class) } else { chain };
        if chain.is_null() {
            return chain;
        }
        // SAFETY: a free slot of this heap, whose first word leads to the next.
        let next = unsafe { chain.cast::<*mut u8>().read() };
        self.bin(class).set(next);
        chain
    }

    /// What is due now and then, however little this thread does: slots of others are sent home,
    /// those that came home are taken in, and free memory decays.
    #[cold]
    fn make_round(&self) {
        self.outgoing.flush(self);
        self.collect();
        with_started_heap(|process| process.spans.decay());
    }

    /// Slots that were in use before, as a chain, or null.
    fn freed(&self, class: SizeClass) -> *mut u8 {
        let chain = self.freed_by_this_thread(class);
        if chain.is_null() && self.collect() { self.freed_by_this_thread(class) } else { chain }
    }

    fn freed_by_this_thread(&self, class: SizeClass) -> *mut u8 {
        let Some(active_link) = self.active.get(class.index()) else { return ptr::null_mut() };
        let active = self.linked(active_link);
        if let Some(slab) = active.filter(Slab::has_free) {
            return self.hand_out(slab);
        }
        if let Some(slab) = self.dequeue(class) {
            self.activate(slab, active, active_link);
            return self.hand_out(slab);
        }
        let carving = self.carving.get(class.index()).and_then(|link| self.linked(link));
        if let Some(slab) = carving.filter(Slab::has_free) {
            self.activate(slab, active, active_link);
            return self.hand_out(slab);
        }
        ptr::null_mut()
    }

    /// Makes `slab` the active one of its class in place of `before`, all of whose slots are out.
    fn activate(&self, slab: Slab, before: Option<Slab>, active_link: &Link) {
        if let Some(before) = before.filter(|before| before.first != slab.first) {
            // Where it is carved still, more slots come from it later.
            if before.is_carved() {
                before.fill();
            }
        }
        slab.pin();
        active_link.set(Some(slab.first));
    }

    fn hand_out(&self, slab: Slab) -> *mut u8 {
        let live_before = slab.live();
        let chain = slab.take_free();
        self.count_handed_out(slab, live_before);
        chain
    }

    fn count_handed_out(&self, slab: Slab, live_before: u32) {
        if let Some(counter) = self.counts.handed_out.get(slab.class.index()) {
            count(counter, slab.live().wrapping_sub(live_before) as usize);
        }
    }

    /// Slots that were never in use, as a chain, or null.
    fn fresh(&self, class: SizeClass) -> *mut u8 {
        let (Some(carving_link), Some(active_link)) =
            (self.carving.get(class.index()), self.active.get(class.index()))
        else {
            return ptr::null_mut();
        };
        let Some(slab) = self.linked(carving_link).or_else(|| self.new_slab(class)) else {
            return ptr::null_mut();
        };
        let active = self.linked(active_link);
        self.activate(slab, active, active_link);
        let live_before = slab.live();
        let chain = slab.carve();
        self.count_handed_out(slab, live_before);
        carving_link.set(Some(slab.first).filter(|_| !slab.is_carved()));
        chain
    }

    /// A slab none of whose slots are carved: one that was emptied, or new memory.
    #[cold]
    fn new_slab(&self, class: SizeClass) -> Option<Slab> {
        self.outgoing.flush(self);
        let slices = class.slices();
        let emptied = self
            .empties
            .iter()
            .find_map(|link| self.linked(link).filter(|slab| slab.class.slices() == slices));
        if let Some(slab) = emptied {
            self.unqueue(slab);
            self.forget_empty(slab);
            return Some(Slab::new(self.tables.get(), slab.first, class));
        }
        take_slab(self, class)
    }

    /// What a countdown that is over leads to.
    #[cold]
    #[inline(never)]
    pub(crate) fn slab_event(&self, first: Slice) {
        let Some(slab) = self.slab(first) else { return };
        let was_full = slab.place() == Place::Full;
        if slab.live() > 0 {
            slab.wait_until_empty();
            if was_full {
                self.enqueue(slab);
            }
        } else if self.keeps_empty(slab) {
            if was_full {
                self.enqueue(slab);
            }
            slab.set_place(Place::Empty);
        } else {
            if !was_full {
                self.unqueue(slab);
            }
            self.release(slab);
        }
    }

    /// Gives the slices of an empty slab back, which is in no queue.
    #[inline(never)]
    fn release(&self, slab: Slab) {
        for distance in 0..slab.class.slices() {
            // SAFETY: the slab has that many slices.
            let slice = unsafe { slab.first.add(distance) };
            self.tables.get().owner(slice).store(ptr::null_mut(), Relaxed);
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
    fn forget_empty(&self, slab: Slab) {
        if let Some(link) = self.empties.iter().find(|link| link.get() == Some(slab.first)) {
            link.set(None);
            self.empty_slices.set(self.empty_slices.get().saturating_sub(slab.class.slices()));
        }
    }

    #[inline(never)]
    fn enqueue(&self, slab: Slab) {
        let Some(head) = self.queues.get(slab.class.index()) else { return };
        let next = self.linked(head);
        slab.line().previous.set(None);
        slab.line().next.set(next.map(|next| next.first));
        if let Some(next) = next {
            next.line().previous.set(Some(slab.first));
        }
        head.set(Some(slab.first));
    }

    #[inline(never)]
    fn unqueue(&self, slab: Slab) {
        let (next, previous) = (slab.line().next.get(), slab.line().previous.get());
        if let Some(next) = next.and_then(|next| self.slab(next)) {
            next.line().previous.set(previous);
        }
        match previous.and_then(|previous| self.slab(previous)) {
            Some(previous) => previous.line().next.set(next),
            None => {
                if let Some(head) = self.queues.get(slab.class.index()) {
                    head.set(next);
                }
            }
        }
    }

    fn dequeue(&self, class: SizeClass) -> Option<Slab> {
        let slab = self.linked(self.queues.get(class.index())?)?;
        self.unqueue(slab);
        if slab.place() == Place::Empty {
            self.forget_empty(slab);
        }
        Some(slab)
    }

    /// Takes a slot of this heap back, wherever in its slab.
    pub(crate) fn give(&self, first: Slice, slot: NonNull<u8>) {
        let Some(slab) = self.slab(first) else { return };
        // SAFETY: one live slot of this heap's slab, which its user gave back.
        if unsafe { slab.give(slot, slot, 1) } {
            self.slab_event(first);
        }
    }

    /// Puts all bins back into their slabs, and gives back every slab that is empty then.
    pub(crate) fn empty_bins(&self) {
        for class in SizeClass::all() {
            self.empty_bin(class);
            let links = [self.active.get(class.index()), self.carving.get(class.index())];
            for link in links.into_iter().flatten() {
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
            let owner = unsafe { tables.owner_at(number) }.load(Relaxed);
            if !ptr::eq(owner, self) {
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

    fn empty_bin(&self, class: SizeClass) {
        let Some(first) = NonNull::new(self.bin(class).replace(ptr::null_mut())) else { return };
        let Some(slab) = self.active.get(class.index()).and_then(|link| self.linked(link)) else {
            return;
        };
        let mut last = first;
        let mut count = 1;
        // SAFETY: the slots of a bin lead to each other by their first words.
        while let Some(next) = NonNull::new(unsafe { last.cast::<*mut u8>().read() }) {
            last = next;
            count += 1;
        }
        // SAFETY: a chain of live slots of the active slab (invariant 1), which is pinned.
        let _pinned = unsafe { slab.give(first, last, count) };
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
