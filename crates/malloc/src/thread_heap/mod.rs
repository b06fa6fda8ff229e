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
//!      └─ of a medium class ──▶ its bin ──(it is full)──▶ half of it into the slabs
//! ```
//!
//! Memory that was touched comes before memory that was not. The fast paths are in `family.rs`;
//! what becomes of slabs whose slots come back is in `returned.rs`; what other threads free arrives
//! by `remote.rs`, where the slabs come from and go to is `process_heap.rs`.

mod counts;
mod returned;

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;

use self::counts::Counts;
pub(crate) use self::counts::count;
use self::returned::Queue;
use crate::owner::Owner;
use crate::process_heap::{take_slab, with_started_heap};
use crate::protocol::{IdleLinks, Inbox};
use crate::remote::Outgoing;
use crate::size_class::{CLASS_COUNT, GRANULE, SMALL_BYTES_MAX, SMALL_COUNT, SizeClass};
use crate::slab::{Place, Slab};
use crate::slice::{Line, Link, SLICE_BYTES, Slice, Tables};
use crate::sys;

/// Empty slabs that a heap keeps, at the most.
const EMPTY_COUNT_MAX: usize = 4;

/// How many refills pass between two rounds.
const REFILLS_PER_ROUND: u32 = 64;

/// The heap of one thread, or of no thread for now.
///
/// # Invariants
///
/// 1. A bin is a chain of live slots of slabs of its class; of a class that is not medium, of
///    one: the active one.
/// 2. No bin begins with fewer slots than `pushed` says, and `pushed_bytes` are the bytes of them.
/// 3. The active slab of a class and the one being carved are pinned, those in the queue are
///    queued or empty, all others of the class are full.
/// 4. Every slab that is `Empty` is in `empties`, and the other way round.
/// 5. The owner is the thread that has it in its word of thread-local storage, or that took it out
///    of the pool; of an idle heap, whoever has the lock of the process's heap. Others touch
///    `inbox`, `has_emptied` and `counts`, which are atomics; and under that lock `idle_links`, and
///    `tables`, which the owner writes under it too.
#[derive(Debug)]
#[repr(C, align(1024))]
pub(crate) struct ThreadHeap {
    pub(crate) tables: Cell<Tables>,
    /// The slices below this number are looked up without asking anybody.
    pub(crate) limit: Cell<usize>,
    /// The classes of small sizes, by their granules.
    pub(crate) small: [SizeClass; SMALL_COUNT],
    pub(crate) bins: [Cell<*mut u8>; CLASS_COUNT],
    /// Slots at the front of the bin of a medium class that were freed into it.
    pushed: [Cell<u8>; CLASS_COUNT],
    /// The bytes of all of those.
    pushed_bytes: Cell<usize>,
    active: [Link; CLASS_COUNT],
    carving: [Link; CLASS_COUNT],
    queues: [Queue; CLASS_COUNT],
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

// SAFETY: what other threads touch is made of atomics, or guarded by a lock (invariant 5).
unsafe impl Sync for ThreadHeap {}

/// The heap of a thread that has none yet: every bin is empty and no slice is known, so that the
/// fast paths lead to the slow ones, whatever class they look at. Nobody ever writes to it; all
/// zeros, it takes no room in the program's file, and no memory of its own when it is read.
pub(crate) static EMPTY: ThreadHeap = ThreadHeap::ZERO;
/// The heap of a thread that gave its own away at its end. As `EMPTY`.
pub(crate) static EXITED: ThreadHeap = ThreadHeap::ZERO;

/// The heap of this thread, or one of the two that no slot is in.
#[inline(always)]
pub(crate) fn thread_heap() -> &'static ThreadHeap {
    // SAFETY: the word always leads to a heap, and heaps are never unmapped.
    unsafe { &*sys::heap() }
}

