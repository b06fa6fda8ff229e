//! Death: objects taken out, destroyed in place, or judged one by one.

use core::pin::Pin;

use allocator_api2::alloc::Allocator;
use heapwright_new::StaticAllocator;

use super::super::StaleKey;
use super::super::directory::Slots;
use super::super::slot::SlotRef;
use super::super::sweep::destroy_all;
use super::vacancies::Vacancies;
use super::{Key, Pool};

impl<T, A: Allocator> Pool<T, A> {
    /// Takes the key's object out, if it lives. The key is stale from now on.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(String::from("once"))?;
    /// assert_eq!(pool.remove(key), Some(String::from("once")));
    /// assert_eq!(pool.remove(key), None);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    ///
    /// What may not be moved is deleted instead:
    ///
    /// ```compile_fail,E0277
    /// use core::marker::PhantomPinned;
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(PhantomPinned).unwrap();
    /// pool.remove(key);
    /// ```
    #[inline]
    pub fn remove(&mut self, key: Key<T>) -> Option<T>
    where
        T: Unpin,
    {
        let slot = self.storage.find(key)?;
        // INVARIANT: 1 of the pool holds, as the object is the caller's from here on.
        // SAFETY: it lives there, as the key says.
        unsafe { self.vacancies.vacate(key.index(), slot) };
        // SAFETY: it lived, and no walk or key leads to it any more.
        Some(unsafe { slot.object().read() })
    }

    /// Destroys the key's object in place. The key is stale from now on.
    ///
    /// # Errors
    ///
    /// [`StaleKey`] where the object is gone.
    ///
    /// # Panics
    ///
    /// Where the destructor does; the object is gone then, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{Pool, StaleKey};
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(vec![1, 2, 3])?;
    /// assert_eq!(pool.delete(key), Ok(()));
    /// assert_eq!(pool.delete(key), Err(StaleKey));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn delete(&mut self, key: Key<T>) -> Result<(), StaleKey> {
        let slot = self.storage.find(key).ok_or(StaleKey)?;
        // INVARIANT: 1 of the pool holds, also where the destructor panics.
        // SAFETY: it lives there, as the key says.
        unsafe { self.vacancies.vacate(key.index(), slot) };
        // SAFETY: it lived, and no walk or key leads to it any more.
        unsafe { slot.object().drop_in_place() };
        Ok(())
    }

    /// Keeps the objects of which `keep` says so, and destroys the others, in the order of
    /// [`iter`](Self::iter).
    ///
    /// # Panics
    ///
    /// Where `keep` or a destructor does; the objects that were not looked at yet stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// for number in 0..10 {
    ///     pool.insert(number)?;
    /// }
    /// pool.retain(|_, number| *number % 3 == 0);
    /// assert!(pool.values().eq(&[0, 3, 6, 9]));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(Key<T>, &mut T) -> bool)
    where
        T: Unpin,
    {
        // SAFETY: lent no longer than the call, and nobody else uses it.
        self.retain_at(|key, object| keep(key, unsafe { &mut *object }));
    }

    /// As [`retain`](Self::retain), for objects that stay where they are.
    ///
    /// # Panics
    ///
    /// As [`retain`](Self::retain).
    ///
    /// # Examples
    ///
    /// Tasks are polled, and stay until they are done:
    ///
    /// ```
    /// use core::future::{self, Future};
    /// use core::task::{Context, Waker};
    /// use heapwright_arena::pool::Pool;
    ///
    /// async fn wait(forever: bool) {
    ///     if forever {
    ///         future::pending().await
    ///     }
    /// }
    ///
    /// let mut tasks = Pool::new();
    /// tasks.insert(wait(true))?;
    /// tasks.insert(wait(false))?;
    /// let mut context = Context::from_waker(Waker::noop());
    /// tasks.retain_pin(|_, task| task.poll(&mut context).is_pending());
    /// assert_eq!(tasks.len(), 1);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn retain_pin(&mut self, mut keep: impl FnMut(Key<T>, Pin<&mut T>) -> bool)
    where
        A: StaticAllocator,
    {
        self.retain_at(|key, object| {
            // SAFETY: lent no longer than the call, and nobody else uses it.
            let object = unsafe { &mut *object };
            // SAFETY: as for `get_pin_mut`.
            keep(key, unsafe { Pin::new_unchecked(object) })
        });
    }

    /// `keep` is given objects that live, each once, and is alone with it.
    fn retain_at(&mut self, mut keep: impl FnMut(Key<T>, *mut T) -> bool) {
        for (index, slot) in self.storage.used() {
            if slot.is_live() && !keep(Key::new(index, slot.generation()), slot.object()) {
                // INVARIANT: 1 of the pool holds, also where the destructor panics.
                // SAFETY: one lives there.
                unsafe { self.vacancies.vacate(index, slot) };
                // SAFETY: it lived, and no walk or key leads to it any more.
                unsafe { slot.object().drop_in_place() };
            }
        }
    }

    /// Destroys all objects, in the order of [`iter`](Self::iter). All keys are stale from now on;
    /// the memory stays for later objects.
    ///
    /// # Panics
    ///
    /// Where a destructor does, after all others ran. A second panic aborts the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert("object")?;
    /// let capacity = pool.capacity();
    /// pool.clear();
    /// assert!(pool.is_empty() && !pool.contains(key));
    /// assert_eq!(pool.capacity(), capacity);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn clear(&mut self) {
        // SAFETY: the objects in these slots are the pool's (its invariant 1).
        unsafe { clear_from(self.storage.used(), &mut self.vacancies) };
    }
}

/// Destroys what lives in the slots from here on.
///
/// # Safety
///
/// The objects in the slots are the caller's alone, and the vacancies are those of the same pool.
pub(super) unsafe fn clear_from<T>(slots: Slots<'_, T>, vacancies: &mut Vacancies) {
    // INVARIANT: 1 of the pool holds at each step, as each slot is vacated before its object is
    // destroyed.
    let bury = |index, slot: SlotRef<'_, T>| {
        // SAFETY: one lives there, as it is about to be destroyed.
        unsafe { vacancies.vacate(index, slot) };
    };
    // SAFETY: the caller's condition; what is vacated is used by nobody.
    unsafe { destroy_all(slots, bury) };
}
