//! The counterproof: messages that are sent without an order between sender and owner.
//!
//! ```text
//!   src/protocol/   the files that ship, compiled here once more
//!        │ Words, Heap                        │ crate::sync
//!   one heap, one slab, plain words    atomics whose `Release` is none
//! ```
//!
//! The owner reads words that the sender wrote, and nothing says that it may: a race, whatever
//! the processor makes of it. A detector that is silent here says nothing by its silence elsewhere.

use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;
use std::thread;

use crate::protocol::{Batch, Heap, Home, IdleHeaps, IdleLinks, Inbox, Outgoing, Words, collect};
use crate::sync::AtomicPtr;

/// The number of the one slab.
const SLAB: u32 = 1;
const SLOT_BYTES: usize = 16;
const SLOT_COUNT: usize = 1000;

/// The heap that the slots are at home in, and one that sends to it.
#[derive(Debug)]
struct WeakHeap {
    inbox: Inbox,
    outgoing: Outgoing<WeakHeap>,
    idle_links: IdleLinks<WeakHeap>,
    home: *const WeakHeap,
    slab: NonNull<u8>,
    came_home: AtomicUsize,
}

// SAFETY: the inbox and the counter are atomics, all else is touched by one thread; but for what
// is to be reported.
unsafe impl Sync for WeakHeap {}
// SAFETY: as above.
unsafe impl Send for WeakHeap {}

impl WeakHeap {
    fn new(home: *const WeakHeap, slab: NonNull<u8>) -> &'static Self {
        Box::leak(Box::new(Self {
            inbox: Inbox { head: AtomicPtr::new(ptr::null_mut()) },
            outgoing: Outgoing::NONE,
            idle_links: IdleLinks::NONE,
            home,
            slab,
            came_home: AtomicUsize::new(0),
        }))
    }
}

/// Has one thread send slots to another.
pub(crate) fn run() {
    let words = Box::leak(vec![[0_usize; 2]; SLOT_COUNT].into_boxed_slice());
    let slab = NonNull::from(words).cast::<u8>();
    let owner = WeakHeap::new(ptr::null(), slab);
    let sender = WeakHeap::new(owner, slab);
    let thread = thread::spawn(move || {
        for index in 0..SLOT_COUNT {
            // SAFETY: the slab has so many slots.
            let slot = unsafe { sender.slab.add(index * SLOT_BYTES) };
            // SAFETY: each slot is freed once, and was nobody's before.
            assert!(unsafe { sender.outgoing().add(sender, SLAB, slot) });
        }
        sender.outgoing().flush(sender);
    });
    while owner.came_home.load(Relaxed) < SLOT_COUNT {
        collect(owner);
        thread::yield_now();
    }
    thread.join().expect("a thread without a panic");
}

// SAFETY: each slot has two words.
unsafe impl Words for WeakHeap {
    unsafe fn next(&self, slot: NonNull<u8>) -> *mut u8 {
        // SAFETY: a slot that was linked, if the caller could but know.
        unsafe { slot.cast::<*mut u8>().read() }
    }

    unsafe fn set_next(&self, slot: NonNull<u8>, next: *mut u8) {
        // SAFETY: the sender's slot.
        unsafe { slot.cast::<*mut u8>().write(next) };
    }

    unsafe fn note(&self, slot: NonNull<u8>) -> usize {
        // SAFETY: a slot has two words.
        let place = unsafe { slot.cast::<usize>().add(1) };
        // SAFETY: as in `next`.
        unsafe { place.read() }
    }

    unsafe fn set_note(&self, slot: NonNull<u8>, note: usize) {
        // SAFETY: a slot has two words.
        let place = unsafe { slot.cast::<usize>().add(1) };
        // SAFETY: the sender's slot.
        unsafe { place.write(note) };
    }
}

// SAFETY: both heaps live for ever, none is ever idle, and the one slab is at home in one.
unsafe impl Heap for WeakHeap {
    fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    fn outgoing(&self) -> &Outgoing<Self> {
        &self.outgoing
    }

    fn idle_links(&self) -> &IdleLinks<Self> {
        &self.idle_links
    }

    fn home_of(&self, _: u32) -> Option<Home<Self>> {
        Some(Home { heap: self.home, start: self.slab.addr().get(), slot_bytes: SLOT_BYTES })
    }

    unsafe fn take_batch(&self, batch: Batch) {
        self.came_home.fetch_add(batch.count as usize, Relaxed);
    }

    fn settle(&self) {}

    fn with_idle<R>(&self, _: impl FnOnce(&mut IdleHeaps<Self>) -> R) -> Option<R> {
        None
    }
}
