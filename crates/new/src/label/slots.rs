//! Slots of one layout, in memory that is never used for anything else.
//!
//! ```text
//!   slab, aligned to its size     │ links: one for each slot │ · │ slot │ slot │ slot │ …
//!                                        │                          ▲
//!   first free slot ─────────────────────│──────────────────────────┘
//!                                        └─▶ the next free slot
//! ```
//!
//! The links stand outside of the slots, so what reads a slot that is free finds the object that
//! was there, and never a pointer of somebody else. A large slot has a slab for itself, which needs
//! no such alignment: its start is always as far in front of the slot.

use core::alloc::Layout;
use core::ptr::NonNull;

/// How many slots a slab has at least, if they are not large.
const SLOTS_MIN: usize = 8;
/// The smallest slab of several slots, in bytes.
const SLAB_BYTES_MIN: usize = 16 << 10;
/// The largest one: where it would be larger, each slot has a slab for itself.
const SLAB_BYTES_MAX: usize = 1 << 20;

/// The link of a free slot: the next free one.
type Link = Option<NonNull<u8>>;

/// The slots of one layout. Whoever uses them knows the [`Plan`], as a constant: so the way from a
/// slot to its link has no division in it.
///
/// # Invariants
///
/// 1. From `first` on, the links lead from slot to slot, all of them free and of slabs that were
///    added by the same plan.
#[derive(Debug)]
pub(super) struct Slots {
    first: Link,
}

// SAFETY: the slabs are this value's alone.
unsafe impl Send for Slots {}

/// Where things are in a slab.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// The layout of the whole slab: aligned to its size, if there are several slots.
    pub(super) slab: Layout,
    /// The bytes from the start of the slab to its first slot.
    slots_offset: usize,
    /// The bytes from one slot to the next.
    stride: usize,
    /// The number of slots.
    count: usize,
}

impl Plan {
    /// The plan for slots of `layout`, unless they are too large or have no size.
    pub(super) const fn new(layout: Layout) -> Option<Self> {
        let layout = layout.pad_to_align();
        let stride = layout.size();
        if stride == 0 {
            return None;
        }
        // Twice what the least needs leaves room for links and alignment.
        let bytes = stride.saturating_mul(2 * SLOTS_MIN);
        if bytes > SLAB_BYTES_MAX {
            return Self::for_one(layout);
        }
        let wanted = if bytes > SLAB_BYTES_MIN { bytes } else { SLAB_BYTES_MIN };
        let bytes = wanted.next_power_of_two();
        let Ok(slab) = Layout::from_size_align(bytes, bytes) else { return None };
        let count = (bytes - layout.align()) / (stride + size_of::<Link>());
        let links_bytes = count * size_of::<Link>();
        let slots_offset = links_bytes.next_multiple_of(layout.align());
        Some(Self { slab, slots_offset, stride, count })
    }

    /// The plan for a slab of one slot, behind its link.
    const fn for_one(layout: Layout) -> Option<Self> {
        match Layout::new::<Link>().extend(layout) {
            Ok((slab, slots_offset)) => {
                Some(Self { slab, slots_offset, stride: layout.size(), count: 1 })
            }
            Err(_) => None,
        }
    }

    /// The bytes from the start of its slab to a slot.
    #[inline]
    fn offset_of(&self, slot: NonNull<u8>) -> usize {
        if self.count == 1 { self.slots_offset } else { slot.addr().get() & (self.slab.size() - 1) }
    }

    /// The place of the link of a slot of this plan.
    #[inline]
    fn link_of(&self, slot: NonNull<u8>) -> NonNull<Link> {
        let offset = self.offset_of(slot);
        // No stride is 0.
        let index = offset.wrapping_sub(self.slots_offset).checked_div(self.stride).unwrap_or(0);
        // SAFETY: the slab begins so many bytes before: at a multiple of its size, or it is of one
        // slot.
        let slab = unsafe { slot.sub(offset) };
        // SAFETY: the slab has a link for each of its slots.
        unsafe { slab.cast::<Link>().add(index) }
    }
}

impl Slots {
    /// No slots.
    pub(super) const fn new() -> Self {
        // INVARIANT: 1 holds of none.
        Self { first: None }
    }

    /// A free slot.
    ///
    /// # Safety
    ///
    /// All slots were added by this plan.
    #[inline]
    pub(super) unsafe fn pop(&mut self, plan: &Plan) -> Option<NonNull<u8>> {
        let slot = self.first?;
        // INVARIANT: 1 holds of the rest.
        // SAFETY: the link of a slot that was added (invariant 1).
        self.first = unsafe { plan.link_of(slot).read() };
        Some(slot)
    }

    /// Takes a slot back.
    ///
    /// # Safety
    ///
    /// It came from [`pop`](Self::pop) with this plan, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn push(&mut self, slot: NonNull<u8>, plan: &Plan) {
        // SAFETY: the link of a slot that was added (the caller's condition).
        unsafe { plan.link_of(slot).write(self.first) };
        // INVARIANT: 1 holds, with the new one in front.
        self.first = Some(slot);
    }

    /// Adds the slots of a new slab.
    ///
    /// # Safety
    ///
    /// `slab` is memory of the plan's layout, and this value's for ever. All slots were added by
    /// this plan.
    #[cold]
    pub(super) unsafe fn add(&mut self, slab: NonNull<u8>, plan: &Plan) {
        for index in (0..plan.count).rev() {
            let offset = plan.slots_offset + index * plan.stride;
            // SAFETY: inside the slab, which has `count` slots.
            let slot = unsafe { slab.add(offset) };
            // SAFETY: it is one of a slab that is ours.
            unsafe { self.push(slot, plan) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_slot_has_a_slab_not_much_larger() {
        for size in [64 << 10, (64 << 10) + 1, 1 << 20, 100 << 20, isize::MAX.unsigned_abs() / 2] {
            let layout = Layout::from_size_align(size, 1).expect("a layout");
            let plan = Plan::new(layout).expect("not too large");
            assert!(plan.slab.size() <= (size + size_of::<Link>()).max(SLAB_BYTES_MAX), "{plan:?}");
            assert!(plan.slab.align() <= SLAB_BYTES_MAX, "{plan:?}");
        }
    }

    #[test]
    fn every_plan_has_its_slots_and_links_inside_the_slab() {
        for align_bits in 0..16 {
            for size in [1, 2, 7, 8, 24, 100, 1000, 4096, 5000, 100_000] {
                let layout = Layout::from_size_align(size, 1 << align_bits).expect("a layout");
                let plan = Plan::new(layout).expect("not too large");
                let is_large = layout.pad_to_align().size() > SLAB_BYTES_MAX / SLOTS_MIN / 2;
                assert!(plan.count >= if is_large { 1 } else { SLOTS_MIN }, "{layout:?} {plan:?}");
                assert!(plan.count * size_of::<Link>() <= plan.slots_offset);
                assert!(plan.slots_offset + plan.count * plan.stride <= plan.slab.size());
                assert!(plan.slots_offset.is_multiple_of(layout.align()));
                assert!(plan.slab.align() >= layout.align());
                assert!(plan.stride.is_multiple_of(layout.align()) && plan.stride >= size);
            }
        }
    }
}
