//! One slot: a header of one word, and room for one `T`, and for nothing else.
//!
//! ```text
//!   │ header │ object              │
//!      │        └─ a T, or the bytes that the last one left, or none yet
//!      └─ odd: an object lives here. Even: none does
//!
//!   header behind keys       the generation, which an object's birth and its end each add 1 to
//!   header behind handles    │ link │ lives? │, where the link is the slot's own index while it is
//!                                              in use, and that of another free one later
//! ```
//!
//! The header lies beside the object and not in its bytes, as links do elsewhere: what once held a
//! `T` is never written by anything but a `T`.
//!
//! That the generation tells by its lowest bit whether the slot is taken is an idea of the crate
//! slotmap.

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::ptr::NonNull;

/// A slot, in memory.
#[repr(C)]
pub(super) struct Slot<T> {
    header: Cell<u32>,
    object: MaybeUninit<T>,
}

impl<T> Slot<T> {
    /// How far the object lies behind the header, in bytes.
    pub(super) const OBJECT_OFFSET: usize = offset_of!(Self, object);

    /// Where the object of a slot is, or will be.
    ///
    /// # Safety
    ///
    /// There is memory for a slot.
    #[inline]
    pub(super) const unsafe fn object(slot: NonNull<Self>) -> NonNull<T> {
        // SAFETY: inside of the slot (the caller's condition).
        unsafe { slot.byte_add(Self::OBJECT_OFFSET) }.cast()
    }

    /// Where the slot of an object is.
    ///
    /// # Safety
    ///
    /// There is memory for a slot, all of which may be reached from its object.
    #[inline]
    pub(super) const unsafe fn of_object(object: NonNull<T>) -> NonNull<Self> {
        // SAFETY: the slot begins so far before its object (the caller's condition).
        unsafe { object.byte_sub(Self::OBJECT_OFFSET) }.cast()
    }
}

/// A slot that has a header, in the memory of a pool that is borrowed for `'pool`.
///
/// It is known by the address of its object, so that an `Option` of it becomes one of a reference
/// without a look at which of both it is.
///
/// # Invariants
///
/// 1. `object` leads to that of a `Slot<T>`, the header of which is valid, as long as `'pool`
///    lasts; all of the slot may be reached from there.
/// 2. While this one is used, no other thread writes the header, nor reads it where this thread
///    writes.
pub(super) struct SlotRef<'pool, T> {
    object: NonNull<T>,
    pool: PhantomData<&'pool Cell<u32>>,
}

impl<T> Clone for SlotRef<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SlotRef<'_, T> {}

impl<'pool, T> SlotRef<'pool, T> {
    /// The slot that has its object at `object`.
    ///
    /// # Safety
    ///
    /// - There is a slot with a valid header, whose memory stays as long as `'pool` lasts, and all
    ///   of which may be reached from there.
    /// - While what is returned, or a copy of it, is used, no other thread writes the header, nor
    ///   reads it where this thread writes.
    #[inline]
    pub(super) const unsafe fn new(object: NonNull<T>) -> Self {
        // INVARIANT: 1 and 2 are the caller's conditions.
        Self { object, pool: PhantomData }
    }

    /// Makes the slot that has its object at `object`, where one lives if `header` is odd.
    ///
    /// # Safety
    ///
    /// - There is memory for a slot, which nobody else uses, and which stays as long as `'pool`
    ///   lasts; all of it may be reached from there.
    /// - While what is returned, or a copy of it, is used, no other thread uses the header.
    #[inline]
    pub(super) const unsafe fn write(object: NonNull<T>, header: u32) -> Self {
        // SAFETY: that of a slot (the caller's first condition).
        let slot = unsafe { Slot::of_object(object) };
        // SAFETY: a slot begins with its header (`repr(C)`), and is the caller's alone.
        unsafe { slot.cast().write(Cell::new(header)) };
        // SAFETY: the header was written just now; the rest is the caller's condition.
        unsafe { Self::new(object) }
    }

    #[inline]
    const fn header(self) -> &'pool Cell<u32> {
        // SAFETY: that of a slot (invariant 1), which begins with its header.
        let header = unsafe { Slot::of_object(self.object) }.cast();
        // SAFETY: invariants 1 and 2. Of the slot only the header is lent, and not the object.
        unsafe { header.as_ref() }
    }

    /// Whether an object lives here.
    #[inline]
    pub(super) fn is_live(self) -> bool {
        self.header().get() & 1 == 1
    }

    /// Where the object is, or will be.
    #[inline]
    pub(super) const fn object(self) -> *mut T {
        self.object.as_ptr()
    }
}

/// Behind keys: the header is the generation.
impl<T> SlotRef<'_, T> {
    /// How often objects were born and died here, counted together. 0 again for a slot that is
    /// worn out.
    #[inline]
    pub(super) fn generation(self) -> u32 {
        self.header().get()
    }

    #[inline]
    pub(super) fn set_generation(self, generation: u32) {
        self.header().set(generation);
    }
}

/// Behind handles: the header is a link, and whether an object lives here.
impl<T> SlotRef<'_, T> {
    /// The index that was written here last.
    #[inline]
    pub(super) fn link(self) -> u32 {
        self.header().get() >> 1
    }

    /// Writes an index here, which is below 2³¹. No object lives here.
    #[inline]
    pub(super) fn set_link(self, link: u32) {
        self.header().set(link << 1);
    }

    /// From now on an object lives here, or does not. The link stays.
    #[inline]
    pub(super) fn set_live(self, is_live: bool) {
        self.header().set(self.link() << 1 | u32::from(is_live));
    }
}
