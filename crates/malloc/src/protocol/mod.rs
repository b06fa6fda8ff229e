//! What threads tell each other: slots that go home, and heaps that change hands.
//!
//! ```text
//!   thread B frees slots of A's slabs                          owner of A
//!   add ─▶ batch ─▶ message ─▶ chain ──push──▶ inbox of A ──take all──▶ collect
//!                                                │
//!                                                └─(A is idle)──▶ B takes A, collects, gives it
//!
//!               take, under the lock
//!   A is owned ◀────────────────────── A is idle
//!        └─────────────────────────────────▲
//!          flush, collect; give, under the lock, where the inbox is empty
//! ```
//!
//! The word that a heap's messages hang on tells too whether the heap is idle. So whoever adds a
//! message learns by the same step whether anybody would find it, and a heap becomes idle by a
//! step that finds no message. With a word for each, both sides would have to write one, fence,
//! and read the other, or a message could stay behind with a heap that nobody looks at.
//!
//! # Invariants
//!
//! 1. A heap is marked idle exactly while it is in the list of idle heaps. Both change under the
//!    lock only.
//! 2. All of a heap but its inbox is touched by one thread at a time: by the one that took it
//!    until that gives it; while it is idle, by the one that has the lock.
//! 3. Every slot on its way home is in one place: in a batch or a chain of its sender, in an
//!    inbox, or with the owner who took it from there.
//! 4. Messages of an idle heap were added to it by a thread that is about to collect for it.
//!
//! `tests/loom.rs` runs this folder as it is under a model checker, on other slots, heaps and
//! atomics. So nothing here reads a static or thread-local storage: what ships is in `remote.rs`
//! and `pool.rs`.

mod idle;
mod inbox;
mod outgoing;

use core::ptr::NonNull;

pub(crate) use idle::{IdleHeaps, IdleLinks};
pub(crate) use inbox::Inbox;
pub(crate) use outgoing::Outgoing;

/// The first two words of slots that are on their way home.
///
/// # Guarantees
///
/// A word reads as it was written last. They are plain words: what makes them known to another
/// thread is the protocol.
///
/// # Safety
///
/// Implementing this trait is a promise to keep the guarantees above.
pub(crate) unsafe trait Words {
    /// The slot that follows `slot`, or null.
    ///
    /// # Safety
    ///
    /// `slot` was freed by its user, is the caller's alone, and has a first word.
    unsafe fn next(&self, slot: NonNull<u8>) -> *mut u8;

    /// Makes `next` follow `slot`.
    ///
    /// # Safety
    ///
    /// `slot` was freed by its user and is the caller's alone.
    unsafe fn set_next(&self, slot: NonNull<u8>, next: *mut u8);

    /// What was noted in `slot`.
    ///
    /// # Safety
    ///
    /// `slot` was freed by its user, is the caller's alone, and has a second word.
    unsafe fn note(&self, slot: NonNull<u8>) -> usize;

    /// Notes a word in `slot`.
    ///
    /// # Safety
    ///
    /// `slot` was freed by its user and is the caller's alone.
    unsafe fn set_note(&self, slot: NonNull<u8>, note: usize);
}

/// Where the slots of a slab are at home.
#[derive(Debug)]
pub(crate) struct Home<H> {
    pub(crate) heap: *const H,
    /// The address of the slab.
    pub(crate) start: usize,
    pub(crate) slot_bytes: usize,
}

/// Slots of one slab, each of which leads to the next one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    /// How far behind the start of the slab the first slot begins.
    pub(crate) offset: usize,
    /// The last slot, which stands for the batch.
    pub(crate) last: NonNull<u8>,
    pub(crate) count: u32,
}

/// A heap of one thread at a time.
///
/// # Guarantees
///
/// 1. A heap stays where it is while another may send to it.
/// 2. `with_idle` has one thread at a time work, on one list for all heaps.
/// 3. While one of a slab's slots is in use or on its way, `home_of` names the slab's heap.
///
/// # Safety
///
/// Implementing this trait is a promise to keep the guarantees above.
pub(crate) unsafe trait Heap: Words + Sized {
    /// What any thread may touch.
    fn inbox(&self) -> &Inbox;

    /// What the owner did not send yet.
    fn outgoing(&self) -> &Outgoing<Self>;

    /// What the lock guards.
    fn idle_links(&self) -> &IdleLinks<Self>;

    /// Where the slots of a slab are at home, which is named by the number of its first slice.
    fn home_of(&self, slab: u32) -> Option<Home<Self>>;

    /// Takes slots of this heap back, for its owner. They are taken out of their words.
    ///
    /// # Safety
    ///
    /// The slots were freed by their users, are the caller's alone, and lead to each other from
    /// the first one to the last one.
    unsafe fn take_batch(&self, batch: Batch);

    /// Puts back what the owner held ready, before it gives the heap away.
    fn settle(&self);

    /// Has `work` have the idle heaps, under the lock; it must not come back here. `None` where
    /// there is no such list.
    fn with_idle<R>(&self, work: impl FnOnce(&mut IdleHeaps<Self>) -> R) -> Option<R>;
}

/// Takes back what others freed of the caller's heap. Returns whether that was anything.
pub(crate) fn collect<H: Heap>(heap: &H) -> bool {
    let mut message = heap.inbox().take();
    let is_any = !message.is_null();
    while let Some(last) = NonNull::new(message) {
        // SAFETY: a message, which was linked before it was sent, and is the taker's alone.
        message = unsafe { heap.next(last) };
        // SAFETY: as above; the note was written before too.
        let batch = Batch::from_note(last, unsafe { heap.note(last) });
        // SAFETY: the batch that this message stands for; it came with it.
        unsafe { heap.take_batch(batch) };
    }
    is_any
}

/// Gives the caller's heap to the next thread that needs one.
pub(crate) fn leave<H: Heap>(heap: &H) {
    heap.outgoing().flush(heap);
    give(heap);
}

/// Puts back what was sent to an idle heap, unless another thread has taken it since, which finds
/// it then (invariant 4).
#[cold]
fn collect_for<H: Heap>(heap: &H) {
    if heap.with_idle(|idle| idle.take_this(heap)) == Some(true) {
        give(heap);
    }
}

/// Makes a heap idle that has nothing to send.
fn give<H: Heap>(heap: &H) {
    let mut is_given = Some(false);
    while is_given == Some(false) {
        collect(heap);
        heap.settle();
        // SAFETY: it stays where it is (guarantee 1), and the caller, who owns it, is done.
        is_given = heap.with_idle(|idle| unsafe { idle.give(heap) });
    }
}

impl Batch {
    pub(crate) fn from_note(last: NonNull<u8>, note: usize) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "a note is made of two halves")]
        let count = (note >> 32) as u32;
        Self { offset: note & 0xffff_ffff, last, count }
    }

    fn note(&self) -> usize {
        (self.count as usize) << 32 | self.offset
    }
}
