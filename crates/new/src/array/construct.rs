//! `OwnedArray`: the ways to build one.

use core::mem::MaybeUninit;

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use super::OwnedArray;
use crate::allocate::{blocks_for, zeroed_blocks_for};
use crate::init::build_elements;
use crate::{BadAlloc, Init, NewError, Zeroable, value};

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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, value};
    ///
    /// assert_eq!(*OwnedArray::try_from_fn(4, |i| value(i * i)).unwrap(), [0, 1, 4, 9]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::OwnedArray;
    ///
    /// assert_eq!(*OwnedArray::<u32>::try_zeroed(256).unwrap(), [0; 256]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// let mut stack = heapwright_new::OwnedArray::<u64>::try_new_uninit(1 << 20).unwrap();
    /// assert_eq!(*stack[0].write(7), 7); // the rest is not touched
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, ProcessMalloc};
    ///
    /// let bytes = |len| OwnedArray::try_from_fn_in(len, u8::try_from, ProcessMalloc);
    /// assert!(bytes(256).is_ok() && bytes(257).is_err());
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Allocator, Malloc, OwnedArray};
    ///
    /// let heap: &dyn Allocator = &Malloc; // chosen at run time
    /// assert_eq!(*OwnedArray::try_fill_in(3, '-', heap).unwrap(), ['-'; 3]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, OwnedArray, polymorphic::PoolAllocator};
    ///
    /// let pool = PoolAllocator::new(Malloc);
    /// drop(OwnedArray::try_fill_in(8, 7_u32, &pool)); // the pool keeps the sevens
    /// assert_eq!(*OwnedArray::<u32, _>::try_zeroed_in(8, &pool).unwrap(), [0; 8]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, ProcessMalloc};
    ///
    /// assert_eq!(*OwnedArray::try_copy_from_in(b"heap", ProcessMalloc).unwrap(), *b"heap");
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, polymorphic::NullAllocator};
    ///
    /// assert!(OwnedArray::<u64, _>::try_new_uninit_in(1, NullAllocator).is_err());
    /// ```
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
}
