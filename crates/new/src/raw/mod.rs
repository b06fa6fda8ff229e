//! `new` and `delete` as in C++, with what C++ leaves to care made a matter of types.
//!
//! ```text
//!   new ─▶ NewPtr ─▶ delete            new_array ─▶ NewArrayPtr ─▶ delete_array
//!                                      construct_at ─▶ PlacementPtr ─▶ destroy_at
//! ```
//!
//! The pointers cannot be copied, so deleting twice does not compile; each form has a type of its
//! own, so neither does the wrong `delete`, nor a `delete` of what was placed. Each carries its
//! allocator, and memory goes back with the object's own size and alignment. What is left to care,
//! and hence `unsafe`, is what types cannot see: copies of the address itself.
//!
//! Where C++ destroys in an unspecified order, as its `uninitialized_*` algorithms do on failure
//! and `destroy_n` does, this destroys last to first, as C++ does for arrays.

mod construct;
mod placement_ptr;
mod pointers;
mod uninitialized;

use allocator_api2::alloc::Allocator;

pub use construct::{construct_at, destroy_at, destroy_n};
pub use placement_ptr::PlacementPtr;
pub use pointers::{NewArrayPtr, NewPtr};
pub use uninitialized::{
    uninitialized_copy, uninitialized_default_n, uninitialized_fill_n, uninitialized_init_n,
    uninitialized_move_n,
};

use crate::{Init, NewError, Owned, OwnedArray};

/// A new object, built in place: C++'s `new T(…)`, or `new (std::nothrow) T(…)`, since failure is
/// a value.
///
/// # Errors
///
/// As [`Owned::try_new_with`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{raw, value};
///
/// struct Point { x: i32, y: i32 }
///
/// let p = raw::new(value(Point { x: 1, y: 2 }))?;
/// // SAFETY: nobody else has the address.
/// let sum = unsafe { p.as_ref() }.x + unsafe { p.as_ref() }.y;
/// assert_eq!(sum, 3);
/// // SAFETY: nobody uses the object any more.
/// unsafe { raw::delete(p) };
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// Deleted twice:
///
/// ```compile_fail,E0382
/// use heapwright_new::{raw, value};
///
/// let p = raw::new(value(7)).unwrap();
/// unsafe { raw::delete(p) };
/// unsafe { raw::delete(p) };
/// ```
#[cfg(feature = "malloc")]
#[inline]
pub fn new<T, I: Init<T>>(init: I) -> Result<NewPtr<T>, NewError<I::Error>> {
    Owned::try_new_with(init).map(Owned::into_raw)
}

/// As [`new`], in a block of `allocator`, which the pointer carries.
///
/// # Errors
///
/// As [`Owned::try_new_with_in`].
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
/// use heapwright_new::{raw, value};
///
/// let mut bytes = [MaybeUninit::uninit(); 64];
/// let scratch = Monotonic::new(&mut bytes, NullAllocator);
/// let digest = raw::new_in(value([7_u8; 32]), &scratch)?;
/// assert_eq!(scratch.remaining_bytes(), 32);
/// // SAFETY: nobody uses the object any more.
/// unsafe { raw::delete(digest) };
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub fn new_in<T, I: Init<T>, A: Allocator>(
    init: I,
    allocator: A,
) -> Result<NewPtr<T, A>, NewError<I::Error>> {
    Owned::try_new_with_in(init, allocator).map(Owned::into_raw)
}

/// Destroys the object and gives its memory back: C++'s `delete p`, through a base too.
///
/// # Safety
///
/// The object was not destroyed, and nobody uses it through a copy of its address any more.
///
/// # Examples
///
/// ```
/// use core::fmt::Display;
/// use heapwright_new::{raw, unsize, value};
/// use std::rc::Rc;
///
/// let number = Rc::new(7);
/// let shown = unsize!(raw::new(value(Rc::clone(&number)))? => dyn Display);
/// // SAFETY: nobody uses the object any more.
/// unsafe { raw::delete(shown) }; // the destructor of `Rc` runs
/// assert_eq!(Rc::strong_count(&number), 1);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub unsafe fn delete<T: ?Sized, A: Allocator>(pointer: NewPtr<T, A>) {
    // SAFETY: the caller's condition.
    drop(unsafe { Owned::from_raw(pointer) });
}

