//! `unsize!`: from a handle to an object to a handle to what the object is.
//!
//! Stable Rust lets nobody but the standard library turn a `Handle<Echo>` into a `Handle<dyn
//! Plugin>`. It does turn a `*mut Echo` into a `*mut dyn Plugin` wherever that is due. So a handle
//! is taken apart, the compiler converts its pointer, and the handle is put together again. A
//! function that is given the conversion could not do this safely: it could be given another
//! object's pointer, or another table of functions.

use core::pin::Pin;

use allocator_api2::alloc::Allocator;

use crate::raw::NewPtr;
use crate::{Owned, Placed};

/// Turns a handle to an object into one to a trait or slice of it: `unsize!(handle => dyn Trait)`.
///
/// It takes [`Owned`], `Pin<Owned>`, [`Placed`] and [`NewPtr`]. Deleted by the new handle, the
/// object's own destructor runs, and memory goes back with the object's own layout.
///
/// # Examples
///
/// ```
/// use core::fmt::Display;
/// use heapwright_new::{Owned, unsize};
///
/// let shown = unsize!(Owned::new(7) => dyn Display);
/// assert_eq!(shown.to_string(), "7");
///
/// let slice: Owned<[i32]> = unsize!(Owned::new([1, 2, 3]) => [i32]);
/// assert_eq!(slice.len(), 3);
/// ```
///
/// What the object is not, it does not become:
///
/// ```compile_fail,E0277
/// use heapwright_new::{Owned, unsize};
///
/// let shown = unsize!(Owned::new(Some(7)) => dyn core::fmt::Display);
/// ```
#[macro_export]
macro_rules! unsize {
    ($handle:expr => $type:ty) => {
        match $crate::__private::Handle::take_apart($handle) {
            (pointer, rest) => {
                let pointer: *mut $type = pointer;
                // SAFETY: the parts of a handle, of which the compiler converted the pointer, which
                // is still to the same object.
                unsafe { $crate::__private::Reassemble::put_together(rest, pointer) }
            }
        }
    };
}

/// A handle that can be taken apart.
///
/// # Safety
///
/// The rest, with the pointer or one that the compiler made of it, makes a handle to the same
/// object again.
pub unsafe trait Handle {
    /// What it is a handle to.
    type Object: ?Sized;
    /// The handle, less its pointer.
    type Rest;

    /// The pointer and the rest.
    fn take_apart(self) -> (*mut Self::Object, Self::Rest);
}

/// What is left of a handle without its pointer, for an object of type `U`.
pub trait Reassemble<U: ?Sized> {
    /// The handle to a `U`.
    type Handle;

    /// Puts the handle together.
    ///
    /// # Safety
    ///
    /// `self` and `pointer` come from one call of [`Handle::take_apart`], and nothing but an
    /// implicit conversion happened to the pointer.
    unsafe fn put_together(self, pointer: *mut U) -> Self::Handle;
}

macro_rules! rests {
    ($($(#[$meta:meta])* $name:ident<$($parameter:ident),*>($inner:ty);)+) => { $(
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name<$($parameter),*>($inner);
    )+ };
}

rests! {
    /// The rest of an [`Owned`].
    OwnedRest<A>(A);
    /// The rest of a pinned [`Owned`].
    PinnedRest<A>(A);
    /// The rest of a [`NewPtr`].
    NewPtrRest<A>(A);
}

/// The rest of a [`Placed`].
#[derive(Debug)]
pub struct PlacedRest<'storage>(core::marker::PhantomData<&'storage mut ()>);

// SAFETY: the rest is the allocator, to which the memory belongs.
unsafe impl<T: ?Sized, A: Allocator> Handle for Owned<T, A> {
    type Object = T;
    type Rest = OwnedRest<A>;

    #[inline]
    fn take_apart(self) -> (*mut T, OwnedRest<A>) {
        let (pointer, allocator) = Self::into_raw_parts(self);
        (pointer.as_ptr(), OwnedRest(allocator))
    }
}

impl<U: ?Sized, A: Allocator> Reassemble<U> for OwnedRest<A> {
    type Handle = Owned<U, A>;

    #[inline]
    unsafe fn put_together(self, pointer: *mut U) -> Owned<U, A> {
        // SAFETY: a handle's pointer is not null.
        let pointer = unsafe { core::ptr::NonNull::new_unchecked(pointer) };
        // SAFETY: the parts of a handle (the caller's condition).
        unsafe { Owned::from_raw_parts(pointer, self.0) }
    }
}

// SAFETY: as for `Owned`.
unsafe impl<T: ?Sized, A: Allocator> Handle for Pin<Owned<T, A>> {
    type Object = T;
    type Rest = PinnedRest<A>;

    #[inline]
    fn take_apart(self) -> (*mut T, PinnedRest<A>) {
        // SAFETY: the object is not moved.
        let owned = unsafe { Pin::into_inner_unchecked(self) };
        let (pointer, allocator) = Owned::into_raw_parts(owned);
        (pointer.as_ptr(), PinnedRest(allocator))
    }
}

impl<U: ?Sized, A: Allocator> Reassemble<U> for PinnedRest<A> {
    type Handle = Pin<Owned<U, A>>;

    #[inline]
    unsafe fn put_together(self, pointer: *mut U) -> Pin<Owned<U, A>> {
        // SAFETY: the parts of a handle (the caller's condition).
        let owned = unsafe { OwnedRest(self.0).put_together(pointer) };
        // SAFETY: it was pinned before.
        unsafe { Pin::new_unchecked(owned) }
    }
}

// SAFETY: as for `Owned`.
unsafe impl<T: ?Sized, A> Handle for NewPtr<T, A> {
    type Object = T;
    type Rest = NewPtrRest<A>;

    #[inline]
    fn take_apart(self) -> (*mut T, NewPtrRest<A>) {
        let (pointer, allocator) = self.into_raw_parts();
        (pointer.as_ptr(), NewPtrRest(allocator))
    }
}

impl<U: ?Sized, A> Reassemble<U> for NewPtrRest<A> {
    type Handle = NewPtr<U, A>;

    #[inline]
    unsafe fn put_together(self, pointer: *mut U) -> NewPtr<U, A> {
        // SAFETY: a handle's pointer is not null.
        let pointer = unsafe { core::ptr::NonNull::new_unchecked(pointer) };
        // SAFETY: the parts of a handle (the caller's condition).
        unsafe { NewPtr::from_raw_parts(pointer, self.0) }
    }
}

// SAFETY: the rest is the storage's borrow.
unsafe impl<'storage, T: ?Sized> Handle for Placed<'storage, T> {
    type Object = T;
    type Rest = PlacedRest<'storage>;

    #[inline]
    fn take_apart(self) -> (*mut T, PlacedRest<'storage>) {
        (Self::into_raw(self).into_ptr(), PlacedRest(core::marker::PhantomData))
    }
}

impl<'storage, U: ?Sized> Reassemble<U> for PlacedRest<'storage> {
    type Handle = Placed<'storage, U>;

    #[inline]
    unsafe fn put_together(self, pointer: *mut U) -> Placed<'storage, U> {
        // SAFETY: a handle's pointer is not null.
        let pointer = unsafe { core::ptr::NonNull::new_unchecked(pointer) };
        // SAFETY: the object was the handle's, whose borrow of the storage this one has.
        unsafe { Placed::from_raw(pointer) }
    }
}
