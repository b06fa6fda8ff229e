//! `OwnedArray`: the array that `new[]` made.
//!
//! ```text
//!   OwnedArray<T, A>   │ first │ len │ allocator │     the length is in the handle: no cookie
//!                          ▼
//!                      │ 0 │ 1 │ … │ len - 1 │        built first to last, destroyed last to first
//! ```

mod construct;
mod convert;

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use crate::allocate::{GivesBack, array_layout};
use crate::destroy::destroy_last_to_first;

/// A handle to an array that `new[]` made. Dropped, it destroys the elements, last to first, and
/// gives their memory back. It dereferences to a slice.
///
/// A destructor that panics does not keep the others from running, nor the memory from going back.
///
/// # Invariants
///
/// 1. `first` leads to `len` valid elements, which are the handle's alone.
/// 2. Their memory came from `allocator` for the layout of the array, or that has no size.
///
/// # Examples
///
/// ```
/// use heapwright_new::OwnedArray;
///
/// fn numbers(text: &str) -> Result<OwnedArray<u32>, Box<dyn std::error::Error>> {
///     let words: Vec<&str> = text.split(' ').collect();
///     Ok(OwnedArray::<u32>::try_from_fn(words.len(), |i| words[i].parse())?)
/// }
///
/// assert_eq!(*numbers("1 2 3")?, [1, 2, 3]);
/// assert!(numbers("1 2 x").is_err()); // the first two were destroyed, and the memory went back
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OwnedArray<
    T,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    first: NonNull<T>,
    len: usize,
    allocator: A,
    /// Dropping a handle drops a `T`.
    elements: PhantomData<T>,
}

// SAFETY: the elements and the allocator are the handle's alone, and go with it.
unsafe impl<T: Send, A: Allocator + Send> Send for OwnedArray<T, A> {}
// SAFETY: a shared handle lends no more than shared references to both.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for OwnedArray<T, A> {}

/// Moving a handle moves no element.
impl<T, A: Allocator> Unpin for OwnedArray<T, A> {}
impl<T, A: Allocator> OwnedArray<T, A> {
    /// The allocator that the memory goes back to.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, OwnedArray};
    ///
    /// assert_eq!(*OwnedArray::allocator(&OwnedArray::<u8>::try_zeroed(4).unwrap()), Malloc);
    /// ```
    #[inline]
    pub const fn allocator(this: &Self) -> &A {
        &this.allocator
    }
}

impl<T, A: Allocator> Deref for OwnedArray<T, A> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_ref() }
    }
}

impl<T, A: Allocator> DerefMut for OwnedArray<T, A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_mut() }
    }
}

impl<T, A: Allocator> Drop for OwnedArray<T, A> {
    #[inline]
    fn drop(&mut self) {
        // The layout was accepted when the array was made.
        let Ok(layout) = array_layout::<T>(self.len) else { return };
        // SAFETY: invariant 2; the handle is used no more.
        let _memory = unsafe { GivesBack::new(self.first.cast(), layout, &self.allocator) };
        // SAFETY: invariant 1. Where this panics the memory goes back all the same.
        unsafe { destroy_last_to_first(self.first.as_ptr(), self.len) };
    }
}

impl<T: fmt::Debug, A: Allocator> fmt::Debug for OwnedArray<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<'a, T, A: Allocator> IntoIterator for &'a OwnedArray<T, A> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T, A: Allocator> IntoIterator for &'a mut OwnedArray<T, A> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
