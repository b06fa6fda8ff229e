//! One slot: a header and room for one `T`, and for nothing else.
//!
//! ```text
//!   │ generation │ link │ object              │
//!        │          │      └─ a T, or the bytes that the last one left, or none yet
//!        │          └─ free: the next free slot, 0 for none
//!        └─ odd: an object lives here. Even: free
//! ```
//!
//! The link lies beside the object and not in its bytes, as it does elsewhere: what once held a
//! `T` is never written by anything but a `T`. For a `T` aligned to 8 bytes that costs nothing,
//! as the generation alone would take as much.
//!
//! That the generation tells by its lowest bit whether the slot is taken is an idea of the crate
//! slotmap.

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A slot, in memory.
#[repr(C)]
pub(super) struct Slot<T> {
    header: Header,
    object: MaybeUninit<T>,
}

/// What a slot knows of itself.
struct Header {
    generation: Cell<u32>,
    link: Cell<u32>,
}

/// A slot that has a header, in the memory of a pool that is borrowed for `'pool`.
///
/// # Invariants
///
/// 1. `slot` leads to a `Slot<T>`, the header of which is valid, as long as `'pool` lasts.
/// 2. While this one is used, no other thread writes the header, nor reads it where this thread
///    writes.
pub(super) struct SlotRef<'pool, T> {
    slot: NonNull<Slot<T>>,
    pool: PhantomData<&'pool Header>,
}

impl<T> Clone for SlotRef<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SlotRef<'_, T> {}

impl<'pool, T> SlotRef<'pool, T> {
    /// The slot at `slot`.
    ///
    /// # Safety
    ///
    /// - There is a slot with a valid header, whose memory stays as long as `'pool` lasts.
    /// - While what is returned, or a copy of it, is used, no other thread writes the header, nor
    ///   reads it where this thread writes.
    #[inline]
    pub(super) const unsafe fn new(slot: NonNull<Slot<T>>) -> Self {
        // INVARIANT: 1 and 2 are the caller's conditions.
        Self { slot, pool: PhantomData }
    }

    /// Makes the slot at `slot`, in which nothing lives.
    ///
    /// # Safety
    ///
    /// - There is memory for a slot, which nobody else uses, and which stays as long as `'pool`
    ///   lasts.
    /// - While what is returned, or a copy of it, is used, no other thread uses the header.
    #[inline]
    pub(super) const unsafe fn write(slot: NonNull<Slot<T>>) -> Self {
        let header = Header { generation: Cell::new(0), link: Cell::new(0) };
        // SAFETY: a slot begins with its header (`repr(C)`), and is the caller's alone.
        unsafe { slot.cast::<Header>().write(header) };
        // INVARIANT: 1 holds, as the header was written just now; 2 is the caller's condition.
        Self { slot, pool: PhantomData }
    }

    #[inline]
    const fn header(self) -> &'pool Header {
        // SAFETY: invariants 1 and 2. Of the slot only the header is lent, and not the object.
        unsafe { self.slot.cast::<Header>().as_ref() }
    }

    /// How often objects were born and died here, counted together. 0 again for a slot that is
    /// worn out.
    #[inline]
    pub(super) fn generation(self) -> u32 {
        self.header().generation.get()
    }

    #[inline]
    pub(super) fn set_generation(self, generation: u32) {
        self.header().generation.set(generation);
    }

    /// Whether an object lives here.
    #[inline]
    pub(super) fn is_live(self) -> bool {
        self.generation() & 1 == 1
    }

    /// The word that free slots are linked by.
    #[inline]
    pub(super) fn link(self) -> u32 {
        self.header().link.get()
    }

    #[inline]
    pub(super) fn set_link(self, link: u32) {
        self.header().link.set(link);
    }

    /// Where the object is, or will be.
    #[inline]
    pub(super) const fn object(self) -> *mut T {
        let slot = self.slot.as_ptr();
        // SAFETY: the place of a field inside the slot (invariant 1); nothing is read.
        unsafe { &raw mut (*slot).object }.cast()
    }
}
