//! Handles to objects in memory of somebody else.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::destroy::destroy_last_to_first;
use crate::raw::PlacementPtr;

/// A handle to an object that was placed. Dropped, it destroys the object; the memory is whose it
/// was.
///
/// It borrows the storage as long as it lives, so the storage cannot be moved, used for anything
/// else or dropped under it. Nobody reads the storage after it, so `T` may be taken for a subtype
/// of itself.
///
/// # Invariants
///
/// 1. `object` leads to a valid object, which is the handle's alone as long as `'storage` lasts.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Storage, value};
///
/// let mut storage = Storage::<String>::new();
/// let mut name = storage.emplace(value(String::from("placed")))?;
/// name.push_str(" here");
/// assert_eq!(*name, "placed here");
/// drop(name);
/// let again = storage.emplace(value(String::from("and again")))?;
/// # drop(again);
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[must_use = "the object is destroyed at once where nobody keeps it"]
pub struct Placed<'storage, T: ?Sized> {
    object: NonNull<T>,
    /// Dropping a handle drops a `T`.
    dropped: PhantomData<T>,
    storage: PhantomData<&'storage mut ()>,
}

// SAFETY: the object is the handle's alone, and goes with it.
unsafe impl<T: ?Sized + Send> Send for Placed<'_, T> {}
// SAFETY: a shared handle lends no more than shared references.
unsafe impl<T: ?Sized + Sync> Sync for Placed<'_, T> {}

/// Moving a handle moves no object.
impl<T: ?Sized> Unpin for Placed<'_, T> {}

impl<'storage, T: ?Sized> Placed<'storage, T> {
    /// A handle to the object at `object`.
    ///
    /// # Safety
    ///
    /// There is a valid object, whose memory stays as long as `'storage` lasts, and nobody else
    /// uses or destroys it as long.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use core::ptr::NonNull;
    /// use heapwright_new::Placed;
    ///
    /// let mut slot = MaybeUninit::uninit();
    /// let object = NonNull::from(slot.write(String::from("ring")));
    /// // SAFETY: written just now; the slot outlives the handle, and nobody else uses it.
    /// let name = unsafe { Placed::from_raw(object) }; // destroys it at last
    /// assert_eq!(*name, "ring");
    /// ```
    #[inline]
    pub const unsafe fn from_raw(object: NonNull<T>) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { object, dropped: PhantomData, storage: PhantomData }
    }

    /// The pointer as C++ has it, to be destroyed by [`raw::destroy_at`](crate::raw::destroy_at).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Placed, Storage, raw, value};
    ///
    /// let mut storage = Storage::new();
    /// let name = Placed::into_raw(storage.emplace(value(String::from("C++")))?);
    /// // SAFETY: the object lives, and nobody else uses it.
    /// assert_eq!(unsafe { name.as_ref() }, "C++");
    /// // SAFETY: destroyed once, and used no more; the storage is still there.
    /// unsafe { raw::destroy_at(name) };
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub fn into_raw(this: Self) -> PlacementPtr<T> {
        let this = ManuallyDrop::new(this);
        // SAFETY: invariant 1.
        unsafe { PlacementPtr::from_raw(this.object) }
    }

    /// Leaves the object where it is as long as the storage lasts. Its destructor does not run.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Placed, Storage, zeroed};
    ///
    /// let mut storage = Storage::<[u8; 64]>::new();
    /// let buffer: &mut [u8; 64] = Placed::leak(storage.emplace(zeroed())?); // has no destructor
    /// buffer[63] = 1;
    /// assert_eq!(buffer[62..], [0, 1]);
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub fn leak(this: Self) -> &'storage mut T {
        let mut object = ManuallyDrop::new(this).object;
        // SAFETY: invariant 1; the handle is no more.
        unsafe { object.as_mut() }
    }

    /// The address of the object, which stays where it is while the handle moves.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Placed, Storage, value};
    ///
    /// let mut storage = Storage::new();
    /// let node = storage.emplace(value(7))?;
    /// let address = Placed::as_ptr(&node);
    /// let nodes = vec![node];
    /// assert_eq!(Placed::as_ptr(&nodes[0]), address);
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub const fn as_ptr(this: &Self) -> *const T {
        this.object.as_ptr()
    }
}

