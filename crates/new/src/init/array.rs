//! Initialisers of arrays and slices, element after element.
//!
//! Where an element fails or panics, those before it are destroyed, last to first.

use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;

use super::{Init, PinInit, value};
use crate::LengthMismatch;
use crate::destroy::Built;

/// Builds `count` elements from `first` on, by the initialiser that `make` has for each index.
///
/// # Errors
///
/// The first element's that fails; the elements before it are destroyed, last to first.
///
/// # Safety
///
/// [`PinInit::pin_init_at`] may be called for each element.
#[inline]
pub(crate) unsafe fn build_elements<T, I: PinInit<T>>(
    first: *mut T,
    count: usize,
    mut make: impl FnMut(usize) -> I,
) -> Result<(), I::Error> {
    let mut built = Built::new(first);
    while built.count() < count {
        let init = make(built.count());
        // SAFETY: fewer than `count` are built.
        let slot = unsafe { built.next() };
        // SAFETY: the caller's condition.
        unsafe { init.pin_init_at(slot) }?;
        // SAFETY: built just now.
        unsafe { built.push() };
    }
    built.release();
    Ok(())
}

/// An array by a function from index to initialiser. Made by [`array_from_fn`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{ArrayFromFn, Owned, Value, array_from_fn, value};
///
/// type Identity = ArrayFromFn<Value<u8>, fn(usize) -> Value<u8>, 256>;
///
/// /// A table that changes nothing yet.
/// fn identity() -> Identity {
///     array_from_fn(|byte| value(byte as u8))
/// }
/// let mut table = Owned::try_new_with(identity())?;
/// table.swap(0, 255);
/// assert_eq!((table[0], table[1]), (255, 1));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct ArrayFromFn<I, F, const N: usize> {
    make: F,
    init: PhantomData<fn() -> I>,
}

/// Builds an array in place, each element by the initialiser that `make` has for its index.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, array_from_fn, value};
///
/// let squares = Owned::try_new_with(array_from_fn::<_, _, 1000>(|i| value(i * i)))?;
/// assert_eq!(squares[31], 961);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub const fn array_from_fn<I, F, const N: usize>(make: F) -> ArrayFromFn<I, F, N>
where
    F: FnMut(usize) -> I,
{
    ArrayFromFn { make, init: PhantomData }
}

// SAFETY: after `Ok` every element is built; otherwise `build_elements` destroyed what was.
unsafe impl<T, I, F, const N: usize> PinInit<[T; N]> for ArrayFromFn<I, F, N>
where
    I: PinInit<T>,
    F: FnMut(usize) -> I,
{
    type Error = I::Error;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T; N]) -> Result<(), I::Error> {
        // SAFETY: the caller's conditions, which hold of each element of its array.
        unsafe { build_elements(slot.cast::<T>(), N, self.make) }
    }
}

// SAFETY: each element may be moved, and so may the array.
unsafe impl<T, I, F, const N: usize> Init<[T; N]> for ArrayFromFn<I, F, N>
where
    I: Init<T>,
    F: FnMut(usize) -> I,
{
}

impl<I, F, const N: usize> fmt::Debug for ArrayFromFn<I, F, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ArrayFromFn").field("len", &N).finish_non_exhaustive()
    }
}

/// An array of clones. Made by [`fill`].
///
/// # Examples
///
/// For arrays of any length:
///
/// ```
/// use heapwright_new::{Fill, Owned, fill};
///
/// const SPACES: Fill<char> = fill(' ');
///
/// let word: Owned<[char; 8]> = Owned::try_new_with(SPACES)?;
/// let line: Owned<[char; 80]> = Owned::try_new_with(SPACES)?;
/// assert_eq!(word[..], line[72..]);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct Fill<T>(T);

/// Fills an array or a slice with clones of a value.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, fill};
///
/// let lines: Owned<[String; 3]> = Owned::try_new_with(fill(String::from("-")))?;
/// assert_eq!(lines.concat(), "---");
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub const fn fill<T: Clone>(value: T) -> Fill<T> {
    Fill(value)
}

