//! Birth: a free slot, an object built in it, a key.

use core::convert::Infallible;

use allocator_api2::alloc::Allocator;
use heapwright_new::{BadAlloc, Init, NewError, PinInit, StaticAllocator, value};

use super::{Key, Pool};

impl<T, A: Allocator> Pool<T, A> {
    /// Inserts an object.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory, or no slot left; the object is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(String::from("object"))?;
    /// assert_eq!(pool[key], "object");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn insert(&mut self, object: T) -> Result<Key<T>, BadAlloc> {
        self.insert_with(value(object)).map_err(NewError::<Infallible>::into_bad_alloc)
    }

    /// Inserts an object that is built in its slot.
    ///
    /// # Errors
    ///
    /// [`NewError::Alloc`] where there is no memory, or no slot left;
    /// [`NewError::Construct`] where the constructor fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    /// use heapwright_new::zeroed;
    ///
    /// let mut pool = Pool::<[u8; 1 << 20]>::new();
    /// let key = pool.insert_with(zeroed())?; // never on the stack
    /// assert_eq!(pool[key][4711], 0);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn insert_with<I: Init<T>>(&mut self, init: I) -> Result<Key<T>, NewError<I::Error>> {
        self.insert_with_key(|_| init)
    }

    /// Inserts an object that knows its own key.
    ///
    /// Where the constructor fails, the next object to have the slot has that key.
    ///
    /// # Errors
    ///
    /// As [`insert_with`](Self::insert_with).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{Key, Pool};
    /// use heapwright_new::value;
    ///
    /// struct Node {
    ///     next: Key<Node>,
    /// }
    ///
    /// let mut ring = Pool::new();
    /// let only = ring.insert_with_key(|only| value(Node { next: only }))?;
    /// assert_eq!(ring[only].next, only);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn insert_with_key<I: Init<T>>(
        &mut self,
        make: impl FnOnce(Key<T>) -> I,
    ) -> Result<Key<T>, NewError<I::Error>> {
        // SAFETY: what is an `Init` may be moved.
        unsafe { self.build(make) }
    }

    /// Inserts an object that may know its own address.
    ///
    /// # Errors
    ///
    /// As [`insert_with`](Self::insert_with).
    ///
    /// # Examples
    ///
    /// A node that refers to itself, and is found by [`get_pin_mut`](Self::get_pin_mut):
    ///
    /// ```
    /// use core::cell::Cell;
    /// use core::marker::PhantomPinned;
    /// use core::ptr;
    /// use heapwright_arena::pool::Pool;
    /// use heapwright_new::{PinInit, value};
    ///
    /// struct Ring {
    ///     next: Cell<*const Ring>,
    ///     pinned: PhantomPinned,
    /// }
    ///
    /// let ring = Ring { next: Cell::new(ptr::null()), pinned: PhantomPinned };
    /// let mut pool = Pool::new();
    /// let key = pool.insert_pin(value(ring).then_pin(|ring| {
    ///     ring.next.set(&raw const *ring);
    ///     Ok(())
    /// }))?;
    /// let ring = pool.get_pin_mut(key).unwrap();
    /// assert!(ptr::eq(ring.next.get(), &raw const *ring));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn insert_pin<I: PinInit<T>>(&mut self, init: I) -> Result<Key<T>, NewError<I::Error>>
    where
        A: StaticAllocator,
    {
        // SAFETY: the memory stays until the pool destroys what is in it, for ever if it is
        // forgotten. What is not `Unpin` is neither moved nor lent to be.
        unsafe { self.build(|_| init) }
    }

    /// # Safety
    ///
    /// Unless what `make` returns is an [`Init`], memory of `A` is never used again before it is
    /// given back.
    #[inline]
    unsafe fn build<I: PinInit<T>>(
        &mut self,
        make: impl FnOnce(Key<T>) -> I,
    ) -> Result<Key<T>, NewError<I::Error>> {
        let Some(index) = self.vacancies.first() else {
            // SAFETY: the caller's condition.
            return unsafe { self.build_fresh(make) };
        };
        // SAFETY: a free slot was used before (invariant 2 of the vacancies).
        let slot = unsafe { self.storage.slot(index) };
        let key = Key::new(index, slot.generation());
        // SAFETY: nothing lives in a free slot, which is the pool's alone; the object stays there
        // until it is destroyed, or is an `Init`'s (the caller's condition).
        unsafe { make(key).pin_init_at(slot.object()) }.map_err(NewError::Construct)?;
        // INVARIANT: 1 holds, as the object was built just now.
        // SAFETY: the first free slot, from above.
        unsafe { self.vacancies.occupy_first(slot, key.generation()) };
        Ok(key)
    }

    /// As [`build`](Self::build), in a slot that was never used.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    unsafe fn build_fresh<I: PinInit<T>>(
        &mut self,
        make: impl FnOnce(Key<T>) -> I,
    ) -> Result<Key<T>, NewError<I::Error>> {
        let (index, object) = loop {
            match self.storage.fresh() {
                Some(fresh) => break fresh,
                // SAFETY: the pool has one allocator.
                None => self.storage.find_fresh(|capacity, allocator| unsafe {
                    self.vacancies.reserve(capacity, allocator)
                })?,
            }
        };
        let key = Key::new(index, 0);
        // SAFETY: as in `build`; of a slot that was never used nobody knows.
        unsafe { make(key).pin_init_at(object.as_ptr()) }.map_err(NewError::Construct)?;
        // SAFETY: the slot from above.
        unsafe { self.storage.occupy_fresh(index, object, key.generation()) };
        // INVARIANT: 1 holds, as the object was built just now.
        // SAFETY: there is room, from above.
        unsafe { self.vacancies.occupy_fresh() };
        Ok(key)
    }
}
