//! The pointer to an object in memory of the caller's.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A pointer from [`construct_at`](crate::raw::construct_at), for
/// [`destroy_at`](crate::raw::destroy_at). Its memory is the caller's: there is nothing to
/// `delete`.
///
/// # Examples
///
/// ```
/// use heapwright_new::raw::{self, PlacementPtr};
///
/// let mut place = core::mem::MaybeUninit::uninit();
/// // SAFETY: the place is for a number, and this function's alone.
/// let built = unsafe { raw::construct_at(place.as_mut_ptr(), "7".parse::<u32>()) };
/// let number: PlacementPtr<u32> = built.unwrap(); // has no destructor that would have to run
/// // SAFETY: the number lives, and nobody else uses it.
/// assert_eq!(unsafe { *number.as_ref() }, 7);
/// ```
///
/// ```compile_fail,E0308
/// use core::mem::MaybeUninit;
/// use heapwright_new::{raw, value};
///
/// let mut place = MaybeUninit::uninit();
/// let p = unsafe { raw::construct_at(place.as_mut_ptr(), value(7)) }.unwrap();
/// unsafe { raw::delete(p) };
/// ```
#[must_use = "the object is not destroyed unless somebody does it"]
pub struct PlacementPtr<T: ?Sized> {
    pointer: NonNull<T>,
    object: PhantomData<T>,
}

impl<T: ?Sized> PlacementPtr<T> {
    /// A pointer to the object at `pointer`.
    ///
    /// # Safety
    ///
    /// A valid object was built there.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::raw::PlacementPtr;
    ///
    /// let mut place = core::mem::MaybeUninit::uninit();
    /// let object = place.write([7_u8; 16]).into();
    /// // SAFETY: a valid array was written there.
    /// let bytes = unsafe { PlacementPtr::from_raw(object) };
    /// // SAFETY: the array lives, and nobody else uses it.
    /// assert_eq!(unsafe { bytes.as_ref() }, &[7; 16]);
    /// ```
    #[inline]
    pub const unsafe fn from_raw(pointer: NonNull<T>) -> Self {
        Self { pointer, object: PhantomData }
    }

    /// The address alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let mut place = core::mem::MaybeUninit::uninit();
    /// // SAFETY: the place is for a string, and this function's alone.
    /// let Ok(name) = unsafe { raw::construct_at(place.as_mut_ptr(), value(String::from("C"))) };
    /// let address: *mut String = name.into_ptr();
    /// // SAFETY: the string lives, and is not used there any more.
    /// assert_eq!(unsafe { address.read() }, "C"); // moved out: nothing is left to destroy
    /// ```
    #[inline]
    #[must_use = "the object is not destroyed unless somebody does it"]
    pub const fn into_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A copy of the address.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let mut place = core::mem::MaybeUninit::uninit();
    /// let slot = place.as_mut_ptr();
    /// // SAFETY: the slot is for a number, and this function's alone.
    /// let Ok(number) = unsafe { raw::construct_at(slot, value(7)) };
    /// assert_eq!(number.as_ptr(), slot);
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A reference to the object.
    ///
    /// # Safety
    ///
    /// The object was not destroyed, its memory is still there, and nobody writes it as long as
    /// the reference lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let mut place = core::mem::MaybeUninit::uninit();
    /// // SAFETY: the place is for a point, and this function's alone.
    /// let Ok(point) = unsafe { raw::construct_at(place.as_mut_ptr(), value((3, 4))) };
    /// // SAFETY: the point lives, and nobody else uses it.
    /// assert_eq!(unsafe { point.as_ref() }.1, 4);
    /// ```
    #[inline]
    #[must_use]
    pub const unsafe fn as_ref(&self) -> &T {
        // SAFETY: the caller's conditions.
        unsafe { self.pointer.as_ref() }
    }

    /// A reference to the object, to write by.
    ///
    /// # Safety
    ///
    /// The object was not destroyed, its memory is still there, and nobody else uses it as long as
    /// the reference lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let mut place = core::mem::MaybeUninit::uninit();
    /// // SAFETY: the place is for a number, and this function's alone.
    /// let Ok(mut port) = unsafe { raw::construct_at(place.as_mut_ptr(), value(80)) };
    /// // SAFETY: the number lives, and nobody else uses it.
    /// assert_eq!(core::mem::replace(unsafe { port.as_mut() }, 8080), 80);
    /// ```
    #[inline]
    #[must_use]
    pub const unsafe fn as_mut(&mut self) -> &mut T {
        // SAFETY: the caller's conditions.
        unsafe { self.pointer.as_mut() }
    }
}

impl<T: ?Sized> fmt::Debug for PlacementPtr<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PlacementPtr").field(&self.pointer).finish()
    }
}
