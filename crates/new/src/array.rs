//! `OwnedArray`: the array that `new[]` made.
//!
//! ```text
//!   OwnedArray<T, A>   │ first │ len │ allocator │     the length is in the handle: no cookie
//!                          ▼
//!                      │ 0 │ 1 │ … │ len - 1 │        built first to last, destroyed last to first
//! ```

use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use crate::allocate::{GivesBack, array_layout, blocks_for, zeroed_blocks_for};
use crate::destroy::destroy_last_to_first;
use crate::init::build_elements;
use crate::raw::NewArrayPtr;
use crate::{BadAlloc, Init, NewError, Owned, Zeroable, value};

/// A handle to an array that `new[]` made. Dropped, it destroys the elements, last to first, and
/// gives their memory back. It dereferences to a slice.
///
/// A destructor that panics does not keep the others from running, nor the memory from going back.
///
/// # Invariants
///
/// 1. `first` leads to `len` valid elements, which are the handle's alone.
/// 2. Their memory came from `allocator` for the layout of the array, or that has no size.
///
/// # Examples
///
/// ```
/// use heapwright_new::OwnedArray;
/// use core::num::ParseIntError;
///
/// fn numbers(text: &str) -> Result<OwnedArray<u32>, Box<dyn std::error::Error>> {
///     let words: Vec<&str> = text.split(' ').collect();
///     Ok(OwnedArray::<u32>::try_from_fn(words.len(), |i| words[i].parse())?)
/// }
///
/// assert_eq!(*numbers("1 2 3")?, [1, 2, 3]);
/// assert!(numbers("1 2 x").is_err()); // the first two were destroyed, and the memory went back
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OwnedArray<
    T,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    first: NonNull<T>,
    len: usize,
    allocator: A,
    /// Dropping a handle drops a `T`.
    elements: PhantomData<T>,
}

// SAFETY: the elements and the allocator are the handle's alone, and go with it.
unsafe impl<T: Send, A: Allocator + Send> Send for OwnedArray<T, A> {}
// SAFETY: a shared handle lends no more than shared references to both.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for OwnedArray<T, A> {}

/// Moving a handle moves no element.
impl<T, A: Allocator> Unpin for OwnedArray<T, A> {}

#[cfg(feature = "malloc")]
impl<T> OwnedArray<T> {
    /// A new array of `len` elements, each built in place by the initialiser that `make` has for
    /// its index.
    ///
    /// # Errors
    ///
    /// [`NewError::Alloc`] where there is no memory, or no array can be so long;
    /// [`NewError::Construct`] where an element's constructor fails: then those before it were
    /// destroyed, last to first, and the memory went back.
    #[inline]
    pub fn try_from_fn<I: Init<T>>(
        len: usize,
        make: impl FnMut(usize) -> I,
    ) -> Result<Self, NewError<I::Error>> {
        Self::try_from_fn_in(len, make, Malloc)
    }

    /// A new array of `len` clones.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory, or no array can be so long.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::OwnedArray;
    ///
    /// let names = OwnedArray::try_fill(3, String::from("-"))?;
    /// assert_eq!(names.concat(), "---");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_fill(len: usize, element: T) -> Result<Self, BadAlloc>
    where
        T: Clone,
    {
        Self::try_fill_in(len, element, Malloc)
    }

    /// A new array of zeros.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory, or no array can be so long.
    #[inline]
    pub fn try_zeroed(len: usize) -> Result<Self, BadAlloc>
    where
        T: Zeroable,
    {
        Self::try_zeroed_in(len, Malloc)
    }

    /// A new copy of a slice.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::OwnedArray;
    ///
    /// assert_eq!(*OwnedArray::try_copy_from(b"heap")?, *b"heap");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_copy_from(from: &[T]) -> Result<Self, BadAlloc>
    where
        T: Copy,
    {
        Self::try_copy_from_in(from, Malloc)
    }

    /// Memory for `len` elements, which are not built yet.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is none, or no array can be so long.
    #[inline]
    pub fn try_new_uninit(len: usize) -> Result<OwnedArray<MaybeUninit<T>>, BadAlloc> {
        Self::try_new_uninit_in(len, Malloc)
    }
}

impl<T, A: Allocator> OwnedArray<T, A> {
    /// As [`try_from_fn`](OwnedArray::try_from_fn), in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// As there.
    #[inline]
    pub fn try_from_fn_in<I: Init<T>>(
        len: usize,
        make: impl FnMut(usize) -> I,
        allocator: A,
    ) -> Result<Self, NewError<I::Error>> {
        let memory = Self::try_new_uninit_in(len, allocator)?;
        let first = memory.first.as_ptr().cast::<T>();
        // SAFETY: the memory is for `len` elements, and this handle's alone. Where this fails or
        // panics, the handle gives the memory back.
        unsafe { build_elements(first, len, make) }.map_err(NewError::Construct)?;
        // SAFETY: built just now.
        Ok(unsafe { OwnedArray::assume_init(memory) })
    }

    /// As [`try_fill`](OwnedArray::try_fill), in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_fill_in(len: usize, element: T, allocator: A) -> Result<Self, BadAlloc>
    where
        T: Clone,
    {
        let array = Self::try_from_fn_in(len, |_| value(element.clone()), allocator);
        array.map_err(NewError::into_bad_alloc)
    }

    /// As [`try_zeroed`](OwnedArray::try_zeroed), in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_zeroed_in(len: usize, allocator: A) -> Result<Self, BadAlloc>
    where
        T: Zeroable,
    {
        let first = zeroed_blocks_for::<T, A>(len, &allocator)?;
        // SAFETY: the block is of this allocator and layout, and zeros are valid elements.
        Ok(unsafe { Self::from_raw_parts(first, len, allocator) })
    }

