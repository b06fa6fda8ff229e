//! Many objects built in uninitialised memory: the counterparts of C++'s `uninitialized_*`.
//!
//! Where one fails or panics, those before it are destroyed, last to first.

use crate::init::build_elements;
use crate::{PinInit, default, value};

/// Builds `count` objects from `first` on, by the initialiser that `make` has for each index.
///
/// # Errors
///
/// The first constructor's that fails; then nothing lives there.
///
/// # Safety
///
/// As for [`construct_at`](crate::raw::construct_at), for each of the `count` places.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::raw;
///
/// let words = ["1", "2", "x"];
/// let mut numbers = [MaybeUninit::<u32>::uninit(); 3];
/// let first = numbers.as_mut_ptr().cast::<u32>();
/// // SAFETY: there is room for three, and it is this function's alone.
/// let built = unsafe { raw::uninitialized_init_n(first, 3, |i| words[i].parse::<u32>()) };
/// assert!(built.is_err());
/// ```
#[inline]
pub unsafe fn uninitialized_init_n<T, I: PinInit<T>>(
    first: *mut T,
    count: usize,
    make: impl FnMut(usize) -> I,
) -> Result<(), I::Error> {
    // SAFETY: the caller's conditions.
    unsafe { build_elements(first, count, make) }
}

/// Builds `count` objects by [`Default`]: C++'s `uninitialized_value_construct_n`. Its
/// `uninitialized_default_construct_n` leaves numbers as they are, which Rust has no use for.
///
/// # Safety
///
/// As [`uninitialized_init_n`].
#[inline]
pub unsafe fn uninitialized_default_n<T: Default>(first: *mut T, count: usize) {
    // SAFETY: the caller's conditions.
    let Ok(()) = unsafe { build_elements(first, count, |_| default()) };
}

/// Builds `count` clones of `object`: C++'s `uninitialized_fill_n`.
///
/// # Safety
///
/// As [`uninitialized_init_n`].
#[inline]
pub unsafe fn uninitialized_fill_n<T: Clone>(first: *mut T, count: usize, object: &T) {
    // SAFETY: the caller's conditions.
    let Ok(()) = unsafe { build_elements(first, count, |_| value(object.clone())) };
}

/// Builds a clone of each object of `from`: C++'s `uninitialized_copy`.
///
/// # Safety
///
/// As [`uninitialized_init_n`], for as many places as `from` has objects.
#[inline]
pub unsafe fn uninitialized_copy<T: Clone>(from: &[T], first: *mut T) {
    let mut objects = from.iter();
    // As many are asked for as there are, so `Err` is never seen.
    let clone = |_| objects.next().cloned().ok_or(());
    // SAFETY: the caller's conditions.
    let _ = unsafe { build_elements(first, from.len(), clone) };
}

/// Moves `count` objects to `first`: C++'s `uninitialized_move_n`. Nothing lives at `from`
/// afterwards, where C++ leaves objects to be destroyed.
///
/// # Safety
///
/// - `from` leads to `count` valid objects, which nobody uses or destroys there any more.
/// - As [`uninitialized_init_n`]. The two may overlap.
#[inline]
pub unsafe fn uninitialized_move_n<T>(from: *const T, count: usize, first: *mut T) {
    // SAFETY: the caller's conditions.
    unsafe { from.copy_to(first, count) };
}
