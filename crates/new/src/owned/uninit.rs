//! Memory that waits for its object.

use core::mem::MaybeUninit;
use core::pin::Pin;

use allocator_api2::alloc::Allocator;

use super::Owned;
use crate::{Init, PinInit, StaticAllocator};

impl<T, A: Allocator> Owned<MaybeUninit<T>, A> {
    /// Builds the object in its memory.
    ///
    /// # Errors
    ///
    /// The constructor's; then the memory went back.
    ///
    /// # Examples
    ///
    /// In two steps, each of which fails by an error of its own:
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let memory = Owned::<f64>::try_new_uninit()?;
    /// let width = Owned::emplace(memory, "2.5".parse())?;
    /// assert_eq!(*width, 2.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn emplace<I: Init<T>>(mut this: Self, init: I) -> Result<Owned<T, A>, I::Error> {
        let slot = Self::as_mut_ptr(&mut this).cast::<T>();
        // SAFETY: the memory is for a `T`, and this handle's alone. Where this fails or panics,
        // the handle gives the memory back.
        unsafe { init.pin_init_at(slot) }?;
        // SAFETY: built just now.
        Ok(unsafe { Self::assume_init(this) })
    }

    /// Builds the object in its memory, where it then stays.
    ///
    /// # Errors
    ///
    /// The constructor's; then the memory went back.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_new::{Owned, value};
    ///
    /// let memory = Owned::try_new_uninit()?;
    /// let Ok(mut task) = Owned::emplace_pin(memory, value(async { 7 })); // no other way out
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert_eq!(task.as_mut().poll(&mut context), Poll::Ready(7));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn emplace_pin<I: PinInit<T>>(mut this: Self, init: I) -> Result<Pin<Owned<T, A>>, I::Error>
    where
        A: StaticAllocator,
    {
        let slot = Self::as_mut_ptr(&mut this).cast::<T>();
        // SAFETY: the memory is for a `T`, and this handle's alone; below, the object is pinned.
        unsafe { init.pin_init_at(slot) }?;
        // SAFETY: built just now.
        Ok(Owned::into_pin(unsafe { Self::assume_init(this) }))
    }

    /// Builds the object from a value.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let memory = Owned::<String>::try_new_uninit()?; // what may fail comes first
    /// let name = Owned::write(memory, String::from("placed"));
    /// assert_eq!(*name, "placed");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn write(mut this: Self, value: T) -> Owned<T, A> {
        MaybeUninit::write(&mut this, value);
        // SAFETY: written just now.
        unsafe { Self::assume_init(this) }
    }

    /// The same, as an object that is built.
    ///
    /// # Safety
    ///
    /// It is: the memory holds a valid `T`.
    ///
    /// # Examples
    ///
    /// What a function of C has filled:
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let mut time = Owned::<libc::timespec>::try_new_uninit()?;
    /// // SAFETY: the memory is for a time, and ours.
    /// assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, time.as_mut_ptr()) }, 0);
    /// // SAFETY: written just now.
    /// let time = unsafe { Owned::assume_init(time) };
    /// assert!(time.tv_sec > 0);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub unsafe fn assume_init(this: Self) -> Owned<T, A> {
        let (pointer, allocator) = Owned::into_raw_parts(this);
        // SAFETY: the parts of a handle, whose memory holds a `T` (the caller's condition).
        unsafe { Owned::from_raw_parts(pointer.cast(), allocator) }
    }
}
