//! From a handle to a value, a reference, a pointer, a pinned handle or a `Box`, and back.

use core::mem::MaybeUninit;
use core::pin::Pin;

use allocator_api2::alloc::Allocator;

use super::Owned;
use crate::StaticAllocator;
use crate::raw::NewPtr;

impl<T, A: Allocator> Owned<T, A> {
    /// Moves the object out, and gives its memory back.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let name = Owned::new(String::from("heap"));
    /// let name: String = Owned::into_inner(name);
    /// assert_eq!(name, "heap");
    /// ```
    #[inline]
    pub fn into_inner(this: Self) -> T {
        let (pointer, allocator) = Self::into_raw_parts(this);
        // SAFETY: the parts of a handle; uninitialised memory is valid as such, and its handle
        // drops no object.
        let memory = unsafe { Owned::from_raw_parts(pointer.cast::<MaybeUninit<T>>(), allocator) };
        // SAFETY: the object is valid, and nobody else reads it any more.
        unsafe { memory.assume_init_read() }
    }
}

impl<T: ?Sized, A: Allocator> Owned<T, A> {
    /// Leaves the object to the end of the allocator's life. Its destructor does not run.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let number: &'static mut u32 = Owned::leak(Owned::new(7));
    /// *number += 1;
    /// # // SAFETY: leaked just now, and not used afterwards.
    /// # drop(unsafe { Owned::from_raw_parts(number.into(), heapwright_new::Malloc) });
    /// ```
    #[inline]
    pub fn leak<'a>(this: Self) -> &'a mut T
    where
        A: 'a,
    {
        let this = core::mem::ManuallyDrop::new(this);
        let mut pointer = this.pointer;
        // SAFETY: valid, and nobody else's from now on; the allocator is not dropped either.
        unsafe { pointer.as_mut() }
    }

    /// The pointer as C++ has it, to be deleted by [`raw::delete`](crate::raw::delete). It cannot
    /// be copied, so it cannot be deleted twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, raw};
    ///
    /// let mut number = Owned::into_raw(Owned::new(7));
    /// // SAFETY: nobody else has the address.
    /// *unsafe { number.as_mut() } += 1;
    /// // SAFETY: as before.
    /// assert_eq!(*unsafe { number.as_ref() }, 8);
    /// // SAFETY: nobody uses it any more.
    /// unsafe { raw::delete(number) };
    /// ```
    #[inline]
    pub fn into_raw(this: Self) -> NewPtr<T, A> {
        let (pointer, allocator) = Self::into_raw_parts(this);
        // SAFETY: the parts of a handle.
        unsafe { NewPtr::from_raw_parts(pointer, allocator) }
    }

    /// A handle to an object from [`raw::new`](crate::raw::new) or [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    ///
    /// The object was not destroyed, and nobody uses it through a copy of its address any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, raw, value};
    ///
    /// let number = raw::new(value(7))?;
    /// // SAFETY: nobody else has the address.
    /// let number = unsafe { Owned::from_raw(number) };
    /// assert_eq!(*number, 7);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub unsafe fn from_raw(pointer: NewPtr<T, A>) -> Self {
        let (pointer, allocator) = pointer.into_raw_parts();
        // SAFETY: the parts of what was a handle; the rest is the caller's condition.
        unsafe { Self::from_raw_parts(pointer, allocator) }
    }

    /// The same object, which from now on stays where it is.
    ///
    /// Only over a [`StaticAllocator`]: otherwise the handle could be forgotten, and the memory
    /// used again under an object that was never destroyed.
    ///
    /// # Examples
    ///
    /// A future whose type is forgotten, and which is pinned then to be polled:
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_new::{Owned, unsize};
    ///
    /// let task = unsize!(Owned::new(async { 7 }) => dyn Future<Output = u32>);
    /// let mut task = Owned::into_pin(task);
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert_eq!(task.as_mut().poll(&mut context), Poll::Ready(7));
    /// ```
    ///
    /// An arena on the stack keeps no such promise:
    ///
    /// ```compile_fail,E0597
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 64];
    /// let arena = Monotonic::new(&mut bytes, NullAllocator);
    /// let number = Owned::try_new_in(7, &arena).unwrap();
    /// let pinned = Owned::into_pin(number);
    /// ```
    #[inline]
    pub fn into_pin(this: Self) -> Pin<Self>
    where
        A: StaticAllocator,
    {
        // SAFETY: no function of a handle moves the object out of a pinned one, and the memory
        // stays until the object is destroyed, as a `StaticAllocator` promises.
        unsafe { Pin::new_unchecked(this) }
    }
}

