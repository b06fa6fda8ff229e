//! Which slots of a pool are free, and how often each was used.
//!
//! ```text
//!   generation   0 ──▶ 1 ──▶ 2 ──▶ 3 ──▶ …  2³² − 1 ──▶ 0: worn out
//!                free  live  free  live     live          free, and in no list
//!
//!   heads        [ 0 ]──▶ 1st freed ◀── 5th      of 6 free slots, in 4 lists
//!                [ 1 ]──▶ 2nd ◀── 6th            the last one freed is the first one used
//!                [ 2 ]──▶ 3rd
//!                [ 3 ]──▶ 4th
//! ```
//!
//! A generation that came round would bring keys back to life. So a slot that had its last one is
//! used no more, which costs a slot for every 2³¹ objects that lived in it.
//!
//! The free slots are a stack, linked in several lists in turns. In a single list each insertion
//! waits for the link in the slot of the one before, from wherever in memory that slot is. Here
//! several are on their way at once.

use super::super::slot::SlotRef;

/// The number of lists: as many slots are looked for in memory at once. A power of two.
const LISTS: u32 = 8;

/// The free slots of one pool, the last one freed first.
///
/// # Invariants
///
/// 1. The slots that are free and not worn out are `free`, each in one list: as many in each list
///    as there are numbers below `free` that leave the list's number when divided by [`LISTS`].
///    `heads` has the index of the first one, and the link of each that of the next; what follows
///    the last one means nothing.
/// 2. Of the slots that were used so far, which are `used`, `worn_out` are so.
pub(super) struct Vacancies {
    heads: [u32; LISTS as usize],
    free: u32,
    used: u32,
    worn_out: u32,
}

impl Vacancies {
    pub(super) const NONE: Self =
        Self { heads: [0; LISTS as usize], free: 0, used: 0, worn_out: 0 };

    /// The number of slots in which objects live.
    #[inline]
    pub(super) const fn live(&self) -> u32 {
        self.used - self.free - self.worn_out
    }

    /// The number of slots in which no object will ever live.
    pub(super) const fn worn_out(&self) -> u32 {
        self.worn_out
    }

    /// The list in which the slot is that was freed when so many were free.
    #[inline]
    fn head(&mut self, free: u32) -> &mut u32 {
        &mut self.heads[(free % LISTS) as usize]
    }

    /// The index of the slot that was freed last.
    #[inline]
    pub(super) fn first(&mut self) -> Option<u32> {
        let below = self.free.checked_sub(1)?;
        Some(*self.head(below))
    }

    /// An object lives in a slot that was never used before.
    #[inline]
    pub(super) const fn occupy_fresh(&mut self) {
        // INVARIANT: 2.
        self.used += 1;
    }

    /// An object of this generation lives in the [`first`](Self::first) free slot from now on.
    #[inline]
    pub(super) fn occupy_first<T>(&mut self, slot: SlotRef<'_, T>, generation: u32) {
        // INVARIANT: 1 holds of the others.
        self.free -= 1;
        *self.head(self.free) = slot.link();
        slot.set_generation(generation);
    }

    /// No object lives in the slot any more.
    #[inline]
    pub(super) fn vacate<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        let generation = slot.generation().wrapping_add(1);
        slot.set_generation(generation);
        if generation == 0 {
            return self.wear_out();
        }
        self.free(index, slot);
    }

    /// A slot that was in use until now, or never, is free.
    #[inline]
    fn free<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        // INVARIANT: 1 holds, as the slot is in no list.
        let head = self.head(self.free);
        slot.set_link(*head);
        *head = index;
        self.free += 1;
    }

    /// A slot that was in use until now will not be again.
    #[cold]
    fn wear_out(&mut self) {
        // INVARIANT: 1 asks for no slot that is worn out.
        self.worn_out += 1;
    }
}
