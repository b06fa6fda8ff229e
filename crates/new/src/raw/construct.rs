//! Construction and destruction at an address: `construct_at`, `destroy_at`, `destroy_n`.

use core::ptr::NonNull;

use crate::PinInit;
use crate::destroy::destroy_last_to_first;
use crate::raw::PlacementPtr;

/// Builds an object at `place`: C++'s `new (place) T(…)` and `std::construct_at`.
///
/// # Errors
///
/// The constructor's; then nothing lives at `place`.
///
/// # Safety
///
/// - `place` is valid for writes of a `T`, aligned, not null, and nobody else's as long as the
///   object lives. What it holds is overwritten and not destroyed.
/// - Where the initialiser is no [`Init`](crate::Init), the object is not moved, and its memory is
///   not used for anything else before it is destroyed.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::{raw, value};
///
/// let mut place = MaybeUninit::<String>::uninit();
/// // SAFETY: the place is for a `String`, and this function's alone.
/// let name = unsafe { raw::construct_at(place.as_mut_ptr(), value(String::from("heap"))) }?;
/// // SAFETY: built just now; nobody else uses it.
/// assert_eq!(unsafe { name.as_ref() }, "heap");
/// // SAFETY: destroyed once, and used no more.
/// unsafe { raw::destroy_at(name) };
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[inline]
pub unsafe fn construct_at<T, I: PinInit<T>>(
    place: *mut T,
    init: I,
) -> Result<PlacementPtr<T>, I::Error> {
    // SAFETY: the caller's conditions.
    unsafe { init.pin_init_at(place) }?;
    // SAFETY: an address of an object is not null (the caller's first condition).
    let pointer = unsafe { NonNull::new_unchecked(place) };
    // SAFETY: built just now.
    Ok(unsafe { PlacementPtr::from_raw(pointer) })
}

/// Destroys the object: C++'s `p->~T()` and `std::destroy_at`. Its memory stays the caller's.
///
/// # Safety
///
/// The object was not destroyed, its memory is still there, and nobody uses it any more.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::{raw, value};
/// use std::rc::Rc;
///
/// let shared = Rc::new("settings");
/// let mut place = MaybeUninit::uninit();
/// // SAFETY: the place is for an `Rc`, and this function's alone.
/// let user = unsafe { raw::construct_at(place.as_mut_ptr(), value(Rc::clone(&shared))) }?;
/// assert_eq!(Rc::strong_count(&shared), 2);
/// // SAFETY: destroyed once, and used no more.
/// unsafe { raw::destroy_at(user) };
/// assert_eq!(Rc::strong_count(&shared), 1);
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[inline]
pub unsafe fn destroy_at<T: ?Sized>(pointer: PlacementPtr<T>) {
    // SAFETY: the caller's conditions.
    unsafe { pointer.into_ptr().drop_in_place() };
}

/// Destroys `count` objects from `first` on, last to first; C++'s `std::destroy_n` goes the other
/// way. One destructor that panics does not keep the others from running.
///
/// # Safety
///
/// They are valid, and nobody uses them any more.
///
/// # Examples
///
/// ```
/// use heapwright_new::raw;
/// use std::rc::Rc;
///
/// let shared = Rc::new("heap");
/// let mut list = vec![Rc::clone(&shared); 3];
/// // SAFETY: the first one lives; the list knows no others from now on.
/// unsafe { list.set_len(1) };
/// // SAFETY: the two behind its end are valid, and nobody uses them any more.
/// unsafe { raw::destroy_n(list.as_mut_ptr().wrapping_add(1), 2) };
/// assert_eq!(Rc::strong_count(&shared), 2);
/// ```
#[inline]
pub unsafe fn destroy_n<T>(first: *mut T, count: usize) {
    // SAFETY: the caller's conditions.
    unsafe { destroy_last_to_first(first, count) };
}
