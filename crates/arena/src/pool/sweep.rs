//! Destruction of all that lives in a pool, whatever happens on the way.

use super::directory::Slots;
use super::slot::SlotRef;

/// Destroys what lives in the slots from here on, in their order.
///
/// Where a destructor panics the others still run, and the panic goes on afterwards; a second one
/// aborts the process, as in Rust's own slices.
///
/// `bury` is told of each slot before its object is destroyed, and sees to it that nobody takes
/// the object for alive any more.
///
/// # Safety
///
/// The objects are the caller's alone, who uses none of them afterwards.
#[inline]
pub(super) unsafe fn destroy_all<'pool, T: 'pool>(
    slots: Slots<'pool, T>,
    bury: impl FnMut(u32, SlotRef<'pool, T>),
) {
    Sweep { slots, bury }.run();
}

/// The slots that are not looked at yet, the objects in which are this one's alone.
struct Sweep<'pool, T, F: FnMut(u32, SlotRef<'pool, T>)> {
    slots: Slots<'pool, T>,
    bury: F,
}

impl<'pool, T, F: FnMut(u32, SlotRef<'pool, T>)> Sweep<'pool, T, F> {
    fn run(&mut self) {
        for (index, slot) in self.slots.by_ref() {
            if slot.is_live() {
                (self.bury)(index, slot);
                // SAFETY: it lived, and is the caller's of `destroy_all`, who has one sweep of it.
                unsafe { slot.object().drop_in_place() };
            }
        }
    }
}

impl<'pool, T, F: FnMut(u32, SlotRef<'pool, T>)> Drop for Sweep<'pool, T, F> {
    fn drop(&mut self) {
        // There is something left only where a destructor panicked.
        self.run();
    }
}