// SAFETY: after `Ok` every element is built; when a clone panics, `build_elements` destroyed what
// was.
unsafe impl<T: Clone, const N: usize> PinInit<[T; N]> for Fill<T> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T; N]) -> Result<(), Infallible> {
        let slice: *mut [T] = slot;
        // SAFETY: the caller's conditions; an array is a slice of its length.
        unsafe { self.pin_init_at(slice) }
    }
}

// SAFETY: values were elsewhere before, so they may be elsewhere again.
unsafe impl<T: Clone, const N: usize> Init<[T; N]> for Fill<T> {}

// SAFETY: as for arrays.
unsafe impl<T: Clone> PinInit<[T]> for Fill<T> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T]) -> Result<(), Infallible> {
        let clone = |_| value(self.0.clone());
        // SAFETY: the caller's conditions, which hold of each element of its slice.
        unsafe { build_elements(slot.cast::<T>(), slot.len(), clone) }
    }
}

// SAFETY: values were elsewhere before, so they may be elsewhere again.
unsafe impl<T: Clone> Init<[T]> for Fill<T> {}

/// A copy of a slice. Made by [`copy_from`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{CopyFrom, LengthMismatch, Owned, copy_from, init};
///
/// struct Key {
///     bytes: [u8; 4],
/// }
///
/// let text: CopyFrom<u8> = copy_from(b"heap"); // only borrows, and may be used again
/// for _ in 0..2 {
///     let key = init!(Key { bytes <- text } ? LengthMismatch);
///     assert_eq!(Owned::try_new_with(key)?.bytes, *b"heap");
/// }
/// # Ok::<(), heapwright_new::NewError<LengthMismatch>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct CopyFrom<'from, T>(&'from [T]);

/// Copies a slice into an array or a slice of the same length; another length is an error.
///
/// # Examples
///
/// ```
/// use heapwright_new::{LengthMismatch, NewError, Owned, copy_from};
///
/// let word: Owned<[u8; 4]> = Owned::try_new_with(copy_from(b"heap")).unwrap();
/// assert_eq!(&*word, b"heap");
///
/// let wrong = Owned::<[u8; 4]>::try_new_with(copy_from(b"stack")).unwrap_err();
/// assert_eq!(wrong, NewError::Construct(LengthMismatch { expected: 4, found: 5 }));
/// ```
pub const fn copy_from<T: Copy>(from: &[T]) -> CopyFrom<'_, T> {
    CopyFrom(from)
}

// SAFETY: after `Ok` every element is a copy; nothing is built otherwise.
unsafe impl<T: Copy, const N: usize> PinInit<[T; N]> for CopyFrom<'_, T> {
    type Error = LengthMismatch;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T; N]) -> Result<(), LengthMismatch> {
        let slice: *mut [T] = slot;
        // SAFETY: the caller's conditions; an array is a slice of its length.
        unsafe { self.pin_init_at(slice) }
    }
}

// SAFETY: values were elsewhere before, so they may be elsewhere again.
unsafe impl<T: Copy, const N: usize> Init<[T; N]> for CopyFrom<'_, T> {}

// SAFETY: as for arrays.
unsafe impl<T: Copy> PinInit<[T]> for CopyFrom<'_, T> {
    type Error = LengthMismatch;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T]) -> Result<(), LengthMismatch> {
        if slot.len() != self.0.len() {
            return Err(LengthMismatch { expected: slot.len(), found: self.0.len() });
        }
        let source = self.0.as_ptr();
        // SAFETY: as many elements are there to be read as to be written, and `slot` is nobody
        // else's (the caller's first condition), so the two do not overlap.
        unsafe { slot.cast::<T>().copy_from_nonoverlapping(source, self.0.len()) };
        Ok(())
    }
}

// SAFETY: values were elsewhere before, so they may be elsewhere again.
unsafe impl<T: Copy> Init<[T]> for CopyFrom<'_, T> {}
