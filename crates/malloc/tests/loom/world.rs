//! Heaps and slots for the model: what `remote.rs`, the tables and the lock are in the program.

use core::ptr::{self, NonNull};
use std::sync::{Arc, Weak};

use loom::cell::UnsafeCell;
use loom::sync::Mutex;

use crate::protocol::{
    Batch, Heap, Home, IdleHeaps, IdleLinks, Inbox, Outgoing, Words, collect, leave,
};
use crate::sync::AtomicPtr;

/// The slabs of each heap, and the slots of each slab.
const SLAB_COUNT: usize = 2;
const SLOT_COUNT: usize = 2;
const SLAB_BYTES: usize = 1 << 10;
const SLOT_BYTES: usize = 16;

/// One slot of a certain heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The number of its slab, from 1 on.
    slab: usize,
    index: usize,
}

impl Slot {
    pub(crate) const fn of(heap: usize, slab: usize, index: usize) -> Self {
        assert!(slab < SLAB_COUNT && index < SLOT_COUNT);
        Self { slab: 1 + heap * SLAB_COUNT + slab, index }
    }

    fn at(address: NonNull<u8>) -> Self {
        let address = address.addr().get();
        let slot = Self { slab: address / SLAB_BYTES, index: address % SLAB_BYTES / SLOT_BYTES };
        assert_eq!(slot.address().addr().get(), address, "no slot begins there");
        slot
    }

    /// An address of its own, where nothing is.
    fn address(self) -> NonNull<u8> {
        let address = self.slab * SLAB_BYTES + self.index * SLOT_BYTES;
        NonNull::new(ptr::without_provenance_mut(address)).unwrap()
    }

    fn heap(self) -> usize {
        (self.slab - 1) / SLAB_COUNT
    }
}

/// The two words of a slot.
#[derive(Debug)]
struct SlotWords {
    next: UnsafeCell<*mut u8>,
    note: UnsafeCell<usize>,
}

/// All that the threads share.
#[derive(Debug)]
pub(crate) struct World {
    heaps: Vec<ModelHeap>,
    words: Vec<SlotWords>,
    idle: Mutex<IdleHeaps<ModelHeap>>,
}

impl World {
    /// So many heaps, all of whose slots are in use. The caller owns the heaps.
    pub(crate) fn new(heap_count: usize) -> Arc<Self> {
        let slot_count = heap_count * SLAB_COUNT * SLOT_COUNT;
        let slot_words =
            || SlotWords { next: UnsafeCell::new(ptr::null_mut()), note: UnsafeCell::new(0) };
        Arc::new_cyclic(|world| Self {
            heaps: (0..heap_count).map(|_| ModelHeap::new(world)).collect(),
            words: (0..slot_count).map(|_| slot_words()).collect(),
            idle: Mutex::new(IdleHeaps::NONE),
        })
    }

    pub(crate) fn heap(&self, index: usize) -> &ModelHeap {
        &self.heaps[index]
    }

    /// An idle heap for the caller alone, as a thread takes it that begins.
    pub(crate) fn adopt(&self) -> Option<&ModelHeap> {
        let heap = self.idle.lock().unwrap().take()?;
        // SAFETY: it is one of `heaps`.
        Some(unsafe { heap.as_ref() })
    }

    /// Takes all idle heaps, which are just these, and finds nothing in their inboxes.
    pub(crate) fn assert_idle(&self, expected: &[usize]) {
        let mut found = Vec::new();
        while let Some(heap) = self.adopt() {
            found.push(self.heaps.iter().position(|other| ptr::eq(other, heap)).unwrap());
            assert!(!heap.collect(), "a message was left behind");
        }
        found.sort_unstable();
        assert_eq!(found, expected, "idle heaps");
    }

    fn words(&self, slot: NonNull<u8>) -> &SlotWords {
        let slot = Slot::at(slot);
        &self.words[(slot.slab - 1) * SLOT_COUNT + slot.index]
    }
}

/// A heap that knows which of its slots are at home.
#[derive(Debug)]
pub(crate) struct ModelHeap {
    inbox: Inbox,
    outgoing: Outgoing<ModelHeap>,
    idle_links: IdleLinks<ModelHeap>,
    /// Touched with `outgoing` and by whatever else is the owner's alone.
    at_home: UnsafeCell<Vec<Slot>>,
    /// Touched with `idle_links`.
    locked: UnsafeCell<()>,
    world: Weak<World>,
}

impl ModelHeap {
    fn new(world: &Weak<World>) -> Self {
        Self {
            inbox: Inbox { head: AtomicPtr::new(ptr::null_mut()) },
            outgoing: Outgoing::NONE,
            idle_links: IdleLinks::NONE,
            at_home: UnsafeCell::new(Vec::new()),
            locked: UnsafeCell::new(()),
            world: Weak::clone(world),
        }
    }