    /// As [`try_copy_from`](OwnedArray::try_copy_from), in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn try_copy_from_in(from: &[T], allocator: A) -> Result<Self, BadAlloc>
    where
        T: Copy,
    {
        let memory = Self::try_new_uninit_in(from.len(), allocator)?;
        let first = memory.first.as_ptr().cast::<T>();
        // SAFETY: both have as many elements, and new memory overlaps nothing.
        unsafe { first.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
        // SAFETY: copied just now.
        Ok(unsafe { OwnedArray::assume_init(memory) })
    }

    /// As [`try_new_uninit`](OwnedArray::try_new_uninit), in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// As there.
    #[inline]
    pub fn try_new_uninit_in(
        len: usize,
        allocator: A,
    ) -> Result<OwnedArray<MaybeUninit<T>, A>, BadAlloc> {
        let first = blocks_for::<MaybeUninit<T>, A>(len, &allocator)?;
        // SAFETY: the block is of this allocator and layout, and uninitialised memory is valid as
        // such.
        Ok(unsafe { OwnedArray::from_raw_parts(first, len, allocator) })
    }

    /// A handle to the array at `first`.
    ///
    /// # Safety
    ///
    /// - `first` leads to `len` valid elements, which nobody else uses or destroys from now on.
    /// - Their memory came from `allocator` for the layout of that array, or it has no size.
    #[inline]
    pub const unsafe fn from_raw_parts(first: NonNull<T>, len: usize, allocator: A) -> Self {
        // INVARIANT: 1 and 2 are the caller's conditions.
        Self { first, len, allocator, elements: PhantomData }
    }

    /// The address of the first element, the number of elements, and the allocator. Nothing
    /// destroys the elements any more.
    #[inline]
    #[must_use = "without its parts the array leaks"]
    pub fn into_raw_parts(this: Self) -> (NonNull<T>, usize, A) {
        let this = ManuallyDrop::new(this);
        // SAFETY: valid for reads; what is read is not dropped again.
        let allocator = unsafe { ptr::read(&raw const this.allocator) };
        (this.first, this.len, allocator)
    }

    /// The pointer as C++ has it, to be deleted by
    /// [`raw::delete_array`](crate::raw::delete_array).
    #[inline]
    pub fn into_raw(this: Self) -> NewArrayPtr<T, A> {
        let (first, len, allocator) = Self::into_raw_parts(this);
        // SAFETY: the parts of a handle.
        unsafe { NewArrayPtr::from_raw_parts(first, len, allocator) }
    }

    /// A handle to an array from [`raw::new_array`](crate::raw::new_array) or
    /// [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    ///
    /// No element was destroyed, and nobody uses one through a copy of its address any more.
    #[inline]
    pub unsafe fn from_raw(pointer: NewArrayPtr<T, A>) -> Self {
        let (first, len, allocator) = pointer.into_raw_parts();
        // SAFETY: the parts of what was a handle; the rest is the caller's condition.
        unsafe { Self::from_raw_parts(first, len, allocator) }
    }

    /// Leaves the elements to the end of the allocator's life. Their destructors do not run.
    #[inline]
    pub fn leak<'a>(this: Self) -> &'a mut [T]
    where
        A: 'a,
    {
        let this = ManuallyDrop::new(this);
        let mut elements = NonNull::slice_from_raw_parts(this.first, this.len);
        // SAFETY: valid, and nobody else's from now on; the allocator is not dropped either.
        unsafe { elements.as_mut() }
    }

    /// The same elements as one object. A slice is destroyed first to last, as Rust does it.
    #[inline]
    pub fn into_slice(this: Self) -> Owned<[T], A> {
        let (first, len, allocator) = Self::into_raw_parts(this);
        let elements = NonNull::slice_from_raw_parts(first, len);
        // SAFETY: the parts of a handle; a slice has the layout of the array.
        unsafe { Owned::from_raw_parts(elements, allocator) }
    }

    /// The allocator that the memory goes back to.
    #[inline]
    pub const fn allocator(this: &Self) -> &A {
        &this.allocator
    }
}

impl<T, A: Allocator> OwnedArray<MaybeUninit<T>, A> {
    /// The same, as an array whose elements are built.
    ///
    /// # Safety
    ///
    /// They are: the memory holds valid elements.
    #[inline]
    pub unsafe fn assume_init(this: Self) -> OwnedArray<T, A> {
        let (first, len, allocator) = OwnedArray::into_raw_parts(this);
        // SAFETY: the parts of a handle, whose memory holds elements (the caller's condition).
        unsafe { OwnedArray::from_raw_parts(first.cast(), len, allocator) }
    }
}

impl<T, A: Allocator> Deref for OwnedArray<T, A> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_ref() }
    }
}

impl<T, A: Allocator> DerefMut for OwnedArray<T, A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { NonNull::slice_from_raw_parts(self.first, self.len).as_mut() }
    }
}

impl<T, A: Allocator> Drop for OwnedArray<T, A> {
    #[inline]
    fn drop(&mut self) {
        // The layout was accepted when the array was made.
        let Ok(layout) = array_layout::<T>(self.len) else { return };
        // SAFETY: invariant 2; the handle is used no more.
        let _memory = unsafe { GivesBack::new(self.first.cast(), layout, &self.allocator) };
        // SAFETY: invariant 1. Where this panics the memory goes back all the same.
        unsafe { destroy_last_to_first(self.first.as_ptr(), self.len) };
    }
}

impl<T: fmt::Debug, A: Allocator> fmt::Debug for OwnedArray<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<'a, T, A: Allocator> IntoIterator for &'a OwnedArray<T, A> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T, A: Allocator> IntoIterator for &'a mut OwnedArray<T, A> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
