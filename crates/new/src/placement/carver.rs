//! `Carver`: object after object in one region.
//!
//! ```text
//!   │ header │ · │ name    │ row │ row │ row │        rest        │
//!                ▲ aligned                    ▲ the next one begins here, or a little above
//! ```

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::{Placed, PlacedArray, bytes};
use crate::{Init, PlaceError, StorageError};

/// Places objects of any types side by side in a region, from its start on.
///
/// Each is aligned as its type needs. One that fails to be built takes no room. The handles live
/// as long as the region is borrowed, and outlive the carver.
///
/// # Invariants
///
/// 1. The `len` bytes from `rest` on are the region's last, and in nobody's use.
///
/// # Examples
///
/// ```
/// use heapwright_new::{AlignedStorage, Carver, value};
///
/// let mut storage = AlignedStorage::<64, 16>::new();
/// let mut carver = Carver::new(storage.as_bytes_mut());
/// let tag = carver.place(value(1_u8)).unwrap();
/// let number = carver.place(value(2_u64)).unwrap(); // 7 bytes are skipped
/// let squares = carver.place_array(4, |i| value(i * i)).unwrap();
/// assert_eq!((*tag, *number, squares[3]), (1, 2, 9));
/// assert_eq!(carver.remaining_bytes(), 64 - 16 - 32);
/// ```
#[derive(Debug)]
pub struct Carver<'region> {
    rest: NonNull<u8>,
    len: usize,
    region: PhantomData<&'region mut [MaybeUninit<u8>]>,
}

// SAFETY: a carver is an exclusive reference to bytes that hold nothing yet.
unsafe impl Send for Carver<'_> {}
// SAFETY: a shared carver does nothing.
unsafe impl Sync for Carver<'_> {}

impl<'region> Carver<'region> {
    /// Begins at the start of `region`.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{Carver, value};
    ///
    /// let mut message = [MaybeUninit::uninit(); 64];
    /// let (header, body) = message.split_at_mut(16);
    /// let mut carver = Carver::new(body);
    /// let digest = carver.place(value([7_u8; 32]))?;
    /// assert_eq!(carver.remaining_bytes(), 48 - digest.len());
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub const fn new(region: &'region mut [MaybeUninit<u8>]) -> Self {
        let len = region.len();
        // SAFETY: a reference is not null.
        let rest = unsafe { NonNull::new_unchecked(region.as_mut_ptr().cast::<u8>()) };
        // INVARIANT: 1 holds of all of the region.
        Self { rest, len, region: PhantomData }
    }

    /// The bytes that are left. An object may need some of them to be aligned.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{Carver, value};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 100];
    /// let mut carver = Carver::new(&mut bytes);
    /// let tag = carver.place(value(b'T'))?;
    /// let padding = carver.place_array(carver.remaining_bytes(), |_| value(0_u8))?;
    /// assert_eq!((*tag, padding.len(), carver.remaining_bytes()), (b'T', 99, 0));
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub const fn remaining_bytes(&self) -> usize {
        self.len
    }

    /// Builds an object in the next bytes that are aligned for it.
    ///
    /// # Errors
    ///
    /// [`PlaceError::Storage`] where too few bytes are left, else [`PlaceError::Construct`]; the
    /// carver is as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{AlignedStorage, Carver};
    ///
    /// let mut storage = AlignedStorage::<4, 4>::new(); // room for one number
    /// let mut carver = Carver::new(storage.as_bytes_mut());
    /// assert!(carver.place("seven".parse::<u32>()).is_err()); // took none of it
    /// let number = carver.place("7".parse::<u32>())?;
    /// assert_eq!(*number, 7);
    /// # Ok::<(), heapwright_new::PlaceError<core::num::ParseIntError>>(())
    /// ```
    pub fn place<T, I: Init<T>>(
        &mut self,
        init: I,
    ) -> Result<Placed<'region, T>, PlaceError<I::Error>> {
        let (region, taken) = self.next::<T>(size_of::<T>())?;
        let placed = bytes::place(region, init)?;
        self.advance(taken);
        Ok(placed)
    }

    /// Builds an array in the next bytes that are aligned for it.
    ///
    /// # Errors
    ///
    /// As [`place`](Self::place).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{AlignedStorage, Carver, value};
    ///
    /// let mut message = AlignedStorage::<16, 8>::new();
    /// let mut carver = Carver::new(message.as_bytes_mut());
    /// let sender = carver.place(value(7_u64))?;
    /// let samples = carver.place_array(4, |index| value(index % 2 == 0))?;
    /// assert_eq!((*sender, &*samples), (7, &[true, false, true, false][..]));
    /// assert!(carver.place_array(5, |_| value(true)).is_err()); // four bytes are left
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    pub fn place_array<T, I: Init<T>>(
        &mut self,
        len: usize,
        make: impl FnMut(usize) -> I,
    ) -> Result<PlacedArray<'region, T>, PlaceError<I::Error>> {
        let (region, taken) = self.next::<T>(size_of::<T>().saturating_mul(len))?;
        let placed = bytes::place_array(region, len, make)?;
        self.advance(taken);
        Ok(placed)
    }

    /// The bytes for what comes next, and how many of the rest are taken then.
    fn next<T>(
        &mut self,
        size: usize,
    ) -> Result<(&'region mut [MaybeUninit<u8>], usize), StorageError> {
        let gap = self.rest.align_offset(align_of::<T>());
        let taken = gap.saturating_add(size);
        if taken > self.len {
            return Err(StorageError::TooSmall { has: self.len, needed: taken });
        }
        // SAFETY: inside the rest, which has more bytes.
        let start = unsafe { self.rest.add(gap) };
        let bytes = NonNull::slice_from_raw_parts(start.cast::<MaybeUninit<u8>>(), size);
        // SAFETY: of the region and in nobody's use (invariant 1); the caller advances beyond
        // them, or drops this before anybody asks again.
        Ok((unsafe { &mut *bytes.as_ptr() }, taken))
    }

    fn advance(&mut self, taken: usize) {
        // SAFETY: `next` saw that there are as many.
        self.rest = unsafe { self.rest.add(taken) };
        // INVARIANT: 1 holds of what is left.
        self.len -= taken;
    }
}