    /// Frees slots of another heap, which their user wrote to until now. They are of one heap
    /// only: the order in which several heaps are sent to would depend on where they are.
    pub(crate) fn free(&self, slots: &[Slot]) -> &Self {
        for slot in slots {
            let address = slot.address();
            // SAFETY: no other thread uses the slot, or loom ends the test.
            unsafe { self.set_next(address, ptr::dangling_mut()) };
            // SAFETY: as above.
            unsafe { self.set_note(address, usize::MAX) };
            let slab = u32::try_from(slot.slab).unwrap();
            // SAFETY: as above; this heap is the caller's, or loom ends the test.
            assert!(unsafe { self.outgoing().add(self, slab, address) });
        }
        self
    }

    pub(crate) fn flush(&self) {
        self.outgoing().flush(self);
    }

    pub(crate) fn collect(&self) -> bool {
        collect(self)
    }

    pub(crate) fn leave(&self) {
        leave(self);
    }

    /// Gives a slot to a user again, where it is at home.
    pub(crate) fn hand_out(&self, slot: Slot) -> bool {
        self.with_at_home(|at_home| {
            let place = at_home.iter().position(|other| *other == slot);
            place.map(|place| at_home.swap_remove(place)).is_some()
        })
    }

    /// Just these slots came home.
    pub(crate) fn assert_at_home(&self, expected: &[&[Slot]]) {
        let expected = expected.concat();
        self.with_at_home(|at_home| {
            let are_all = expected.iter().all(|slot| at_home.contains(slot));
            assert!(are_all && at_home.len() == expected.len(), "only {at_home:?} came home");
        });
    }

    fn with_at_home<R>(&self, work: impl FnOnce(&mut Vec<Slot>) -> R) -> R {
        // SAFETY: loom ends the test where the caller is not the only one.
        self.at_home.with_mut(|at_home| work(unsafe { &mut *at_home }))
    }

    fn world(&self) -> Arc<World> {
        self.world.upgrade().unwrap()
    }
}

// SAFETY: each word is a cell of its own.
unsafe impl Words for ModelHeap {
    unsafe fn next(&self, slot: NonNull<u8>) -> *mut u8 {
        // SAFETY: loom ends the test where the slot is not the caller's.
        self.world().words(slot).next.with(|next| unsafe { *next })
    }

    unsafe fn set_next(&self, slot: NonNull<u8>, next: *mut u8) {
        // SAFETY: as above.
        self.world().words(slot).next.with_mut(|place| unsafe { *place = next });
    }

    unsafe fn note(&self, slot: NonNull<u8>) -> usize {
        // SAFETY: as above.
        self.world().words(slot).note.with(|note| unsafe { *note })
    }

    unsafe fn set_note(&self, slot: NonNull<u8>, note: usize) {
        // SAFETY: as above.
        self.world().words(slot).note.with_mut(|place| unsafe { *place = note });
    }
}

// SAFETY: heaps live as long as their world, which has one list behind a lock; a slab's heap is
// fixed.
unsafe impl Heap for ModelHeap {
    fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    fn outgoing(&self) -> &Outgoing<Self> {
        self.with_at_home(|_| ());
        &self.outgoing
    }

    fn idle_links(&self) -> &IdleLinks<Self> {
        self.locked.with_mut(|_| ());
        &self.idle_links
    }

    fn home_of(&self, slab: u32) -> Option<Home<Self>> {
        let slot = Slot { slab: slab as usize, index: 0 };
        let heap = ptr::from_ref(self.world().heap(slot.heap()));
        Some(Home { heap, start: slot.address().addr().get(), slot_bytes: SLOT_BYTES })
    }

    unsafe fn take_batch(&self, batch: Batch) {
        let start = batch.last.addr().get() / SLAB_BYTES * SLAB_BYTES;
        let mut slot = ptr::without_provenance_mut(start + batch.offset);
        for left in (0..batch.count).rev() {
            let address = NonNull::new(slot).unwrap();
            let home = Slot::at(address);
            assert!(ptr::eq(self.world().heap(home.heap()), self), "{home:?} is at home elsewhere");
            // SAFETY: a slot of a batch that was sent to this heap.
            slot = unsafe { self.next(address) };
            if left == 0 {
                assert_eq!(address, batch.last, "the batch ends elsewhere");
            }
            // SAFETY: as above. From here on it is in the slab.
            unsafe { self.set_next(address, ptr::null_mut()) };
            self.with_at_home(|at_home| {
                assert!(!at_home.contains(&home), "{home:?} came home twice");
                at_home.push(home);
            });
        }
    }

    fn settle(&self) {
        self.with_at_home(|_| ());
    }

    fn with_idle<R>(&self, work: impl FnOnce(&mut IdleHeaps<Self>) -> R) -> Option<R> {
        Some(work(&mut self.world().idle.lock().unwrap()))
    }
}
