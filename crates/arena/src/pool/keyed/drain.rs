//! All objects taken out, one after another.

use core::fmt;
use core::iter::FusedIterator;

use allocator_api2::alloc::Allocator;

use super::super::directory::Slots;
use super::remove::clear_from;
use super::vacancies::Vacancies;
use super::{Key, Pool};

impl<T: Unpin, A: Allocator> Pool<T, A> {
    /// Takes all objects out, in the order of [`iter`](Self::iter).
    ///
    /// What is not asked for is destroyed when the iterator is dropped. Where it is forgotten, it
    /// stays in the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::Pool;
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert("first")?;
    /// pool.insert("second")?;
    /// assert_eq!(pool.drain().next(), Some((key, "first")));
    /// assert!(pool.is_empty());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn drain(&mut self) -> Drain<'_, T> {
        Drain { slots: self.storage.used(), vacancies: &mut self.vacancies }
    }
}

/// The objects of a pool, taken out in the order of their slots. Made by [`Pool::drain`].
///
/// # Invariants
///
/// 1. `vacancies` are those of the pool of `slots`, which is borrowed exclusively.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{Drain, Pool};
///
/// fn first(jobs: Drain<'_, String>, count: usize) -> String {
///     jobs.take(count).map(|(_, job)| job).collect()
/// }
///
/// let mut jobs = Pool::new();
/// for name in ["a", "b", "c"] {
///     jobs.insert(String::from(name))?;
/// }
/// assert_eq!(first(jobs.drain(), 2), "ab");
/// assert!(jobs.is_empty()); // the third was destroyed
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[must_use = "what is not asked for is destroyed"]
pub struct Drain<'pool, T> {
    slots: Slots<'pool, T>,
    vacancies: &'pool mut Vacancies,
}

// SAFETY: the objects go with it, and nobody else has the slots (invariant 1).
unsafe impl<T: Send> Send for Drain<'_, T> {}
// SAFETY: a shared one lends nothing of the pool.
unsafe impl<T> Sync for Drain<'_, T> {}

impl<T> Iterator for Drain<'_, T> {
    type Item = (Key<T>, T);

    fn next(&mut self) -> Option<Self::Item> {
        let (index, slot) = self.slots.find(|(_, slot)| slot.is_live())?;
        let key = Key::new(index, slot.generation());
        // INVARIANT: 1 of the pool holds, as the object is the caller's from here on.
        // SAFETY: one lives there.
        unsafe { self.vacancies.vacate(index, slot) };
        // SAFETY: it lived, and no walk or key leads to it any more.
        Some((key, unsafe { slot.object().read() }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.vacancies.live();
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Drain<'_, T> {}
impl<T> FusedIterator for Drain<'_, T> {}

impl<T> Drop for Drain<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the pool is borrowed exclusively (invariant 1), so its objects are this one's.
        unsafe { clear_from(self.slots.clone(), self.vacancies) };
    }
}

impl<T> fmt::Debug for Drain<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Drain")
            .field("left", &self.vacancies.live())
            .finish_non_exhaustive()
    }
}
