//! `Owned`: an object that `new` made, and that is deleted when its handle goes.
//!
//! ```text
//!   Owned<T, A>   │ pointer │ allocator │    one word where the allocator is no more than a name
//!                      │
//!                      ▼
//!                 │ object │               in a block of `allocator`; none where T has no size
//! ```
//!
//! A handle is no `Box`: it holds a raw pointer, so that an object may refer to itself, and the
//! layout that goes back to the allocator is the object's own, whatever the handle's type says of
//! it by now.

mod construct;
mod convert;
mod forward;
mod uninit;

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use crate::allocate::GivesBack;

/// A handle to an object that `new` made. Dropped, it destroys the object and gives its memory
/// back: the `delete` that cannot be forgotten, doubled or of the wrong form.
///
/// One word for a sized `T` and an allocator that is a mere name, as [`Malloc`] is. An object
/// without a size takes no memory; its destructor runs all the same.
///
/// Functions are called as `Owned::leak(handle)`, so that they hide none of the object's own.
///
/// # Invariants
///
/// 1. `pointer` leads to a valid object, which is the handle's alone.
/// 2. Its memory came from `allocator` for the layout that the object has, or the object has no
///    size.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, unsize};
///
/// trait Plugin {
///     fn run(&self, text: &str) -> String;
/// }
///
/// #[derive(Default)]
/// struct Echo {
///     prefix: String,
/// }
///
/// impl Plugin for Echo {
///     fn run(&self, text: &str) -> String {
///         format!("{}{text}", self.prefix)
///     }
/// }
///
/// let plugin: Owned<dyn Plugin> = unsize!(Owned::new(Echo::default()) => dyn Plugin);
/// assert_eq!(plugin.run("hello"), "hello");
/// // Dropped here: the destructor of `Echo` runs, and all of its bytes go back.
/// ```
pub struct Owned<
    T: ?Sized,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    pointer: NonNull<T>,
    allocator: A,
    /// Dropping a handle drops a `T`.
    object: PhantomData<T>,
}

// SAFETY: the object and the allocator are the handle's alone, and go with it.
unsafe impl<T: ?Sized + Send, A: Allocator + Send> Send for Owned<T, A> {}
// SAFETY: a shared handle lends no more than shared references to both.
unsafe impl<T: ?Sized + Sync, A: Allocator + Sync> Sync for Owned<T, A> {}

/// Moving a handle moves no object.
impl<T: ?Sized, A: Allocator> Unpin for Owned<T, A> {}

impl<T: ?Sized, A: Allocator> Owned<T, A> {
    /// A handle to the object at `pointer`.
    ///
    /// For objects that came from [`into_raw_parts`](Self::into_raw_parts), or that somebody else
    /// made: C++, say, by an `operator new` that ends in the same `malloc` as `allocator`.
    ///
    /// # Safety
    ///
    /// - `pointer` leads to a valid object, which nobody else uses or destroys from now on.
    /// - Its memory came from `allocator` for the layout of that object, or the object has no
    ///   size.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let (pointer, malloc) = Owned::into_raw_parts(Owned::new(7));
    /// // SAFETY: it came from a handle just now, which is no more.
    /// let number = unsafe { Owned::from_raw_parts(pointer, malloc) };
    /// assert_eq!(*number, 7);
    /// ```
    #[inline]
    pub const unsafe fn from_raw_parts(pointer: NonNull<T>, allocator: A) -> Self {
        // INVARIANT: 1 and 2 are the caller's conditions.
        Self { pointer, allocator, object: PhantomData }
    }

    /// The object and its allocator. Nothing destroys the object any more.
    ///
    /// # Examples
    ///
    /// C keeps an address for us, as it does with a `void *` beside a callback:
    ///
    /// ```
    /// use core::ffi::c_void;
    /// use core::ptr::NonNull;
    /// use heapwright_new::{Malloc, Owned};
    ///
    /// let (request, Malloc) = Owned::into_raw_parts(Owned::new(String::from("GET /")));
    /// let kept_by_c: NonNull<c_void> = request.cast();
    /// // SAFETY: the same address came back, and C forgot it.
    /// let request = unsafe { Owned::from_raw_parts(kept_by_c.cast::<String>(), Malloc) };
    /// assert_eq!(*request, "GET /");
    /// ```
    #[inline]
    #[must_use = "without its parts the object leaks"]
    pub fn into_raw_parts(this: Self) -> (NonNull<T>, A) {
        let this = ManuallyDrop::new(this);
        // SAFETY: valid for reads; what is read is not dropped again.
        let allocator = unsafe { ptr::read(&raw const this.allocator) };
        (this.pointer, allocator)
    }

    /// The allocator that the memory goes back to.
    ///
    /// # Examples
    ///
    /// A second object beside the first one, wherever that is:
    ///
    /// ```
    /// use heapwright_new::{Allocator, BadAlloc, Owned};
    ///
    /// fn twin<A: Allocator + Clone>(first: &Owned<u32, A>) -> Result<Owned<u32, A>, BadAlloc> {
    ///     Owned::try_new_in(**first, Owned::allocator(first).clone())
    /// }
    /// assert_eq!(*twin(&Owned::new(7))?, 7);
    /// # Ok::<(), BadAlloc>(())
    /// ```
    #[inline]
    pub const fn allocator(this: &Self) -> &A {
        &this.allocator
    }

    /// The address of the object, which stays where it is while the handle moves.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let first = Owned::new(7);
    /// let address = Owned::as_ptr(&first);
    /// let mut numbers = vec![first];
    /// numbers.reserve(1000); // moves the handles, and no number
    /// assert!(core::ptr::eq(Owned::as_ptr(&numbers[0]), address));
    /// ```
    #[inline]
    pub const fn as_ptr(this: &Self) -> *const T {
        this.pointer.as_ptr()
    }

    /// The address of the object, to write to.
    ///
    /// # Examples
    ///
    /// For what writes by an address, as the functions of C do:
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let mut page = Owned::new([0_u8; 4096]);
    /// // SAFETY: the address is valid for writes of a page.
    /// unsafe { Owned::as_mut_ptr(&mut page).write_bytes(0xFF, 1) };
    /// assert_eq!(page[4095], 0xFF);
    /// ```
    #[inline]
    pub const fn as_mut_ptr(this: &mut Self) -> *mut T {
        this.pointer.as_ptr()
    }
}

impl<T: ?Sized, A: Allocator> Deref for Owned<T, A> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { self.pointer.as_ref() }
    }
}

impl<T: ?Sized, A: Allocator> DerefMut for Owned<T, A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { self.pointer.as_mut() }
    }
}

impl<T: ?Sized, A: Allocator> Drop for Owned<T, A> {
    #[inline]
    fn drop(&mut self) {
        // Asked before the object is destroyed; for `dyn Trait`, the table of functions knows.
        let layout = Layout::for_value::<T>(self);
        // SAFETY: invariant 2; the handle is used no more.
        let _memory = unsafe { GivesBack::new(self.pointer.cast(), layout, &self.allocator) };
        // SAFETY: invariant 1. Where this panics the memory goes back all the same.
        unsafe { self.pointer.drop_in_place() };
    }
}
