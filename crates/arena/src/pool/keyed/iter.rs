//! All objects, one after another: slot by slot, and the free ones left out.
//!
//! The order is that of the slots, which is that of [`Key`]s, and not that of birth: a slot that
//! was freed is used again before any behind it that never was. Two walks over a pool that did not
//! change meanwhile see the same order.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::pin::Pin;

use allocator_api2::alloc::Allocator;
use heapwright_new::StaticAllocator;

use super::super::directory::Slots;
use super::{Key, Pool};

/// The objects that live in the slots from here on, and how many those are.
struct Live<'pool, T> {
    slots: Slots<'pool, T>,
    left: usize,
}

impl<T> Clone for Live<'_, T> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), left: self.left }
    }
}

impl<T> Iterator for Live<'_, T> {
    type Item = (Key<T>, *mut T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        loop {
            let (index, slot) = self.slots.next()?;
            let generation = slot.generation();
            if generation & 1 == 1 {
                self.left -= 1;
                return Some((Key::new(index, generation), slot.object()));
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// An iterator over a pool that is borrowed in a certain way.
macro_rules! iterator {
    (
        $(#[$attribute:meta])*
        $name:ident<$pool:lifetime, T>($borrow:ty) -> $item:ty;
        Send where T: $send:ident;
        $map:expr
    ) => {
        $(#[$attribute])*
        #[must_use = "an iterator does nothing until it is asked"]
        pub struct $name<$pool, T> {
            live: Live<$pool, T>,
            borrow: PhantomData<$borrow>,
        }

        // SAFETY: it is no more than that borrow of the pool.
        unsafe impl<T: $send> Send for $name<'_, T> {}
        // SAFETY: a shared one lends no more than shared references.
        unsafe impl<T: Sync> Sync for $name<'_, T> {}

        impl<$pool, T> Iterator for $name<$pool, T> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.live.next().map($map)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.live.size_hint()
            }
        }

        impl<T> ExactSizeIterator for $name<'_, T> {}
        impl<T> FusedIterator for $name<'_, T> {}

        impl<T> fmt::Debug for $name<'_, T> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = stringify!($name);
                formatter.debug_struct(name).field("left", &self.live.left).finish_non_exhaustive()
            }
        }
    };
}

iterator! {
    /// The objects of a pool with their keys. Made by [`Pool::iter`].
    Iter<'pool, T>(&'pool T) -> (Key<T>, &'pool T);
    Send where T: Sync;
    // SAFETY: it lives, and is lent as the pool is.
    |(key, object)| (key, unsafe { &*object })
}

iterator! {
    /// The objects of a pool with their keys, to be changed. Made by [`Pool::iter_mut`].
    IterMut<'pool, T>(&'pool mut T) -> (Key<T>, &'pool mut T);
    Send where T: Send;
    // SAFETY: it lives, each comes once, and the pool is borrowed exclusively meanwhile.
    |(key, object)| (key, unsafe { &mut *object })
}

iterator! {
    /// The objects of a pool with their keys, to be changed where they stand. Made by
    /// [`Pool::iter_pin_mut`].
    IterPinMut<'pool, T>(&'pool mut T) -> (Key<T>, Pin<&'pool mut T>);
    Send where T: Send;
    |(key, object)| {
        // SAFETY: it lives, each comes once, and the pool is borrowed exclusively meanwhile.
        let object = unsafe { &mut *object };
        // SAFETY: as for `get_pin_mut`, which has the same condition.
        (key, unsafe { Pin::new_unchecked(object) })
    }
}

iterator! {
    /// The keys of a pool. Made by [`Pool::keys`].
    Keys<'pool, T>(&'pool T) -> Key<T>;
    Send where T: Sync;
    |(key, _)| key
}

iterator! {
    /// The objects of a pool. Made by [`Pool::values`].
    Values<'pool, T>(&'pool T) -> &'pool T;
    Send where T: Sync;
    // SAFETY: it lives, and is lent as the pool is.
    |(_, object)| unsafe { &*object }
}

