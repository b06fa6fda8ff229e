//! Which slots of a pool are free, and how often each was used.
//!
//! ```text
//!   generation   0 ──▶ 1 ──▶ 2 ──▶ 3 ──▶ …  2³² − 1 ──▶ 0: worn out
//!                free  live  free  live     live          free, and not in the stack
//!
//!   last_freed   [ 0 ]──▶ 5th freed ──▶ 3rd ──▶ 1st      the last one freed
//!                [ 1 ]──▶ 4th ──▶ 2nd                    is the first one used
//! ```
//!
//! A generation that came round would bring keys back to life. So a slot that had its last one is
//! used no more, which costs a slot for every 2³¹ objects that lived in it.
//!
//! The free slots are a stack, in which each is linked to the second one below it. Were it linked
//! to the next one, each insertion would wait for the link in the slot of the one before, from
//! wherever in memory that slot is. Here two are on their way at once.

use super::super::directory::NONE;
use super::super::slot::SlotRef;

/// The free slots of one pool, the last one freed first.
///
/// # Invariants
///
/// 1. The slots that are free and not worn out are a stack. `last_freed` has the indices of the
///    topmost two, the last one freed first, and the link of each has that of the second one below
///    it; [`NONE`] stands for those that there are not.
/// 2. Objects live in `live` slots, and `worn_out` slots are so.
pub(super) struct Vacancies {
    last_freed: [u32; 2],
    live: u32,
    worn_out: u32,
}

impl Vacancies {
    pub(super) const NONE: Self = Self { last_freed: [NONE; 2], live: 0, worn_out: 0 };

    /// The number of slots in which objects live.
    #[inline]
    pub(super) const fn live(&self) -> u32 {
        self.live
    }

    /// The number of slots in which no object will ever live.
    pub(super) const fn worn_out(&self) -> u32 {
        self.worn_out
    }

    /// The index of the slot that was freed last.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        let [first, _] = self.last_freed;
        (first != NONE).then_some(first)
    }

    /// An object lives in a slot that was never used before.
    #[inline]
    pub(super) const fn occupy_fresh(&mut self) {
        // INVARIANT: 2.
        self.live += 1;
    }

    /// An object of this generation lives in the [`first`](Self::first) free slot from now on.
    #[inline]
    pub(super) fn occupy_first<T>(&mut self, slot: SlotRef<'_, T>, generation: u32) {
        let [_, second] = self.last_freed;
        // INVARIANT: 1 holds of the others, and 2.
        self.last_freed = [second, slot.link()];
        self.live += 1;
        slot.set_generation(generation);
    }

    /// No object lives in the slot any more.
    #[inline]
    pub(super) fn vacate<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        let generation = slot.generation().wrapping_add(1);
        slot.set_generation(generation);
        // INVARIANT: 2.
        self.live -= 1;
        if generation == 0 {
            core::hint::cold_path();
            // INVARIANT: 1 asks for no slot that is worn out.
            self.worn_out += 1;
        } else {
            // INVARIANT: 1 holds, as the slot was in use and so not in the stack.
            let [first, second] = self.last_freed;
            slot.set_link(second);
            self.last_freed = [index, first];
        }
    }
}
