//! Pointers that remember how their object came to be, and cannot be copied.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

/// A pointer from [`new`](crate::raw::new), for [`delete`](crate::raw::delete).
///
/// Where it is forgotten, the object leaks, as in C++. It carries its allocator, which takes no
/// room where it is a mere name.
///
/// # Invariants
///
/// 1. The memory at `pointer` came from `allocator` for the layout of the object that was built
///    there, or the object has no size.
#[must_use = "the object leaks unless it is deleted"]
pub struct NewPtr<
    T: ?Sized,
    #[cfg(feature = "malloc")] A = Malloc,
    #[cfg(not(feature = "malloc"))] A,
> {
    pointer: NonNull<T>,
    allocator: A,
    object: PhantomData<T>,
}

impl<T: ?Sized, A> NewPtr<T, A> {
    /// A pointer to the object at `pointer`.
    ///
    /// # Safety
    ///
    /// As for [`Owned::from_raw_parts`](crate::Owned::from_raw_parts).
    #[inline]
    pub const unsafe fn from_raw_parts(pointer: NonNull<T>, allocator: A) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { pointer, allocator, object: PhantomData }
    }

    /// The address and the allocator.
    #[inline]
    #[must_use = "the object leaks unless it is deleted"]
    pub fn into_raw_parts(self) -> (NonNull<T>, A) {
        (self.pointer, self.allocator)
    }

    /// The address alone, for code that keeps it elsewhere. The allocator is dropped, so keep it
    /// where it is more than a name.
    #[inline]
    #[must_use = "the object leaks unless it is deleted"]
    pub fn into_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A copy of the address, which can do all that an address of Rust can.
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A reference to the object.
    ///
    /// # Safety
    ///
    /// The object was not destroyed, and nobody writes it as long as the reference lives.
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
    /// The object was not destroyed, and nobody else uses it as long as the reference lives.
    #[inline]
    #[must_use]
    pub const unsafe fn as_mut(&mut self) -> &mut T {
        // SAFETY: the caller's conditions.
        unsafe { self.pointer.as_mut() }
    }
}

impl<T: ?Sized, A> fmt::Debug for NewPtr<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("NewPtr").field(&self.pointer).finish()
    }
}

/// A pointer from [`new_array`](crate::raw::new_array), for
/// [`delete_array`](crate::raw::delete_array). It knows the length.
///
/// # Invariants
///
/// 1. The memory at `first` came from `allocator` for the layout of `len` elements, or that has no
///    size.
#[must_use = "the elements leak unless they are deleted"]
pub struct NewArrayPtr<T, #[cfg(feature = "malloc")] A = Malloc, #[cfg(not(feature = "malloc"))] A>
{
    first: NonNull<T>,
    len: usize,
    allocator: A,
    object: PhantomData<T>,
}

impl<T, A> NewArrayPtr<T, A> {
    /// A pointer to the array at `first`.
    ///
    /// # Safety
    ///
    /// As for [`OwnedArray::from_raw_parts`](crate::OwnedArray::from_raw_parts).
    #[inline]
    pub const unsafe fn from_raw_parts(first: NonNull<T>, len: usize, allocator: A) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { first, len, allocator, object: PhantomData }
    }

    /// The address of the first element, the number of elements, and the allocator.
    #[inline]
    #[must_use = "the elements leak unless they are deleted"]
    pub fn into_raw_parts(self) -> (NonNull<T>, usize, A) {
        (self.first, self.len, self.allocator)
    }

    /// A copy of the address of the first element.
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// The number of elements.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements.
    ///
    /// # Safety
    ///
    /// None was destroyed, and nobody writes one as long as the slice lives.
    #[inline]
    #[must_use]
    pub const unsafe fn as_slice(&self) -> &[T] {
        // SAFETY: the caller's conditions.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_ref() }
    }

    /// The elements, to write.
    ///
    /// # Safety
    ///
    /// None was destroyed, and nobody else uses one as long as the slice lives.
    #[inline]
    #[must_use]
    pub const unsafe fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: the caller's conditions.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_mut() }
    }
}

impl<T, A> fmt::Debug for NewArrayPtr<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("NewArrayPtr").field(&self.first).field(&self.len).finish()
    }
}

/// A pointer from [`construct_at`](crate::raw::construct_at), for
/// [`destroy_at`](crate::raw::destroy_at). Its memory is the caller's: there is nothing to
/// `delete`.
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
    #[inline]
    pub const unsafe fn from_raw(pointer: NonNull<T>) -> Self {
        Self { pointer, object: PhantomData }
    }

    /// The address alone.
    #[inline]
    #[must_use = "the object is not destroyed unless somebody does it"]
    pub const fn into_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A copy of the address.
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
