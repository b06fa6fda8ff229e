//! Life: objects by their keys.

use core::ops::{Index, IndexMut};
use core::pin::Pin;
use core::ptr;

use allocator_api2::alloc::Allocator;
use heapwright_new::StaticAllocator;

use super::super::slot::SlotRef;
use super::{Key, Pool};

impl<T, A: Allocator> Pool<T, A> {
    /// The key's object, if it lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(7)?;
    /// assert_eq!(pool.get(key), Some(&7));
    /// pool.clear();
    /// assert_eq!(pool.get(key), None);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, key: Key<T>) -> Option<&T> {
        let slot = self.storage.find(key)?;
        // SAFETY: it lives, and is lent as the pool is.
        Some(unsafe { &*slot.object() })
    }

    /// The key's object, if it lives, to be changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(7)?;
    /// if let Some(number) = pool.get_mut(key) {
    ///     *number += 1;
    /// }
    /// assert_eq!(pool[key], 8);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, key: Key<T>) -> Option<&mut T>
    where
        T: Unpin,
    {
        let slot = self.storage.find(key)?;
        // SAFETY: it lives, and the pool is borrowed exclusively as long as it is lent.
        Some(unsafe { &mut *slot.object() })
    }

    /// The key's object, if it lives, to be changed where it stands.
    ///
    /// Not over an allocator whose memory goes with it: a pool that is forgotten would leave the
    /// object in memory that is used for something else.
    ///
    /// # Examples
    ///
    /// A pool of futures, each polled by its key:
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_arena::pool::Pool;
    ///
    /// async fn double(number: u32) -> u32 {
    ///     2 * number
    /// }
    ///
    /// let mut tasks = Pool::new();
    /// let key = tasks.insert(double(21))?;
    /// let task = tasks.get_pin_mut(key).unwrap();
    /// assert_eq!(task.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(42));
    /// # use core::future::Future;
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get_pin_mut(&mut self, key: Key<T>) -> Option<Pin<&mut T>>
    where
        A: StaticAllocator,
    {
        let slot = self.storage.find(key)?;
        // SAFETY: it lives, and the pool is borrowed exclusively as long as it is lent.
        let object = unsafe { &mut *slot.object() };
        // SAFETY: what is not `Unpin` is neither moved nor lent to be; its memory stays until the
        // pool destroyed it, for ever if the pool is forgotten.
        Some(unsafe { Pin::new_unchecked(object) })
    }

    /// Several objects at once, to be changed. `None` where one is gone, or a key comes twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut purses = Pool::new();
    /// let (payer, payee) = (purses.insert(10)?, purses.insert(0)?);
    /// if let Some([from, to]) = purses.get_disjoint_mut([payer, payee]) {
    ///     *from -= 3;
    ///     *to += 3;
    /// }
    /// assert_eq!((purses[payer], purses[payee]), (7, 3));
    /// assert!(purses.get_disjoint_mut([payer, payer]).is_none());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[must_use]
    pub fn get_disjoint_mut<const N: usize>(&mut self, keys: [Key<T>; N]) -> Option<[&mut T; N]>
    where
        T: Unpin,
    {
        // While they are looked for, those found pass for dead, so that none is found twice.
        let mut found = 0;
        let slots = keys.map(|key| {
            let slot = self.storage.find(key)?;
            slot.set_generation(key.generation() ^ 1);
            found += 1;
            Some(slot)
        });
        for (slot, key) in slots.iter().zip(keys) {
            if let Some(slot) = slot {
                slot.set_generation(key.generation());
            }
        }
        if found < N {
            return None;
        }
        let objects = slots.map(|slot| slot.map_or(ptr::null_mut(), SlotRef::object));
        // SAFETY: all were found, so each lives, and none is the same as another. The pool is
        // borrowed exclusively as long as they are lent.
        Some(objects.map(|object| unsafe { &mut *object }))
    }

    /// Whether the key's object lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(())?;
    /// assert!(pool.contains(key));
    /// pool.remove(key);
    /// assert!(!pool.contains(key));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn contains(&self, key: Key<T>) -> bool {
        self.storage.find(key).is_some()
    }
}

/// The key's object, where it is known to live.
///
/// # Panics
///
/// Where it does not; [`Pool::get`] tells instead.
impl<T, A: Allocator> Index<Key<T>> for Pool<T, A> {
    type Output = T;

    #[inline]
    #[track_caller]
    fn index(&self, key: Key<T>) -> &T {
        self.get(key).unwrap_or_else(|| stale(key))
    }
}

/// The key's object, where it is known to live.
///
/// # Panics
///
/// Where it does not; [`Pool::get_mut`] tells instead.
impl<T: Unpin, A: Allocator> IndexMut<Key<T>> for Pool<T, A> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, key: Key<T>) -> &mut T {
        self.get_mut(key).unwrap_or_else(|| stale(key))
    }
}

#[cold]
#[track_caller]
fn stale<T>(key: Key<T>) -> ! {
    panic!("{key:?} leads to no object")
}