impl<T: ?Sized, A: StaticAllocator> From<Owned<T, A>> for Pin<Owned<T, A>> {
    #[inline]
    fn from(owned: Owned<T, A>) -> Self {
        Owned::into_pin(owned)
    }
}

/// Between the handles of one allocator: memory is the allocator's, whichever type holds it.
#[cfg(feature = "alloc")]
mod boxes {
    use allocator_api2::alloc::{Allocator, Global};
    use allocator_api2::boxed::Box as BoxIn;
    use core::ptr::NonNull;

    use crate::Owned;

    impl<T: ?Sized> From<alloc::boxed::Box<T>> for Owned<T, Global> {
        /// The object stays where it is.
        ///
        /// # Examples
        ///
        /// ```
        /// use heapwright_new::Owned;
        ///
        /// let shown: Box<dyn core::fmt::Display> = Box::new(7);
        /// let shown = Owned::from(shown);
        /// assert_eq!(shown.to_string(), "7");
        /// assert_eq!(Owned::into_box(shown).to_string(), "7");
        /// ```
        fn from(boxed: alloc::boxed::Box<T>) -> Self {
            let pointer = NonNull::from(alloc::boxed::Box::leak(boxed));
            // SAFETY: a box's object is valid and its own, and its memory the global allocator's
            // for the object's layout; without a size it has none.
            unsafe { Self::from_raw_parts(pointer, Global) }
        }
    }

    impl<T: ?Sized> Owned<T, Global> {
        /// The same object in a std `Box`. It stays where it is.
        ///
        /// # Examples
        ///
        /// For a library that asks for a `Box`:
        ///
        /// ```
        /// use heapwright_new::{Global, Owned};
        ///
        /// let name = Owned::new_in(String::from("worker"), Global);
        /// let boxed: Box<String> = Owned::into_box(name);
        /// assert_eq!(boxed.into_bytes(), b"worker");
        /// ```
        #[must_use]
        pub fn into_box(this: Self) -> alloc::boxed::Box<T> {
            let (pointer, Global) = Owned::into_raw_parts(this);
            // SAFETY: a handle's object is valid and its own, and its memory the global
            // allocator's for the object's layout; without a size it has none.
            unsafe { alloc::boxed::Box::from_raw(pointer.as_ptr()) }
        }
    }

    impl<T: ?Sized, A: Allocator> From<BoxIn<T, A>> for Owned<T, A> {
        fn from(boxed: BoxIn<T, A>) -> Self {
            let (pointer, allocator) = BoxIn::into_non_null_with_allocator(boxed);
            // SAFETY: a box's object is valid and its own, and its memory the allocator's for the
            // object's layout; without a size it has none.
            unsafe { Self::from_raw_parts(pointer, allocator) }
        }
    }

    impl<T: ?Sized, A: Allocator> Owned<T, A> {
        /// The same object in a `Box` of allocator-api2. It stays where it is.
        ///
        /// # Errors
        ///
        /// The handle itself where the object has no size: nobody asked the allocator for memory
        /// then, but that `Box` would give it some back.
        ///
        /// # Examples
        ///
        /// ```
        /// use heapwright_new::{Global, Owned};
        ///
        /// let boxed = Owned::into_box_in(Owned::new_in(7, Global)).unwrap();
        /// assert_eq!(*boxed, 7);
        /// assert!(Owned::into_box_in(Owned::new_in((), Global)).is_err());
        /// ```
        pub fn into_box_in(this: Self) -> Result<BoxIn<T, A>, Self> {
            if size_of_val(&*this) == 0 {
                return Err(this);
            }
            let (pointer, allocator) = Owned::into_raw_parts(this);
            // SAFETY: a handle's object is valid and its own, and its memory the allocator's for
            // the object's layout, which has a size.
            Ok(unsafe { BoxIn::from_raw_in(pointer.as_ptr(), allocator) })
        }
    }
}
