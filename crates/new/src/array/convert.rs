//! `OwnedArray`: from and to other forms of owning.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;

use super::OwnedArray;
use crate::Owned;
use crate::raw::NewArrayPtr;

impl<T, A: Allocator> OwnedArray<T, A> {
    /// A handle to the array at `first`.
    ///
    /// # Safety
    ///
    /// - `first` leads to `len` valid elements, which nobody else uses or destroys from now on.
    /// - Their memory came from `allocator` for the layout of that array, or it has no size.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Allocator, Malloc, OwnedArray};
    ///
    /// let zeros = Malloc.allocate_zeroed(core::alloc::Layout::new::<[u8; 3]>()).unwrap();
    /// // SAFETY: a block of this allocator for three bytes, which are zeros.
    /// assert_eq!(*unsafe { OwnedArray::from_raw_parts(zeros.cast::<u8>(), 3, Malloc) }, [0; 3]);
    /// ```
    #[inline]
    pub const unsafe fn from_raw_parts(first: NonNull<T>, len: usize, allocator: A) -> Self {
        // INVARIANT: 1 and 2 are the caller's conditions.
        Self { first, len, allocator, elements: PhantomData }
    }

    /// The address of the first element, the number of elements, and the allocator. Nothing
    /// destroys the elements any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, OwnedArray};
    ///
    /// let (first, len, _) = OwnedArray::into_raw_parts(OwnedArray::try_fill(3, 7).unwrap());
    /// // SAFETY: the parts of a handle.
    /// assert_eq!(*unsafe { OwnedArray::from_raw_parts(first, len, Malloc) }, [7; 3]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw};
    ///
    /// let word = OwnedArray::into_raw(OwnedArray::try_copy_from(b"heap").unwrap());
    /// assert_eq!(word.len(), 4);
    /// // SAFETY: nobody uses the elements.
    /// unsafe { raw::delete_array(word) };
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{OwnedArray, raw, value};
    ///
    /// let squares = raw::new_array(3, |i| value(i * i)).unwrap();
    /// // SAFETY: nobody has the address of an element.
    /// assert_eq!(*unsafe { OwnedArray::from_raw(squares) }, [0, 1, 4]);
    /// ```
    #[inline]
    pub unsafe fn from_raw(pointer: NewArrayPtr<T, A>) -> Self {
        let (first, len, allocator) = pointer.into_raw_parts();
        // SAFETY: the parts of what was a handle; the rest is the caller's condition.
        unsafe { Self::from_raw_parts(first, len, allocator) }
    }

    /// Leaves the elements to the end of the allocator's life. Their destructors do not run.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, OwnedArray, polymorphic::PoolAllocator};
    ///
    /// let pool = PoolAllocator::new(Malloc); // takes all back at its end
    /// assert_eq!(OwnedArray::leak(OwnedArray::try_fill_in(3, 7, &pool).unwrap()), [7; 3]);
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, OwnedArray};
    ///
    /// let word: Owned<[u8]> = OwnedArray::into_slice(OwnedArray::try_copy_from(b"heap").unwrap());
    /// assert_eq!(*word, *b"heap");
    /// ```
    #[inline]
    pub fn into_slice(this: Self) -> Owned<[T], A> {
        let (first, len, allocator) = Self::into_raw_parts(this);
        let elements = NonNull::slice_from_raw_parts(first, len);
        // SAFETY: the parts of a handle; a slice has the layout of the array.
        unsafe { Owned::from_raw_parts(elements, allocator) }
    }
}

impl<T, A: Allocator> OwnedArray<MaybeUninit<T>, A> {
    /// The same, as an array whose elements are built.
    ///
    /// # Safety
    ///
    /// They are: the memory holds valid elements.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::OwnedArray;
    ///
    /// let mut memory = OwnedArray::<u32>::try_new_uninit(3).unwrap();
    /// memory.fill(core::mem::MaybeUninit::new(7));
    /// // SAFETY: all three were written.
    /// assert_eq!(*unsafe { OwnedArray::assume_init(memory) }, [7; 3]);
    /// ```
    #[inline]
    pub unsafe fn assume_init(this: Self) -> OwnedArray<T, A> {
        let (first, len, allocator) = OwnedArray::into_raw_parts(this);
        // SAFETY: the parts of a handle, whose memory holds elements (the caller's condition).
        unsafe { OwnedArray::from_raw_parts(first.cast(), len, allocator) }
    }
}
