//! Handles: an object in a slot that goes back to its pool with the handle.
//!
//! ```text
//!   vacant slot ──build──▶ Pooled ──drop──▶ vacant slot ──drop──▶ the pool's list
//! ```
//!
//! A slot is on its way back from the moment its object is destroyed, or was never built, whatever
//! panics in between.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;

use heapwright_new::{NewError, PinInit};

#[cfg(feature = "malloc")]
use super::ObjectPool;
use super::slot::SlotRef;
use home::Home;

/// Kept apart so that nobody else can be a home for slots.
pub(super) mod home {
    use super::SlotRef;

    /// A pool that slots are given back to.
    ///
    /// # Safety
    ///
    /// Slots and the objects in them stay where they are until the pool is dropped, which
    /// destroys what still lives in them before the memory goes back. A pool that is not `Sync`
    /// takes slots back from one thread only.
    pub unsafe trait Home<T> {
        /// Takes a slot back.
        ///
        /// # Safety
        ///
        /// The slot is of this pool, nothing lives in it, and nobody uses it any more.
        unsafe fn take_back(&self, slot: Slot<'_, T>);

        /// What the slots come from. Objects can be pinned if it is static.
        type Allocator;
    }

    /// A slot of a pool, which is nobody's business outside.
    pub struct Slot<'pool, T>(pub(in super::super) SlotRef<'pool, T>);
}

/// A handle to an object in an [`ObjectPool`] or a [`SharedPool`](super::SharedPool). Dropped, it
/// destroys the object and gives the slot back.
///
/// It is `Send` where its pool is `Sync` and the object `Send`: an object of a shared pool may be
/// destroyed by any thread. Functions are called as `Pooled::keep(handle)`, so that they hide none
/// of the object's own.
///
/// # Invariants
///
/// 1. A valid object lives in `slot`, which is of `pool`, and both are the handle's alone.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{ObjectPool, Pooled};
/// use heapwright_new::value;
///
/// let pool = ObjectPool::new();
/// let mut name: Pooled<'_, String> = pool.create(value(String::from("pooled")))?;
/// name.push_str(" here");
/// assert_eq!(*name, "pooled here");
/// drop(name);
/// assert!(pool.is_empty());
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// A handle borrows its pool:
///
/// ```compile_fail,E0505
/// use heapwright_arena::pool::ObjectPool;
/// use heapwright_new::value;
///
/// let pool = ObjectPool::new();
/// let name = pool.create(value(String::from("pooled"))).unwrap();
/// drop(pool);
/// println!("{name}");
/// ```
#[must_use = "the object is destroyed at once where nobody keeps it"]
pub struct Pooled<
    'pool,
    T,
    #[cfg(feature = "malloc")] P: Home<T> = ObjectPool<T>,
    #[cfg(not(feature = "malloc"))] P: Home<T>,
> {
    slot: SlotRef<'pool, T>,
    pool: &'pool P,
    /// Dropping a handle drops a `T`. The pool destroys it if the handle is forgotten, so what
    /// the handle writes has to be of the pool's own `T`, and of no subtype.
    object: PhantomData<Cell<T>>,
}

// SAFETY: the object goes with the handle, and the pool takes slots back from any thread.
unsafe impl<T: Send, P: Home<T> + Sync> Send for Pooled<'_, T, P> {}
// SAFETY: a shared handle lends no more than shared references to the object.
unsafe impl<T: Sync, P: Home<T> + Sync> Sync for Pooled<'_, T, P> {}

/// Moving a handle moves no object.
impl<T, P: Home<T>> Unpin for Pooled<'_, T, P> {}

/// A slot without an object that goes back to its pool.
///
/// # Invariants
///
/// 1. `slot` is of `pool`, nothing lives in it, and it is this one's alone.
struct Vacant<'pool, T, P: Home<T>> {
    slot: SlotRef<'pool, T>,
    pool: &'pool P,
}

impl<T, P: Home<T>> Drop for Vacant<'_, T, P> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: invariant 1.
        unsafe { self.pool.take_back(home::Slot(self.slot)) };
    }
}

