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
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::raw;
///
/// let mut counts = MaybeUninit::<[u64; 4]>::uninit();
/// // SAFETY: there is room for four, and it is this function's alone.
/// unsafe { raw::uninitialized_default_n(counts.as_mut_ptr().cast::<u64>(), 4) };
/// // SAFETY: all four were built just now.
/// assert_eq!(unsafe { counts.assume_init() }, [0; 4]);
/// ```
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
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::raw;
/// use std::rc::Rc;
///
/// let settings = Rc::new("verbose");
/// let mut workers = MaybeUninit::<[Rc<&str>; 3]>::uninit();
/// let first = workers.as_mut_ptr().cast::<Rc<&str>>();
/// // SAFETY: there is room for three, and it is this function's alone.
/// unsafe { raw::uninitialized_fill_n(first, 3, &settings) };
/// assert_eq!(Rc::strong_count(&settings), 4);
/// // SAFETY: all three were built just now.
/// drop(unsafe { workers.assume_init() });
/// ```
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
///
/// # Examples
///
/// ```
/// use heapwright_new::raw;
///
/// let words = [String::from("new"), String::from("delete")];
/// let mut list = Vec::with_capacity(words.len());
/// // SAFETY: there is room for as many behind the end of the list, and it is the list's alone.
/// unsafe { raw::uninitialized_copy(&words, list.as_mut_ptr()) };
/// // SAFETY: both were built just now.
/// unsafe { list.set_len(words.len()) };
/// assert_eq!(list, words);
/// ```
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
///
/// # Examples
///
/// ```
/// use core::mem::{ManuallyDrop, MaybeUninit};
/// use heapwright_new::raw;
///
/// let names = ManuallyDrop::new([String::from("Ada"), String::from("Grace")]);
/// let mut moved = MaybeUninit::<[String; 2]>::uninit();
/// let first = moved.as_mut_ptr().cast::<String>();
/// // SAFETY: two strings, which nobody uses or destroys there any more; there is room for two.
/// unsafe { raw::uninitialized_move_n(names.as_ptr(), 2, first) };
/// // SAFETY: both live there now.
/// assert_eq!(unsafe { moved.assume_init() }, ["Ada", "Grace"]);
/// ```
#[inline]
pub unsafe fn uninitialized_move_n<T>(from: *const T, count: usize, first: *mut T) {
    // SAFETY: the caller's conditions.
    unsafe { from.copy_to(first, count) };
}