impl<T> Placed<'_, T> {
    /// Moves the object out of the storage.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Placed, Storage, value};
    ///
    /// let lines = {
    ///     let mut storage = Storage::new();
    ///     let mut lines = storage.emplace(value(Vec::new()))?;
    ///     lines.push("first");
    ///     Placed::into_inner(lines) // outlives the storage
    /// };
    /// assert_eq!(lines, ["first"]);
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub fn into_inner(this: Self) -> T {
        let this = ManuallyDrop::new(this);
        // SAFETY: invariant 1; the handle is no more.
        unsafe { this.object.read() }
    }
}

impl<T: ?Sized> Deref for Placed<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { self.object.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for Placed<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { self.object.as_mut() }
    }
}

impl<T: ?Sized> Drop for Placed<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: invariant 1; the handle is used no more.
        unsafe { self.object.drop_in_place() };
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Placed<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Placed<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

/// A handle to an array that was placed. Dropped, it destroys the elements, last to first.
///
/// # Invariants
///
/// 1. `elements` leads to valid elements, which are the handle's alone as long as `'storage`
///    lasts.
///
/// # Examples
///
/// ```
/// use heapwright_new::{AlignedStorage, PlacedArray, place_array, value};
///
/// let mut storage = AlignedStorage::<32, 8>::new();
/// let mut scores: PlacedArray<'_, u64> = place_array(storage.as_bytes_mut(), 3, |_| value(5))?;
/// scores[2] = 1;
/// scores.sort_unstable();
/// assert_eq!(*scores, [1, 5, 5]);
/// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
/// ```
#[must_use = "the elements are destroyed at once where nobody keeps them"]
pub struct PlacedArray<'storage, T> {
    elements: NonNull<[T]>,
    /// Dropping a handle drops a `T`.
    dropped: PhantomData<T>,
    storage: PhantomData<&'storage mut ()>,
}

// SAFETY: the elements are the handle's alone, and go with it.
unsafe impl<T: Send> Send for PlacedArray<'_, T> {}
// SAFETY: a shared handle lends no more than shared references.
unsafe impl<T: Sync> Sync for PlacedArray<'_, T> {}

/// Moving a handle moves no element.
impl<T> Unpin for PlacedArray<'_, T> {}

impl<'storage, T> PlacedArray<'storage, T> {
    /// A handle to the elements at `elements`.
    ///
    /// # Safety
    ///
    /// They are valid, their memory stays as long as `'storage` lasts, and nobody else uses or
    /// destroys them as long.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::ManuallyDrop;
    /// use core::ptr::NonNull;
    /// use heapwright_new::PlacedArray;
    /// use std::rc::Rc;
    ///
    /// let shared = Rc::new(7);
    /// let mut slots = ManuallyDrop::new([Rc::clone(&shared), Rc::clone(&shared)]);
    /// let elements = NonNull::from(&mut slots[..]);
    /// // SAFETY: both are valid; the slots outlive the handle, and destroy nothing themselves.
    /// drop(unsafe { PlacedArray::from_raw(elements) });
    /// assert_eq!(Rc::strong_count(&shared), 1);
    /// ```
    #[inline]
    pub const unsafe fn from_raw(elements: NonNull<[T]>) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { elements, dropped: PhantomData, storage: PhantomData }
    }

    /// Leaves the elements where they are as long as the storage lasts. Their destructors do not
    /// run.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{PlacedArray, place_array, value};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 8];
    /// let pixels: &mut [u8] = PlacedArray::leak(place_array(&mut bytes, 8, |_| value(255))?);
    /// pixels[..6].fill(0);
    /// assert_eq!(pixels, [0, 0, 0, 0, 0, 0, 255, 255]);
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn leak(this: Self) -> &'storage mut [T] {
        let mut elements = ManuallyDrop::new(this).elements;
        // SAFETY: invariant 1; the handle is no more.
        unsafe { elements.as_mut() }
    }
}

impl<T> Deref for PlacedArray<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { self.elements.as_ref() }
    }
}

impl<T> DerefMut for PlacedArray<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: invariant 1; the elements are lent no longer than the handle.
        unsafe { self.elements.as_mut() }
    }
}

impl<T> Drop for PlacedArray<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: invariant 1; the handle is used no more.
        unsafe { destroy_last_to_first(self.elements.as_ptr().cast::<T>(), self.elements.len()) };
    }
}

impl<T: fmt::Debug> fmt::Debug for PlacedArray<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