impl<'pool, T, P: Home<T>> Pooled<'pool, T, P> {
    /// Builds an object in a slot. The slot goes back where that fails.
    ///
    /// # Safety
    ///
    /// - The slot is of this pool, nothing lives in it, and it is the caller's alone.
    /// - Unless `init` is an [`Init`](heapwright_new::Init), the pool's memory is not used for
    ///   anything else if the pool is forgotten, and the handle is pinned.
    #[inline]
    pub(super) unsafe fn build<I: PinInit<T>>(
        pool: &'pool P,
        slot: SlotRef<'pool, T>,
        init: I,
    ) -> Result<Self, NewError<I::Error>> {
        // INVARIANT: 1 is the caller's first condition.
        let vacant = Vacant { slot, pool };
        // SAFETY: nothing lives there, and nobody else uses it (first condition); for the second
        // condition the object stays there.
        unsafe { init.pin_init_at(slot.object()) }.map_err(NewError::Construct)?;
        slot.set_live(true);
        core::mem::forget(vacant);
        // INVARIANT: 1 holds, as the object was built just now.
        Ok(Self { slot, pool, object: PhantomData })
    }

    /// What is left once the object is another's.
    #[inline]
    fn into_vacant(this: &mut ManuallyDrop<Self>) -> Vacant<'pool, T, P> {
        this.slot.set_live(false);
        // INVARIANT: 1 holds, as the pool takes nothing for alive there any more.
        Vacant { slot: this.slot, pool: this.pool }
    }

    /// Takes the object out. The slot goes back to the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{ObjectPool, Pooled};
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// let name = pool.create(value(String::from("pooled")))?;
    /// let name: String = Pooled::into_inner(name);
    /// assert!(pool.is_empty());
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn into_inner(this: Self) -> T {
        let mut this = ManuallyDrop::new(this);
        let _vacant = Self::into_vacant(&mut this);
        // SAFETY: it lived, and the handle is no more (invariant 1).
        unsafe { this.slot.object().read() }
    }

    /// Leaves the object in the pool, which destroys it when it is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{ObjectPool, Pooled};
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// let name: &mut String = Pooled::keep(pool.create(value(String::from("kept")))?);
    /// name.push_str(" for good");
    /// assert_eq!(pool.len(), 1);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use = "the object is in the pool, and nobody knows where"]
    pub fn keep(this: Self) -> &'pool mut T {
        let this = ManuallyDrop::new(this);
        // SAFETY: it lives, and the handle is no more (invariant 1); the pool destroys it when
        // it is no longer borrowed.
        unsafe { &mut *this.slot.object() }
    }

    /// The address of the object, which stays where it is while the handle moves.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{ObjectPool, Pooled};
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// let name = pool.create(value(String::from("stays")))?;
    /// let place = Pooled::as_ptr(&name);
    /// let names = vec![name]; // the handle moves
    /// assert_eq!(Pooled::as_ptr(&names[0]), place);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(this: &Self) -> *const T {
        this.slot.object()
    }

    /// The same handle, to an object that stays where it is until it is destroyed.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_arena::pool::{ObjectPool, Pooled};
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// let task = pool.create(value(async { "done" }))?;
    /// let mut task = Pooled::into_pin(task); // what is polled is pinned
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert_eq!(task.as_mut().poll(&mut context), Poll::Ready("done"));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn into_pin(this: Self) -> Pin<Self>
    where
        P::Allocator: heapwright_new::StaticAllocator,
    {
        // SAFETY: the object is not moved while it is pinned, as `into_inner` and `keep` take no
        // pinned handle. If that is forgotten, the pool destroys the object before its memory is
        // used otherwise; if the pool is forgotten, its memory is never.
        unsafe { Pin::new_unchecked(this) }
    }
}

impl<T, P: Home<T>> Deref for Pooled<'_, T, P> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { &*self.slot.object() }
    }
}

impl<T, P: Home<T>> DerefMut for Pooled<'_, T, P> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { &mut *self.slot.object() }
    }
}

impl<T, P: Home<T>> Drop for Pooled<'_, T, P> {
    #[inline]
    fn drop(&mut self) {
        self.slot.set_live(false);
        // INVARIANT: 1 holds of the vacant slot once this function ends, panicking or not.
        let vacant = Vacant { slot: self.slot, pool: self.pool };
        // SAFETY: it lived, and the handle is no more (invariant 1).
        unsafe { vacant.slot.object().drop_in_place() };
    }
}

impl<T: fmt::Debug, P: Home<T>> fmt::Debug for Pooled<'_, T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T: fmt::Display, P: Home<T>> fmt::Display for Pooled<'_, T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
