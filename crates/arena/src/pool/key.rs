//! Keys: which slot, and which of the objects that lived there one after another.
//!
//! ```text
//!   Key<T>   │ index │ generation │    8 bytes, and Option<Key<T>> too
//!                        └─ odd: the slot counts one up at each birth and each death
//! ```

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU32;

use super::directory::NONE;

/// Names one object of a [`Pool`](super::Pool) for as long as the program runs.
///
/// Once the object is gone the key is *stale*: no object ever answers to it again, whatever lives
/// in the slot since. A key says nothing of its pool. Another pool of the same type takes it for
/// one of its own, and answers with whichever object has that slot and that generation there, or
/// with none: wrong perhaps, never undefined.
///
/// Keys are ordered as pools are iterated: by slot, and the older object of a slot first.
///
/// # Invariants
///
/// 1. `generation` is odd.
/// 2. `index` is `NONE` at most.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{Key, Pool};
///
/// let mut pool = Pool::new();
/// let first = pool.insert("first")?;
/// pool.remove(first);
/// let second = pool.insert("second")?; // in the same slot
/// assert_ne!(second, first);
/// assert_eq!(pool.get(first), None);
/// assert_eq!(size_of::<Option<Key<&str>>>(), 8);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
///
/// The type of the object is part of the key's:
///
/// ```compile_fail,E0308
/// use heapwright_arena::pool::Pool;
///
/// let mut names = Pool::new();
/// let mut ages = Pool::new();
/// let name = names.insert("Ada").unwrap();
/// ages.insert(36).unwrap();
/// ages.get(name);
/// ```
pub struct Key<T> {
    index: u32,
    generation: NonZeroU32,
    object: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// Of the object that lives in a slot of this generation, or is about to where it is even.
    /// The index is a slot's.
    #[inline]
    pub(super) fn new(index: u32, generation: u32) -> Self {
        // INVARIANT: 1 holds, as 1 is among the bits; 2 as there is such a slot.
        Self { index, generation: NonZeroU32::MIN | generation, object: PhantomData }
    }

    /// The index of the slot.
    #[inline]
    pub(super) const fn index(self) -> u32 {
        self.index
    }

    /// How often objects were born and died in the slot when this one was born. Odd.
    #[inline]
    pub(super) const fn generation(self) -> u32 {
        self.generation.get()
    }

    /// The key as a number, for C, for files, for the wire.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{Key, Pool};
    ///
    /// let mut pool = Pool::new();
    /// let key = pool.insert(7)?;
    /// let handle: u64 = key.to_bits();
    /// assert_eq!(Key::from_bits(handle), Some(key));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.generation.get() as u64) << 32 | self.index as u64
    }

    /// The key that [`to_bits`](Self::to_bits) made a number of.
    ///
    /// `None` where no key is that number. Any other number is some key, perhaps a stale one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::{Key, Pool};
    ///
    /// let mut windows = Pool::new();
    /// let handle = windows.insert("terminal")?.to_bits(); // all that a program in C has
    /// let window = Key::from_bits(handle).and_then(|key| windows.get(key));
    /// assert_eq!(window, Some(&"terminal"));
    /// assert_eq!(Key::<&str>::from_bits(0), None); // nor is its null handle one
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of the number")]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        let index = bits as u32;
        match NonZeroU32::new((bits >> 32) as u32) {
            // INVARIANT: 1 and 2 are checked here.
            Some(generation) if generation.get() & 1 == 1 && index <= NONE => {
                Some(Self { index, generation, object: PhantomData })
            }
            _ => None,
        }
    }
}

// Derived, these would ask the same of `T`.

impl<T> Clone for Key<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> PartialEq for Key<T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl<T> Eq for Key<T> {}

impl<T> PartialOrd for Key<T> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Key<T> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.index, self.generation).cmp(&(other.index, other.generation))
    }
}

impl<T> Hash for Key<T> {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.to_bits().hash(hasher);
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({}v{})", self.index, self.generation)
    }
}
