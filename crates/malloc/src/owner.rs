//! The owners: whose each slice is, in one word.
//!
//! ```text
//!   │ address of the heap, a multiple of 1024 │ class, if medium │ distance │
//!                                               6 bits             4 bits
//!   distance: slices from the first one of the slab
//! ```
//!
//! The first slice of a slab of small slots has the address of its heap and no more, so that the
//! fast path of `free` is one comparison. Of a medium class the word tells all that it takes to put
//! a slot into its bin.

use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

use crate::size_class::{CLASS_COUNT, SLAB_SLICES_MAX, SizeClass};
use crate::thread_heap::ThreadHeap;

/// An entry of the table.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct OwnerEntry(AtomicPtr<ThreadHeap>);

impl OwnerEntry {
    #[inline(always)]
    pub(crate) fn get(&self) -> Owner {
        Owner(self.0.load(Relaxed))
    }

    pub(crate) fn set(&self, owner: Owner) {
        self.0.store(owner.0, Relaxed);
    }
}

/// Whose a slice is, or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner(*mut ThreadHeap);

/// The bits that tell the distance.
const DISTANCE_BITS: u32 = SLAB_SLICES_MAX.ilog2();

const _: () = assert!(SLAB_SLICES_MAX.is_power_of_two());
const _: () = assert!(CLASS_COUNT << DISTANCE_BITS <= align_of::<ThreadHeap>());

impl Owner {
    /// No slab is there.
    pub(crate) const NONE: Self = Self(ptr::null_mut());

    /// The owner of the slice that lies `distance` behind the first one of a slab.
    pub(crate) fn new(heap: &ThreadHeap, class: SizeClass, distance: u32) -> Self {
        let class = if class.is_medium() { class.index() << DISTANCE_BITS } else { 0 };
        let mark = class | distance as usize;
        Self(ptr::from_ref(heap).cast_mut().wrapping_byte_add(mark))
    }

    /// Whether a slot there may be freed the quick way: it is the first slice of a slab of this
    /// heap, of a class that is not medium.
    #[inline(always)]
    pub(crate) fn is_quick(self, heap: &ThreadHeap) -> bool {
        ptr::eq(self.0, heap)
    }

    /// The class, where it is a medium one and the slab is of this heap.
    #[inline(always)]
    pub(crate) fn medium_class(self, heap: &ThreadHeap) -> Option<SizeClass> {
        let mark = self.0.addr().wrapping_sub(ptr::from_ref(heap).addr());
        SizeClass::from_index(mark >> DISTANCE_BITS).filter(|class| class.is_medium())
    }

    /// Whether it is the first slice of a slab of this heap.
    pub(crate) fn is_first_of(self, heap: &ThreadHeap) -> bool {
        ptr::eq(self.heap(), heap) && self.distance() == 0
    }

    /// The heap, or null.
    #[inline]
    pub(crate) fn heap(self) -> *const ThreadHeap {
        self.0.wrapping_byte_sub(self.0.addr() % align_of::<ThreadHeap>())
    }

    /// The slices between the first one of the slab and this one.
    #[inline]
    pub(crate) fn distance(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "less than the slices of a slab")]
        let distance = (self.0.addr() % SLAB_SLICES_MAX) as u32;
        distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread_heap::EMPTY;

    #[test]
    fn an_owner_tells_heap_distance_and_medium_class() {
        for class in SizeClass::all() {
            for distance in 0..class.slices() {
                let owner = Owner::new(&EMPTY, class, distance);
                assert!(ptr::eq(owner.heap(), &raw const EMPTY));
                assert_eq!(owner.distance(), distance);
                assert_eq!(
                    owner.medium_class(&EMPTY),
                    Some(class).filter(|class| class.is_medium())
                );
                assert_eq!(owner.is_first_of(&EMPTY), distance == 0);
                assert_eq!(owner.is_quick(&EMPTY), distance == 0 && !class.is_medium());
            }
        }
        assert_eq!(Owner::NONE.medium_class(&EMPTY), None);
    }
}