/// Deletes by the address alone, for code ported from C++ that keeps no [`NewPtr`].
///
/// # Safety
///
/// - `pointer` is null, or the address of an object from [`new`], or of one of
///   [`Owned<T>`](Owned) whose handle was taken apart; not of an array from [`new_array`], nor of
///   an object that was placed.
/// - The object was not destroyed, and nobody uses it any more.
///
/// # Examples
///
/// ```
/// use heapwright_new::{raw, value};
/// use std::rc::Rc;
///
/// let shared = Rc::new(7);
/// let address: *mut Rc<u32> = raw::new(value(Rc::clone(&shared)))?.into_ptr();
/// // SAFETY: from `new`, and used no more.
/// unsafe { raw::delete_ptr(address) };
/// assert_eq!(Rc::strong_count(&shared), 1);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[cfg(feature = "malloc")]
#[inline]
pub unsafe fn delete_ptr<T: ?Sized>(pointer: *mut T) {
    let Some(pointer) = core::ptr::NonNull::new(pointer) else { return };
    // SAFETY: the caller's conditions; objects of `new` are in blocks of `Malloc`.
    drop(unsafe { Owned::from_raw_parts(pointer, heapwright_malloc::Malloc) });
}

/// A new array, each element built in place by the initialiser that `make` has for its index:
/// C++'s `new T[n]`. The pointer knows the length, so there is no cookie.
///
/// # Errors
///
/// As [`OwnedArray::try_from_fn`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{raw, value};
///
/// let p = raw::new_array(3, |i| value(i * i))?;
/// // SAFETY: nobody else has the address.
/// assert_eq!(unsafe { p.as_slice() }, [0, 1, 4]);
/// // SAFETY: nobody uses the elements any more.
/// unsafe { raw::delete_array(p) };
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// The wrong form:
///
/// ```compile_fail,E0308
/// use heapwright_new::{raw, value};
///
/// let p = raw::new_array(3, |i| value(i)).unwrap();
/// unsafe { raw::delete(p) };
/// ```
#[cfg(feature = "malloc")]
#[inline]
pub fn new_array<T, I: Init<T>>(
    len: usize,
    make: impl FnMut(usize) -> I,
) -> Result<NewArrayPtr<T>, NewError<I::Error>> {
    OwnedArray::try_from_fn(len, make).map(OwnedArray::into_raw)
}

/// As [`new_array`], in a block of `allocator`, which the pointer carries.
///
/// # Errors
///
/// As [`OwnedArray::try_from_fn_in`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Label, label, raw, value};
///
/// struct Row([u32; 8]);
/// label!(Row);
///
/// let rows = raw::new_array_in(10, |_| value(Row([0; 8])), ByType::<Row>::default())?;
/// assert_eq!(Row::label().live_bytes(), 10 * size_of::<Row>());
/// // SAFETY: nobody uses the elements any more.
/// unsafe { raw::delete_array(rows) };
/// assert_eq!(Row::label().live_bytes(), 0);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub fn new_array_in<T, I: Init<T>, A: Allocator>(
    len: usize,
    make: impl FnMut(usize) -> I,
    allocator: A,
) -> Result<NewArrayPtr<T, A>, NewError<I::Error>> {
    OwnedArray::try_from_fn_in(len, make, allocator).map(OwnedArray::into_raw)
}

/// Destroys the elements, last to first, and gives their memory back: C++'s `delete[] p`.
///
/// # Safety
///
/// No element was destroyed, and nobody uses one through a copy of its address any more.
///
/// # Examples
///
/// ```
/// use core::cell::RefCell;
/// use heapwright_new::{raw, value};
///
/// struct Stage<'log>(usize, &'log RefCell<Vec<usize>>);
///
/// impl Drop for Stage<'_> {
///     fn drop(&mut self) {
///         self.1.borrow_mut().push(self.0);
///     }
/// }
///
/// let ended = RefCell::new(Vec::new());
/// let stages = raw::new_array(3, |index| value(Stage(index, &ended)))?;
/// // SAFETY: nobody uses the elements any more.
/// unsafe { raw::delete_array(stages) };
/// assert_eq!(*ended.borrow(), [2, 1, 0]);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub unsafe fn delete_array<T, A: Allocator>(pointer: NewArrayPtr<T, A>) {
    // SAFETY: the caller's condition.
    drop(unsafe { OwnedArray::from_raw(pointer) });
}
