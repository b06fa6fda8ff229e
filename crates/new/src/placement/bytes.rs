//! Placement in any bytes: those of the stack, of a ring, of a file that is mapped or shared.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::{Placed, PlacedArray};
use crate::allocate::array_layout;
use crate::init::build_elements;
use crate::{Init, PlaceError, StorageError};

/// Builds an object at the start of `bytes`.
///
/// # Errors
///
/// [`PlaceError::Storage`] where the bytes are too few or not aligned, else
/// [`PlaceError::Construct`].
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::{AlignedStorage, place, value};
///
/// let mut storage = AlignedStorage::<64, 8>::new();
/// let name = place(storage.as_bytes_mut(), value(String::from("placed"))).unwrap();
/// assert_eq!(*name, "placed");
/// ```
#[inline]
pub fn place<T, I: Init<T>>(
    bytes: &mut [MaybeUninit<u8>],
    init: I,
) -> Result<Placed<'_, T>, PlaceError<I::Error>> {
    let place = room_for::<T>(bytes, size_of::<T>())?;
    // SAFETY: the bytes are borrowed by this function alone, and as many and as aligned as a `T`
    // needs.
    unsafe { init.pin_init_at(place.as_ptr()) }.map_err(PlaceError::Construct)?;
    // SAFETY: built just now; the bytes are borrowed as long as the handle lives.
    Ok(unsafe { Placed::from_raw(place) })
}

/// Builds an array of `len` elements at the start of `bytes`, each by the initialiser that `make`
/// has for its index. There is no cookie: the array takes the size of its elements and no more.
///
/// # Errors
///
/// As [`place`]; those elements that were built are destroyed, last to first.
///
/// # Examples
///
/// ```
/// use heapwright_new::{AlignedStorage, place_array, value};
///
/// let mut storage = AlignedStorage::<32, 8>::new();
/// let squares = place_array(storage.as_bytes_mut(), 4, |i| value(i * i)).unwrap();
/// assert_eq!(*squares, [0, 1, 4, 9]);
/// ```
#[inline]
pub fn place_array<T, I: Init<T>>(
    bytes: &mut [MaybeUninit<u8>],
    len: usize,
    make: impl FnMut(usize) -> I,
) -> Result<PlacedArray<'_, T>, PlaceError<I::Error>> {
    let first = room_for_array::<T>(bytes, len)?;
    // SAFETY: the bytes are borrowed by this function alone, and as many and as aligned as the
    // elements need.
    unsafe { build_elements(first.as_ptr(), len, make) }.map_err(PlaceError::Construct)?;
    // SAFETY: built just now; the bytes are borrowed as long as the handle lives.
    Ok(unsafe { PlacedArray::from_raw(NonNull::slice_from_raw_parts(first, len)) })
}

/// The start of the bytes, where they hold `size` bytes aligned as a `T` is.
pub(super) fn room_for<T>(
    bytes: &mut [MaybeUninit<u8>],
    size: usize,
) -> Result<NonNull<T>, StorageError> {
    if bytes.len() < size {
        return Err(StorageError::TooSmall { has: bytes.len(), needed: size });
    }
    let start = NonNull::from(bytes).cast::<T>();
    if !start.is_aligned() {
        let has = 1 << start.addr().trailing_zeros();
        return Err(StorageError::Misaligned { has, needed: align_of::<T>() });
    }
    Ok(start)
}

/// The start of the bytes, where they hold `len` of `T`.
fn room_for_array<T>(
    bytes: &mut [MaybeUninit<u8>],
    len: usize,
) -> Result<NonNull<T>, StorageError> {
    match array_layout::<T>(len) {
        Ok(layout) => room_for(bytes, layout.size()),
        Err(_) => {
            let needed = size_of::<T>().saturating_mul(len);
            Err(StorageError::TooSmall { has: bytes.len(), needed })
        }
    }
}
