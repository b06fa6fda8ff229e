//! Destruction, last to first, whatever happens on the way.
//!
//! ```text
//!   built:   0   1   2   3 │ not built
//!                        ◀─┘ destroyed in this order; where one panics, the others still are
//! ```
//!
//! A first panic goes on after all were destroyed; a second one on the way aborts the process, as
//! in Rust's own slices.

use core::cell::Cell;
use core::ptr;

/// The elements of an array that are built. Dropped, it destroys them, last to first.
///
/// # Invariants
///
/// 1. The `count` elements from `first` on are valid, and nobody else's to destroy.
pub(crate) struct Built<T> {
    first: *mut T,
    count: usize,
}

impl<T> Built<T> {
    /// None yet, of an array that begins at `first`.
    pub(crate) const fn new(first: *mut T) -> Self {
        // INVARIANT: 1 holds of no elements.
        Self { first, count: 0 }
    }

    /// The place of the element that is to be built next.
    ///
    /// # Safety
    ///
    /// The array has room for one more element.
    #[inline]
    pub(crate) const unsafe fn next(&self) -> *mut T {
        // SAFETY: inside the array or at its end (the caller's condition).
        unsafe { self.first.add(self.count) }
    }

    /// Counts one more.
    ///
    /// # Safety
    ///
    /// The element at [`next`](Self::next) is valid, and the guard's from now on.
    #[inline]
    pub(crate) const unsafe fn push(&mut self) {
        // INVARIANT: 1 holds by the caller's condition.
        self.count += 1;
    }

    /// The number of elements that are built.
    #[inline]
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Leaves the elements to somebody else.
    #[inline]
    pub(crate) const fn release(self) {
        core::mem::forget(self);
    }

    fn destroy_all(&mut self) {
        while self.count > 0 {
            // INVARIANT: 1 holds of the others, also where this destructor panics.
            self.count -= 1;
            // SAFETY: inside the array, as it was built.
            let last = unsafe { self.first.add(self.count) };
            // SAFETY: valid and the guard's (invariant 1), which counts it no more.
            unsafe { last.drop_in_place() };
        }
    }
}

impl<T> Drop for Built<T> {
    #[inline]
    fn drop(&mut self) {
        if self.count == 0 || !core::mem::needs_drop::<T>() {
            return;
        }
        // Where a destructor panics below, this one goes on while the panic unwinds.
        let mut rest = Self { first: self.first, count: core::mem::take(&mut self.count) };
        rest.destroy_all();
    }
}

/// Destroys `count` elements from `first` on, last to first.
///
/// # Safety
///
/// They are valid, and nobody uses them afterwards.
#[inline]
pub(crate) unsafe fn destroy_last_to_first<T>(first: *mut T, count: usize) {
    // INVARIANT: 1 is the caller's condition.
    drop(Built { first, count });
}

/// One object that is destroyed where what it is part of does not come to be.
///
/// All fields of an object share one `armed`, which is cleared when the last one is built.
#[derive(Debug)]
pub struct FieldGuard<'armed, T: ?Sized> {
    field: *mut T,
    armed: &'armed Cell<bool>,
}

impl<'armed, T: ?Sized> FieldGuard<'armed, T> {
    /// Guards `field` as long as `armed` holds true.
    ///
    /// # Safety
    ///
    /// `field` is valid, and nobody else destroys it while `armed` holds true.
    #[inline]
    pub const unsafe fn new(field: *mut T, armed: &'armed Cell<bool>) -> Self {
        Self { field, armed }
    }
}

impl<T: ?Sized> Drop for FieldGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.armed.get() {
            // SAFETY: valid and ours to destroy (the condition of `new`).
            unsafe { ptr::drop_in_place(self.field) };
        }
    }
}
