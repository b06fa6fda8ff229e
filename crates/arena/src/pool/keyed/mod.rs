//! `Pool`: objects of one type behind keys that grow stale.

mod access;
mod drain;
mod insert;
mod iter;
mod remove;
mod storage;
#[cfg(test)]
mod tests;
mod vacancies;

pub use drain::Drain;
pub use iter::{Iter, IterMut, IterPinMut, Keys, Values, ValuesMut};

use core::fmt;
use core::marker::PhantomData;

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;
use heapwright_new::BadAlloc;

use super::Key;
use super::sweep::destroy_all;
use storage::Storage;
use vacancies::Vacancies;

/// Objects of one type, each in a slot of its own, where it stays until it ends.
///
/// To [insert](Self::insert) an object gives a [`Key`], which is 8 bytes, may be copied and kept
/// anywhere, and is answered with `None` once the object is gone. A slot is used again by later
/// objects, of the same type.
///
/// Nothing here moves an object but what gives it away: growth takes more memory, and copies none
/// of them. Where `T` is not [`Unpin`], the methods that would give it away or lend it as `&mut T`
/// are not there. Over a [`StaticAllocator`](heapwright_new::StaticAllocator) such objects are
/// pinned: [`insert_pin`](Self::insert_pin) builds one that may know its own address, and
/// [`get_pin_mut`](Self::get_pin_mut) lends it.
///
/// # Guarantees
///
/// - An object that ends is destroyed in place, also where the destructor of another panics.
/// - Where a constructor fails or panics, the pool is as before. Where a destructor panics, its
///   object is gone and the pool is whole.
/// - A slot holds objects of type `T` only, and its memory goes back to the allocator when the pool
///   is dropped, and not before. A pool that is forgotten leaks both.
///
/// # Invariants
///
/// 1. An object lives in the slots that were used and whose generation is odd, and is the pool's;
///    `vacancies.live()` counts them.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{Key, Pool};
///
/// struct Body {
///     mass: u32,
///     around: Option<Key<Body>>,
/// }
///
/// let mut bodies = Pool::new();
/// let sun = bodies.insert(Body { mass: 333_000, around: None })?;
/// let earth = bodies.insert(Body { mass: 1, around: Some(sun) })?;
/// let mass_around = |bodies: &Pool<Body>, body| {
///     let center = bodies.get(bodies.get(body)?.around?)?;
///     Some(center.mass)
/// };
/// assert_eq!(mass_around(&bodies, earth), Some(333_000));
/// bodies.remove(sun);
/// assert_eq!(mass_around(&bodies, earth), None); // the key is stale, and known to be
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub struct Pool<
    T,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    storage: Storage<T, A>,
    vacancies: Vacancies,
    /// Dropping a pool drops `T`s.
    objects: PhantomData<T>,
}

/// Moving a pool moves no object.
impl<T, A: Allocator> Unpin for Pool<T, A> {}

#[cfg(feature = "malloc")]
impl<T> Pool<T> {
    /// A pool without objects, which takes no memory yet.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::new_in(Malloc)
    }

    /// A pool with room for that many objects.
    ///
    /// Memory that no slot was taken from is not touched, so a capacity that is never used up costs
    /// addresses only, where the system gives memory at its first use. As long as it suffices all
    /// slots are in one chunk, where an object is found quicker than in one of several.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let pool = Pool::<[u64; 4]>::with_capacity(1000)?;
    /// assert!(pool.capacity() >= 1000);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn with_capacity(capacity: usize) -> Result<Self, BadAlloc> {
        Self::with_capacity_in(capacity, Malloc)
    }
}

impl<T, A: Allocator> Pool<T, A> {
    /// A pool without objects, which takes its memory from `allocator`, and none yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use allocator_api2::alloc::Global;
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new_in(Global);
    /// pool.insert(7)?;
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new_in(allocator: A) -> Self {
        // INVARIANT: 1 holds of none.
        Self { storage: Storage::new(allocator), vacancies: Vacancies::NONE, objects: PhantomData }
    }

    /// A pool with room for that many objects in memory of `allocator`.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    ///
    /// # Examples
    ///
    /// ```
    /// use allocator_api2::alloc::Global;
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::with_capacity_in(1, Global)?;
    /// let capacity = pool.capacity();
    /// pool.insert('a')?;
    /// assert_eq!(pool.capacity(), capacity); // there was room
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn with_capacity_in(capacity: usize, allocator: A) -> Result<Self, BadAlloc> {
        let mut pool = Self::new_in(allocator);
        pool.reserve(capacity)?;
        Ok(pool)
    }

    /// Sees to it that `additional` more objects can be inserted without asking the allocator.
    ///
    /// Where the pool has no memory yet, it takes one block for them, and one of 4 bytes each for
    /// the indices of those that come free.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory, or where they would be more than a pool has slots,
    /// which is some 400 million at least. The pool is as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::<u64>::new();
    /// pool.reserve(100)?;
    /// assert!(pool.capacity() >= 100);
    /// assert!(pool.reserve(usize::MAX).is_err());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn reserve(&mut self, additional: usize) -> Result<(), BadAlloc> {
        if additional <= self.capacity() - self.len() {
            return Ok(());
        }
        let used = self.len() + self.vacancies.worn_out();
        let slots = additional.saturating_add(used);
        // SAFETY: the pool has one allocator.
        self.storage.reserve_with(slots, |capacity, allocator| unsafe {
            self.vacancies.reserve(capacity, allocator)
        })
    }

    /// The number of objects.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// pool.insert('a')?;
    /// pool.insert('b')?;
    /// assert_eq!(pool.len(), 2);
    /// assert!(!pool.is_empty());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.vacancies.live()
    }

    /// Whether there is no object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert('a')?;
    /// assert!(!pool.is_empty());
    /// pool.remove(key);
    /// assert!(pool.is_empty());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.vacancies.live() == 0
    }

    /// How many objects there can be before the pool asks the allocator for more memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// assert_eq!(pool.capacity(), 0);
    /// pool.insert('a')?;
    /// assert!(pool.capacity() > 1); // it takes more than it is asked for
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.capacity().min(self.vacancies.room()) - self.vacancies.worn_out()
    }

    /// The allocator that the memory comes from.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    /// use heapwright_new::polymorphic::NullAllocator;
    ///
    /// let pool = Pool::<u32, _>::new_in(NullAllocator);
    /// let same = Pool::<String, _>::new_in(*pool.allocator());
    /// assert_eq!(same.capacity(), 0);
    /// ```
    #[inline]
    #[must_use]
    pub const fn allocator(&self) -> &A {
        self.storage.allocator()
    }
}

impl<T, A: Allocator> Drop for Pool<T, A> {
    fn drop(&mut self) {
        let has_objects = self.vacancies.live() > 0;
        // It gives itself back, also where a destructor panics.
        // SAFETY: the pool has one allocator, and no slot becomes free any more.
        let _stack = unsafe { self.vacancies.take_stack(self.storage.allocator()) };
        if core::mem::needs_drop::<T>() && has_objects {
            // SAFETY: the objects are the pool's (invariant 1), which is no more.
            unsafe { destroy_all(self.storage.used(), |_, _| ()) };
        }
    }
}

impl<T, A: Allocator + Default> Default for Pool<T, A> {
    fn default() -> Self {
        Self::new_in(A::default())
    }
}

impl<T: fmt::Debug, A: Allocator> fmt::Debug for Pool<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self).finish()
    }
}