iterator! {
    /// The objects of a pool, to be changed. Made by [`Pool::values_mut`].
    ValuesMut<'pool, T>(&'pool mut T) -> &'pool mut T;
    Send where T: Send;
    // SAFETY: it lives, each comes once, and the pool is borrowed exclusively meanwhile.
    |(_, object)| unsafe { &mut *object }
}

/// As shared borrows are.
macro_rules! clone {
    ($($name:ident),+) => { $(
        impl<T> Clone for $name<'_, T> {
            fn clone(&self) -> Self {
                Self { live: self.live.clone(), borrow: PhantomData }
            }
        }
    )+ };
}

clone!(Iter, Keys, Values);

impl<T, A: Allocator> Pool<T, A> {
    /// The objects with their keys, in the order of the keys: slot by slot.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let (a, b, c) = (pool.insert('a')?, pool.insert('b')?, pool.insert('c')?);
    /// pool.delete(b).unwrap();
    /// assert!(pool.iter().eq([(a, &'a'), (c, &'c')]));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { live: self.live(), borrow: PhantomData }
    }

    /// The objects with their keys, to be changed, in the order of [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut ages = Pool::new();
    /// let ada = ages.insert(36)?;
    /// for (_, age) in &mut ages {
    ///     *age += 1;
    /// }
    /// assert_eq!(ages[ada], 37);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn iter_mut(&mut self) -> IterMut<'_, T>
    where
        T: Unpin,
    {
        IterMut { live: self.live(), borrow: PhantomData }
    }

    /// The objects with their keys, to be changed where they stand, in the order of
    /// [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::future::Future;
    /// use core::task::{Context, Waker};
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut tasks = Pool::new();
    /// for number in 0..3 {
    ///     tasks.insert(async move { assert!(number < 3) })?;
    /// }
    /// for (_, task) in tasks.iter_pin_mut() {
    ///     assert!(task.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// }
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn iter_pin_mut(&mut self) -> IterPinMut<'_, T>
    where
        A: StaticAllocator,
    {
        IterPinMut { live: self.live(), borrow: PhantomData }
    }

    /// The keys of all objects, in their order.
    ///
    /// # Examples
    ///
    /// To look at all pairs of objects while the pool changes:
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut weights = Pool::new();
    /// for weight in [1, 2, 4] {
    ///     weights.insert(weight)?;
    /// }
    /// let keys: Vec<_> = weights.keys().collect();
    /// for pair in keys.windows(2) {
    ///     weights[pair[1]] += weights[pair[0]];
    /// }
    /// assert!(weights.values().eq(&[1, 3, 7]));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn keys(&self) -> Keys<'_, T> {
        Keys { live: self.live(), borrow: PhantomData }
    }

    /// The objects, in the order of [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut weights = Pool::new();
    /// weights.insert(3)?;
    /// weights.insert(4)?;
    /// assert_eq!(weights.values().sum::<u32>(), 7);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn values(&self) -> Values<'_, T> {
        Values { live: self.live(), borrow: PhantomData }
    }

    /// The objects, to be changed, in the order of [`iter`](Self::iter).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut ages = Pool::new();
    /// let key = ages.insert(41)?;
    /// for age in ages.values_mut() {
    ///     *age += 1;
    /// }
    /// assert_eq!(ages[key], 42);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn values_mut(&mut self) -> ValuesMut<'_, T>
    where
        T: Unpin,
    {
        ValuesMut { live: self.live(), borrow: PhantomData }
    }

    #[inline]
    fn live(&self) -> Live<'_, T> {
        Live { slots: self.storage.used(), left: self.vacancies.live() }
    }
}

impl<'pool, T, A: Allocator> IntoIterator for &'pool Pool<T, A> {
    type Item = (Key<T>, &'pool T);
    type IntoIter = Iter<'pool, T>;

    #[inline]
    fn into_iter(self) -> Iter<'pool, T> {
        self.iter()
    }
}

impl<'pool, T: Unpin, A: Allocator> IntoIterator for &'pool mut Pool<T, A> {
    type Item = (Key<T>, &'pool mut T);
    type IntoIter = IterMut<'pool, T>;

    #[inline]
    fn into_iter(self) -> IterMut<'pool, T> {
        self.iter_mut()
    }
}