impl ThreadHeap {
    /// A heap without slabs and without the table of small sizes: all bytes are zero.
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    const ZERO: Self = Self {
        tables: Cell::new(Tables::NONE),
        limit: Cell::new(0),
        small: [SizeClass::SMALLEST; SMALL_COUNT],
        bins: [const { Cell::new(ptr::null_mut()) }; CLASS_COUNT],
        pushed: [const { Cell::new(0) }; CLASS_COUNT],
        pushed_bytes: Cell::new(0),
        active: [const { Link::NONE }; CLASS_COUNT],
        carving: [const { Link::NONE }; CLASS_COUNT],
        queues: [const { Queue::EMPTY }; CLASS_COUNT],
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

    /// The class of a size, if that is small: of a heap that no slot is in, any class.
    #[inline(always)]
    pub(crate) fn small_class(&self, size: usize) -> Option<SizeClass> {
        if size > SMALL_BYTES_MAX {
            return None;
        }
        // SAFETY: the table has an entry for each granule up to the largest small size.
        Some(unsafe { *self.small.get_unchecked(size.wrapping_add(GRANULE - 1) / GRANULE) })
    }

    /// The line of the slab that `block` is a slot of, and the slot of it that was freed last:
    /// where that takes no look at other slices. `None` where the slab is another heap's or of a
    /// medium class, and where `block` lies in a further slice of it, is no slot, or is that one.
    #[inline(always)]
    pub(crate) fn quick_slot(&self, block: *mut u8) -> Option<(&'static Line, *mut u8)> {
        let tables = self.tables.get();
        let number = tables.number(block);
        if number >= self.limit.get() {
            return None;
        }
        // SAFETY: the tables have entries below the limit; that of slice 0 is null.
        if !unsafe { tables.owner_at(number) }.get().is_quick(self) {
            return None;
        }
        // SAFETY: as above.
        let line = unsafe { tables.line_at(number) };
        let free = line.free.load(Relaxed);
        if !line.has_slot_at(block.addr() % SLICE_BYTES) || ptr::eq(free, block) {
            return None;
        }
        Some((line, free))
    }

    #[inline]
    pub(crate) fn bin(&self, class: SizeClass) -> &Cell<*mut u8> {
        // SAFETY: a class is less than the number of classes (its invariant).
        unsafe { self.bins.get_unchecked(class.index()) }
    }

    /// Takes the first slot out of the bin of a class that is not medium, if there is one.
    #[inline(always)]
    pub(crate) fn pop(&self, class: SizeClass) -> Option<NonNull<u8>> {
        let bin = self.bin(class);
        let slot = NonNull::new(bin.get())?;
        // SAFETY: a slot in a bin is the heap's, and its first word leads to the next.
        bin.set(unsafe { slot.cast::<*mut u8>().read() });
        Some(slot)
    }

    /// As [`pop`](Self::pop), for any class.
    #[inline(always)]
    pub(crate) fn pop_any(&self, class: SizeClass) -> Option<NonNull<u8>> {
        let slot = self.pop(class)?;
        if class.is_medium() && self.pushed(class).get() > 0 {
            self.note_pops(class, 1);
        }
        Some(slot)
    }

    #[inline]
    pub(crate) fn pushed(&self, class: SizeClass) -> &Cell<u8> {
        // SAFETY: a class is less than the number of classes (its invariant).
        unsafe { self.pushed.get_unchecked(class.index()) }
    }

    /// The bytes of all slots that were freed into bins.
    pub(crate) fn pushed_bytes(&self) -> usize {
        self.pushed_bytes.get()
    }

    /// Notes one slot more at the front of a bin that was freed into it. Returns their number.
    #[inline(always)]
    fn note_push(&self, class: SizeClass) -> u8 {
        let count = self.pushed(class).get() + 1;
        self.pushed(class).set(count);
        self.pushed_bytes.set(self.pushed_bytes.get() + class.slot_bytes());
        count
    }

    /// Notes that so many of the slots at the front of a bin are elsewhere now.
    #[inline(always)]
    fn note_pops(&self, class: SizeClass, count: u8) {
        self.pushed(class).set(self.pushed(class).get().wrapping_sub(count));
        let bytes = usize::from(count) * class.slot_bytes();
        self.pushed_bytes.set(self.pushed_bytes.get().wrapping_sub(bytes));
    }

    fn slab(&self, first: Slice) -> Option<Slab> {
        Slab::at(self.tables.get(), first)
    }

    fn linked(&self, link: &Link) -> Option<Slab> {
        self.slab(link.get()?)
    }

    /// Takes a slot of a class whose bin is empty, where no round is due, and that takes no more
    /// than what was freed to the active slab, or to the first one in the queue, which becomes the
    /// active one. That is most of the time. `None` says nothing.
    #[inline(always)]
    pub(crate) fn refill_quickly(&self, class: SizeClass) -> Option<NonNull<u8>> {
        // A heap that no slot is in has no active slabs.
        let active_link = self.active.get(class.index())?;
        let active = self.linked(active_link)?;
        let refills = self.refills.get().wrapping_add(1);
        if refills.is_multiple_of(REFILLS_PER_ROUND) {
            return None;
        }
        let mut slab = active;
        if !active.has_linked() {
            slab = self.linked(&self.queues.get(class.index())?.first)?;
            // Others have to be forgotten, or have holes to be restored.
            if active.has_free() || slab.place() != Place::Queued || !slab.has_linked() {
                return None;
            }
            self.unqueue_first(slab);
            self.activate(slab, Some(active), active_link);
        }
        self.refills.set(refills);
        self.put_into_bin(class, self.hand_out(slab))
    }

    /// Makes a chain the bin of a class, but for its first slot.
    #[inline(always)]
    fn put_into_bin(&self, class: SizeClass, chain: *mut u8) -> Option<NonNull<u8>> {
        let slot = NonNull::new(chain)?;
        // SAFETY: a free slot of this heap, whose first word leads to the next.
        self.bin(class).set(unsafe { slot.cast::<*mut u8>().read() });
        Some(slot)
    }

    /// Takes a slot of a class whose bin is empty. `None` where there is no memory.
    pub(crate) fn refill(&self, class: SizeClass) -> Option<NonNull<u8>> {
        self.refills.set(self.refills.get().wrapping_add(1));
        if self.refills.get().is_multiple_of(REFILLS_PER_ROUND) {
            self.make_round();
        }
        let chain = self.freed(class);
        let chain = if chain.is_null() { self.fresh(class) } else { chain };
        self.put_into_bin(class, chain)
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
        let slab = active.filter(Slab::has_free).or_else(|| self.dequeue(class)).or_else(|| {
            let carving = self.linked(self.carving.get(class.index())?)?;
            Some(carving).filter(Slab::has_free)
        });
        let Some(slab) = slab else { return ptr::null_mut() };
        self.activate(slab, active, active_link);
        if !slab.has_linked() {
            slab.restore_hole();
        }
        self.hand_out(slab)
    }

    #[inline]
    fn hand_out(&self, slab: Slab) -> *mut u8 {
        let (chain, count) = slab.take_linked();
        self.count_slots(slab.class, count as usize);
        chain
    }

    /// Makes `slab` the active one of its class in place of `before`, all of whose slots are out.
    /// It is pinned when slots of it are handed out.
    #[inline]
    fn activate(&self, slab: Slab, before: Option<Slab>, active_link: &Link) {
        if let Some(before) = before.filter(|before| before.first != slab.first) {
            // Where it is carved still, more slots come from it later.
            if before.is_carved() {
                before.fill();
            }
        }
        active_link.set(Some(slab.first));
    }

    /// Counts slots that were put into a bin, modulo 2⁶⁴.
    #[inline]
    fn count_slots(&self, class: SizeClass, more: usize) {
        if let Some(counter) = self.counts.handed_out.get(class.index()) {
            count(counter, more);
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
        let (chain, count) = slab.carve();
        self.count_slots(slab.class, count as usize);
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
            return Some(self.make_slab(slab.first, class));
        }
        take_slab(self, class)
    }

    /// Makes a slab of slices that are this heap's or nobody's.
    pub(crate) fn make_slab(&self, first: Slice, class: SizeClass) -> Slab {
        for distance in 0..class.slices() {
            // SAFETY: the slab has that many slices.
            let slice = unsafe { first.add(distance) };
            self.tables.get().owner(slice).set(Owner::new(self, class, distance));
        }
        Slab::new(self.tables.get(), first, class)
    }
}
