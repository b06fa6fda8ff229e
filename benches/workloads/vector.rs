//! A growing array over `realloc`, as C programs keep their tables and strings.
//!
//! By how much it grows is the type's second parameter, because that decides what an allocator
//! can do in place.

use core::{
    hint::black_box,
    ops::{Deref, DerefMut},
    ptr::{self, NonNull},
    slice,
};

use crate::{block::out_of_memory, held::Held};

/// A type whose zero bytes are a value, so that `calloc` makes it.
///
/// # Safety
///
/// A value of zero bytes is valid.
pub(crate) unsafe trait Zero {}
// SAFETY: an integer.
unsafe impl Zero for u8 {}
// SAFETY: an integer.
unsafe impl Zero for u64 {}
// SAFETY: `Held` is transparent over `NonNull`, whose zero is `None` by the language's promise.
unsafe impl<T> Zero for Option<Held<T>> {}

/// An array that grows by `realloc`, to `GROWTH_PERCENT` of its capacity each time.
#[derive(Debug)]
pub(crate) struct Vector<T, const GROWTH_PERCENT: usize = 200> {
    start: NonNull<T>,
    len: usize,
    capacity: usize,
}

// SAFETY: the values are owned alone, and `free` may be called by any thread.
unsafe impl<T: Send, const GROWTH_PERCENT: usize> Send for Vector<T, GROWTH_PERCENT> {}

impl<T, const GROWTH_PERCENT: usize> Vector<T, GROWTH_PERCENT> {
    const FITS: () = assert!(align_of::<T>() <= 16, "malloc aligns to 16");
    const GROWS: () = assert!(GROWTH_PERCENT > 100, "it must grow");
    const FIRST: usize = 4;

    /// An empty one, without memory.
    pub(crate) const fn new() -> Self {
        let () = Self::FITS;
        let () = Self::GROWS;
        Self { start: NonNull::dangling(), len: 0, capacity: 0 }
    }

    /// An empty one with room for exactly so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut vector = Self::new();
        vector.grow_to(capacity);
        vector
    }

    /// So many zeros, from `calloc`.
    pub(crate) fn zeroed(len: usize) -> Self
    where
        T: Zero,
    {
        let () = Self::FITS;
        // SAFETY: `calloc` takes any sizes.
        let start = unsafe { libc::calloc(len, size_of::<T>()) };
        let Some(start) = NonNull::new(black_box(start).cast::<T>()) else {
            out_of_memory(len * size_of::<T>());
        };
        Self { start, len, capacity: len }
    }

    /// Adds one at the end.
    pub(crate) fn push(&mut self, value: T) {
        if self.len == self.capacity {
            self.grow_to((self.capacity * GROWTH_PERCENT / 100).max(self.capacity + Self::FIRST));
        }
        // SAFETY: `len` is below the capacity.
        let place = unsafe { self.start.add(self.len) };
        // SAFETY: the place lies in our memory and holds no value yet.
        unsafe { place.write(value) }
        self.len += 1;
    }

    /// Takes the last one.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the old length was above `len`.
        let place = unsafe { self.start.add(self.len) };
        // SAFETY: the value is initialised, and the length no longer covers it.
        Some(unsafe { place.read() })
    }

    /// Takes the one at `index`, and puts the last one in its place.
    pub(crate) fn swap_remove(&mut self, index: usize) -> T {
        let last = self.len - 1;
        self.swap(index, last);
        self.pop().expect("there is one at `index`")
    }

    /// Gives the memory behind the values back.
    pub(crate) fn shrink_to_fit(&mut self) {
        if self.len > 0 && self.len < self.capacity {
            self.grow_to(self.len);
        }
    }

    /// How many fit before it has to grow.
    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    #[cold]
    fn grow_to(&mut self, capacity: usize) {
        let bytes = capacity * size_of::<T>();
        let old = if self.capacity == 0 { ptr::null_mut() } else { self.start.as_ptr() };
        // SAFETY: `old` is null or our live block, and not used again.
        let start = unsafe { libc::realloc(old.cast(), bytes) };
        let Some(start) = NonNull::new(black_box(start).cast::<T>()) else {
            out_of_memory(bytes);
        };
        (self.start, self.capacity) = (start, capacity);
    }
}

impl<T: Copy, const GROWTH_PERCENT: usize> Vector<T, GROWTH_PERCENT> {
    /// Adds all of `values` at the end.
    pub(crate) fn extend_from_slice(&mut self, values: &[T]) {
        let needed = self.len + values.len();
        if needed > self.capacity {
            self.grow_to(needed.max(self.capacity * GROWTH_PERCENT / 100));
        }
        // SAFETY: `len` is at most the capacity.
        let place = unsafe { self.start.add(self.len) };
        // SAFETY: there is room for all of them; borrowed values lie outside our spare memory.
        unsafe { place.as_ptr().copy_from_nonoverlapping(values.as_ptr(), values.len()) }
        self.len = needed;
    }
}

impl<T, const GROWTH_PERCENT: usize> Deref for Vector<T, GROWTH_PERCENT> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the first `len` values are initialised and owned by `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T, const GROWTH_PERCENT: usize> DerefMut for Vector<T, GROWTH_PERCENT> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: the first `len` values are initialised and owned by `self`, borrowed alone.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T, const GROWTH_PERCENT: usize> Drop for Vector<T, GROWTH_PERCENT> {
    fn drop(&mut self) {
        if self.capacity == 0 {
            return;
        }
        // SAFETY: the values are initialised and not used again.
        unsafe { ptr::drop_in_place(&raw mut **self) }
        // SAFETY: the memory is ours and not used again.
        unsafe { libc::free(self.start.as_ptr().cast()) }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn values_stay_in_order_while_it_grows_and_are_dropped_with_it() {
        let shared = Rc::new(());
        let mut vector = Vector::<_, 125>::new();
        (0..100).for_each(|index| vector.push((index, Rc::clone(&shared))));
        assert!((100..125).contains(&vector.capacity()), "{}", vector.capacity());
        assert!(vector.iter().map(|value| value.0).eq(0..100));
        assert_eq!(vector.swap_remove(10).0, 10);
        assert_eq!((vector[10].0, vector.len()), (99, 99));
        vector.shrink_to_fit();
        assert_eq!(vector.capacity(), 99);
        drop(vector);
        assert_eq!(Rc::strong_count(&shared), 1);
    }

    #[test]
    fn bytes_are_appended_and_zeros_are_zero() {
        let mut vector: Vector<u8> = Vector::zeroed(3);
        vector.extend_from_slice(b"abc");
        assert_eq!(&*vector, b"\0\0\0abc");
        let empty: Vector<Option<Held<u64>>> = Vector::zeroed(5);
        assert!(empty.iter().all(Option::is_none));
    }
}
