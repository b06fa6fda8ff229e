//! Which slots of a pool are free, and how often each was used.
//!
//! ```text
//!   generation   0 ──▶ 1 ──▶ 2 ──▶ 3 ──▶ …  2³² − 1 ──▶ 0: worn out
//!                free  live  free  live     live          free, and in no list
//! ```
//!
//! A generation that came round would bring keys back to life. So a slot that had its last one is
//! used no more, which costs a slot for every 2³¹ objects that lived in it.

use super::super::directory::NONE as NO_SLOT;
use super::super::slot::SlotRef;

/// The free slots of one pool, the last one freed first.
///
/// # Invariants
///
/// 1. `first`, and the links of the slots from there on, are the indices of all slots that are
///    free and not worn out, each once; [`NO_SLOT`] ends them.
pub(super) struct Vacancies {
    pub(super) first: u32,
    pub(super) live: u32,
    pub(super) worn_out: u32,
}

impl Vacancies {
    pub(super) const NONE: Self = Self { first: NO_SLOT, live: 0, worn_out: 0 };

    /// Adds a slot that was never used, where there is no other.
    #[inline]
    pub(super) fn add_first<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        // INVARIANT: 1 holds, as there was none.
        slot.set_link(NO_SLOT);
        self.first = index;
    }

    /// An object lives in the first free slot from now on.
    #[inline]
    pub(super) fn occupy_first<T>(&mut self, slot: SlotRef<'_, T>) {
        // INVARIANT: 1 holds of the others.
        self.first = slot.link();
        slot.set_generation(slot.generation() | 1);
        self.live += 1;
    }

    /// No object lives in the slot any more.
    #[inline]
    pub(super) fn vacate<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        self.live -= 1;
        let generation = slot.generation().wrapping_add(1);
        slot.set_generation(generation);
        if generation == 0 {
            // INVARIANT: 1 asks for no slot that is worn out.
            self.worn_out += 1;
            return;
        }
        // INVARIANT: 1 holds, as the slot was in use until now.
        slot.set_link(self.first);
        self.first = index;
    }
}
