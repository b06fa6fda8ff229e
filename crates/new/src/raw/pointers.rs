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
///
/// # Examples
///
/// ```
/// use heapwright_new::raw::NewPtr;
///
/// // As small as a pointer of C++, which may be null.
/// assert_eq!(size_of::<Option<NewPtr<u32>>>(), size_of::<*mut u32>());
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, Owned, raw::NewPtr};
    ///
    /// let leaked = Owned::leak(Owned::new(7));
    /// // SAFETY: from a handle on `Malloc`, which is no more.
    /// let number = unsafe { NewPtr::from_raw_parts(leaked.into(), Malloc) };
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(*unsafe { Owned::from_raw(number) }, 7);
    /// ```
    #[inline]
    pub const unsafe fn from_raw_parts(pointer: NonNull<T>, allocator: A) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { pointer, allocator, object: PhantomData }
    }

    /// The address and the allocator.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, Owned, polymorphic::PoolAllocator, raw, value};
    ///
    /// let pool = PoolAllocator::new(Malloc);
    /// let (pointer, allocator) = raw::new_in(value(7), &pool).unwrap().into_raw_parts();
    /// // SAFETY: the parts of a pointer that is no more; nobody else has the address.
    /// assert_eq!(*unsafe { Owned::from_raw_parts(pointer, allocator) }, 7);
    /// ```
    #[inline]
    #[must_use = "the object leaks unless it is deleted"]
    pub fn into_raw_parts(self) -> (NonNull<T>, A) {
        (self.pointer, self.allocator)
    }

    /// The address alone, for code that keeps it elsewhere. The allocator is dropped, so keep it
    /// where it is more than a name.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, raw};
    ///
    /// let context = Owned::into_raw(Owned::new(7)).into_ptr().cast::<core::ffi::c_void>();
    /// let number = context.cast::<i32>(); // in a callback of C
    /// // SAFETY: the number lives, and nobody writes it.
    /// assert_eq!(unsafe { *number }, 7);
    /// // SAFETY: from a handle on `Malloc`, and used no more.
    /// unsafe { raw::delete_ptr(number) };
    /// ```
    #[inline]
    #[must_use = "the object leaks unless it is deleted"]
    pub fn into_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A copy of the address, which can do all that an address of Rust can.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let total = Owned::into_raw(Owned::new(40));
    /// // SAFETY: the object lives, and nobody else uses it meanwhile.
    /// unsafe { *total.as_ptr() += 2 };
    /// // SAFETY: nobody uses a copy of the address any more.
    /// assert_eq!(*unsafe { Owned::from_raw(total) }, 42);
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
    /// The object was not destroyed, and nobody writes it as long as the reference lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, raw};
    ///
    /// let host = Owned::into_raw(Owned::new(String::from("localhost")));
    /// // SAFETY: nobody else has the address.
    /// assert!(unsafe { host.as_ref() }.starts_with("local"));
    /// // SAFETY: nobody uses the object any more.
    /// unsafe { raw::delete(host) };
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
    /// The object was not destroyed, and nobody else uses it as long as the reference lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let mut queue = Owned::into_raw(Owned::new(Vec::new()));
    /// // SAFETY: nobody else has the address.
    /// unsafe { queue.as_mut() }.push("request");
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(*unsafe { Owned::from_raw(queue) }, ["request"]);
    /// ```
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
///
/// # Examples
///
/// ```
/// use heapwright_new::raw::NewArrayPtr;
///
/// // The length stands here, and not before the elements.
/// assert_eq!(size_of::<NewArrayPtr<u8>>(), size_of::<(*mut u8, usize)>());
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw::NewArrayPtr};
    ///
    /// let (first, len, malloc) = OwnedArray::into_raw_parts(OwnedArray::try_zeroed(3).unwrap());
    /// // SAFETY: the parts of a handle that is no more.
    /// let numbers = unsafe { NewArrayPtr::<u32>::from_raw_parts(first, len, malloc) };
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(*unsafe { OwnedArray::from_raw(numbers) }, [0; 3]);
    /// ```
    #[inline]
    pub const unsafe fn from_raw_parts(first: NonNull<T>, len: usize, allocator: A) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { first, len, allocator, object: PhantomData }
    }

    /// The address of the first element, the number of elements, and the allocator.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw, value};
    ///
    /// let (first, len, malloc) = raw::new_array(3, value).unwrap().into_raw_parts();
    /// // SAFETY: the parts of a pointer that is no more; nobody else has the address.
    /// assert_eq!(*unsafe { OwnedArray::from_raw_parts(first, len, malloc) }, [0, 1, 2]);
    /// ```
    #[inline]
    #[must_use = "the elements leak unless they are deleted"]
    pub fn into_raw_parts(self) -> (NonNull<T>, usize, A) {
        (self.first, self.len, self.allocator)
    }

    /// A copy of the address of the first element.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw, value};
    ///
    /// let numbers = raw::new_array(3, value).unwrap();
    /// let last = numbers.as_ptr().wrapping_add(2); // C++'s `numbers + 2`
    /// // SAFETY: the third of three, which live, and nobody else uses it.
    /// unsafe { *last += 40 };
    /// // SAFETY: nobody uses a copy of the address any more.
    /// assert_eq!(*unsafe { OwnedArray::from_raw(numbers) }, [0, 1, 42]);
    /// ```
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// The number of elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let row = raw::new_array(640, |_| value(0_u16)).unwrap();
    /// assert_eq!(row.len() * size_of::<u16>(), 1280); // the bytes to send
    /// // SAFETY: nobody uses the elements any more.
    /// unsafe { raw::delete_array(row) };
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// assert!(raw::new_array(0, value).unwrap().is_empty()); // has no memory that could leak
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{raw, value};
    ///
    /// let prices = raw::new_array(4, |index| value(index * 100)).unwrap();
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(unsafe { prices.as_slice() }.iter().sum::<usize>(), 600);
    /// // SAFETY: nobody uses the elements any more.
    /// unsafe { raw::delete_array(prices) };
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw, value};
    ///
    /// let mut deck = raw::new_array(3, value).unwrap();
    /// // SAFETY: nobody else has the address.
    /// unsafe { deck.as_mut_slice() }.reverse();
    /// // SAFETY: nobody else has the address.
    /// assert_eq!(*unsafe { OwnedArray::from_raw(deck) }, [2, 1, 0]);
    /// ```
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
