//! `Isolated`: memory of a type's own.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use super::Label;
use super::slots::Plan;
use crate::StaticAllocator;
use crate::allocate::no_bytes;

/// Serves objects of type `T` from slots of their own, and refuses every other layout. So what
/// still points to a `T` that was deleted sees that one or another `T`: a mistake stays within its
/// type. It is also the pool of [`class_pool!`](crate::class_pool).
///
/// The memory of all other allocators stays out of it. But an allocator is asked for layouts and
/// not for types: who builds something else of the same layout on `Isolated<T>`, gets a slot of
/// `T`. Name it with `T` alone, as `class_pool!` does.
///
/// The slots are the label's: all values of this type share them. They come from `A` in slabs,
/// which are kept for ever. With the feature `malloc`, a child of a `fork` may go on with them,
/// whatever other threads did meanwhile; without it, only if none used them.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Isolated, Owned, OwnedArray, label};
///
/// struct Session {
///     user: u32,
/// }
/// label!(Session);
///
/// let first = Owned::try_new_in(Session { user: 1 }, Isolated::<Session>::default())?;
/// let address = Owned::as_ptr(&first);
/// drop(first);
/// // Only a `Session` can be there now.
/// assert!(Owned::try_new_in([0_u8; 64], Isolated::<Session>::default()).is_err());
/// let second = Owned::try_new_in(Session { user: 2 }, Isolated::<Session>::default())?;
/// assert_eq!(Owned::as_ptr(&second), address);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub struct Isolated<
    T: Label,
    #[cfg(feature = "malloc")] A = Malloc,
    #[cfg(not(feature = "malloc"))] A,
> {
    upstream: A,
    label: PhantomData<fn() -> T>,
}

impl<T: Label, A> Isolated<T, A> {
    /// Takes its slabs from `upstream`.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Isolated, Label, Malloc, Owned, label};
    ///
    /// struct Timer {
    ///     ticks: u32,
    /// }
    /// label!(Timer);
    ///
    /// static TIMERS: Isolated<Timer> = Isolated::new(Malloc);
    ///
    /// let timer = Owned::try_new_in(Timer { ticks: 7 }, &TIMERS)?;
    /// assert_eq!((timer.ticks, Timer::label().live_count()), (7, 1));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn new(upstream: A) -> Self {
        Self { upstream, label: PhantomData }
    }
}

impl<T: Label, A: StaticAllocator> Isolated<T, A> {
    /// The plan of all slots of the label.
    const PLAN: Option<Plan> = Plan::new(Layout::new::<T>());

    #[cold]
    fn refill(&self, plan: &Plan) -> Option<NonNull<u8>> {
        // Without the lock, so others go on meanwhile; should two refill, there is more for all.
        let slab = self.upstream.allocate(plan.slab).ok()?.cast();
        T::label().with_slots(|slots| {
            // SAFETY: the slab is of the plan's layout, and its blocks stay for ever, since the
            // upstream is a `StaticAllocator` and nobody gives it back; the label is this type's.
            unsafe { slots.add(slab, plan) };
            // SAFETY: as above.
            unsafe { slots.pop(plan) }
        })
    }
}

// SAFETY: slots are of the layout of `T`, the only one with a size that is served, and of slabs
// that stay for ever; one that is handed out is in no list until it comes back.
unsafe impl<T: Label, A: StaticAllocator> Allocator for Isolated<T, A> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        let plan = Self::PLAN.as_ref().filter(|_| layout == Layout::new::<T>());
        let plan = plan.ok_or(AllocError)?;
        let label = T::label();
        // SAFETY: the slots of a label are all of the plan of its type, which is `T`'s alone.
        let slot = label.with_slots(|slots| unsafe { slots.pop(plan) });
        let slot = slot.or_else(|| self.refill(plan)).ok_or(AllocError)?;
        label.born(1, layout.size());
        Ok(NonNull::slice_from_raw_parts(slot, layout.size()))
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        let Some(plan) = &Self::PLAN else { return };
        let label = T::label();
        // SAFETY: the caller's condition: it came from here, where `pop` made it.
        label.with_slots(|slots| unsafe { slots.push(block, plan) });
        label.died(1, layout.size());
    }
}

// SAFETY: the slabs stay for ever.
unsafe impl<T: Label, A: StaticAllocator> StaticAllocator for Isolated<T, A> {}

as_what_is_inside!(Isolated { upstream });
