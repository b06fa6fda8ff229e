//! Which slots of a pool are free, and how often each was used.
//!
//! ```text
//!   generation   0 ──▶ 1 ──▶ 2 ──▶ 3 ──▶ …  2³² − 1 ──▶ 0: worn out
//!                free  live  free  live     live          free, and not in the stack
//!
//!   stack        │ 7 │ 2 │ 5 │   room for the indices of all others   │
//!                          ▲
//!                          └─ freed last, and the first one used
//! ```
//!
//! A generation that came round would bring keys back to life. So a slot that had its last one is
//! used no more, which costs a slot for every 2³¹ objects that lived in it.
//!
//! The free slots are a stack of indices in memory of its own, and not a list that leads through
//! the slots. In a list each insertion waits for the link in the slot that the one before took,
//! from wherever in memory that is. Here the processor knows the next slots before it comes to
//! them. The stack is as long as slots were ever free at once; the rest of its memory is not
//! touched.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use heapwright_new::{BadAlloc, OwnedArray};

use super::super::slot::SlotRef;

/// The free slots of one pool, the last one freed first.
///
/// # Invariants
///
/// 1. `stack` has room for `room` indices, and is of the pool's allocator. It is dangling where
///    that is 0.
/// 2. The first `free` of them are the indices of the slots that were used, are free and are not
///    worn out, each once.
/// 3. `used` slots were used so far, `worn_out` of which are worn out. They are `room` at most.
pub(super) struct Vacancies {
    stack: NonNull<u32>,
    room: usize,
    free: usize,
    used: usize,
    worn_out: usize,
}

// SAFETY: the stack is its own.
unsafe impl Send for Vacancies {}
// SAFETY: as above; what is shared changes nothing.
unsafe impl Sync for Vacancies {}

impl Vacancies {
    // INVARIANT: 1 to 3 hold of none.
    pub(super) const NONE: Self =
        Self { stack: NonNull::dangling(), room: 0, free: 0, used: 0, worn_out: 0 };

    /// The number of slots in which objects live.
    #[inline]
    pub(super) const fn live(&self) -> usize {
        self.used - self.free - self.worn_out
    }

    /// The number of slots in which no object will ever live.
    #[inline]
    pub(super) const fn worn_out(&self) -> usize {
        self.worn_out
    }

    /// How many slots can be used before there must be more room.
    pub(super) const fn room(&self) -> usize {
        self.room
    }

    /// Sees to it that so many slots can be used in all.
    ///
    /// # Errors
    ///
    /// There is no memory for their indices. All is as before.
    ///
    /// # Safety
    ///
    /// It is the same allocator each time.
    pub(super) unsafe fn reserve<A: Allocator>(
        &mut self,
        slots: usize,
        allocator: &A,
    ) -> Result<(), BadAlloc> {
        if slots <= self.room {
            return Ok(());
        }
        let stack = OwnedArray::<u32, &A>::try_new_uninit_in(slots, allocator)?;
        let (start, room, _) = OwnedArray::into_raw_parts(stack);
        let start = start.cast::<u32>();
        // SAFETY: those that are free (invariant 2), for which there is room, as there are fewer
        // than in the larger one. Both are blocks of their own.
        unsafe { self.stack.copy_to_nonoverlapping(start, self.free) };
        // SAFETY: the allocator is the one that it came from (the caller's condition), and the
        // stack is a larger one before anybody asks for it.
        let outgrown = unsafe { self.take_stack(allocator) };
        // INVARIANT: 1 to 3 hold, as it has the same indices and more room.
        (self.stack, self.room) = (start, room);
        // Not before, as an allocator may panic.
        drop(outgrown);
        Ok(())
    }

    /// The memory of the stack, which gives itself back. There is no room any more.
    ///
    /// # Safety
    ///
    /// - It is the same allocator each time.
    /// - There is [room](Self::reserve) again, or the stack is asked for nothing any more.
    pub(super) unsafe fn take_stack<'pool, A: Allocator>(
        &mut self,
        allocator: &'pool A,
    ) -> Option<OwnedArray<MaybeUninit<u32>, &'pool A>> {
        let room = core::mem::take(&mut self.room);
        let start = self.stack.cast::<MaybeUninit<u32>>();
        // SAFETY: a block of this allocator for so many (invariant 1, and the first condition),
        // which nobody uses any more (the second one).
        (room > 0).then(|| unsafe { OwnedArray::from_raw_parts(start, room, allocator) })
    }

    /// The index of the slot that was freed last.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        let last = self.free.checked_sub(1)?;
        // SAFETY: one of those in the stack (invariants 1 and 2).
        let last = unsafe { self.stack.add(last) };
        // SAFETY: as above.
        Some(unsafe { last.read() })
    }

    /// An object of this generation lives in the slot from now on.
    ///
    /// # Safety
    ///
    /// It is the [`first`](Self::first) free one.
    #[inline]
    pub(super) unsafe fn occupy_first<T>(&mut self, slot: SlotRef<'_, T>, generation: u32) {
        // INVARIANT: 2 holds of the others, as there is a first one (the caller's condition).
        self.free -= 1;
        slot.set_generation(generation);
    }

    /// An object lives in a slot that was never used before.
    ///
    /// # Safety
    ///
    /// There is [room](Self::room) for one more.
    #[inline]
    pub(super) const unsafe fn occupy_fresh(&mut self) {
        // INVARIANT: 3 is the caller's condition.
        self.used += 1;
    }

    /// No object lives in the slot any more.
    ///
    /// # Safety
    ///
    /// One lived there until now, and this is its index.
    #[inline]
    pub(super) unsafe fn vacate<T>(&mut self, index: u32, slot: SlotRef<'_, T>) {
        let generation = slot.generation().wrapping_add(1);
        slot.set_generation(generation);
        if generation == 0 {
            core::hint::cold_path();
            // INVARIANT: 2 asks for no slot that is worn out; 3.
            self.worn_out += 1;
        } else {
            // SAFETY: the slot was in use, so those that are free are fewer than those used, for
            // which there is room (invariants 2 and 3, and the caller's condition).
            let next = unsafe { self.stack.add(self.free) };
            // SAFETY: as above.
            unsafe { next.write(index) };
            // INVARIANT: 2 holds, as the slot was not in the stack.
            self.free += 1;
        }
    }
}
