//! Destroying delete: types that destroy themselves and give their own memory back.
//!
//! C++20 lets a class take over all of `delete`: its `operator delete` with a
//! `std::destroying_delete_t` is handed an object that still lives. That serves objects whose size
//! is not that of their type, such as a header with its text behind it:
//!
//! ```text
//!   │ len │ b y t e s …      │      one block, of which the type knows the first word
//! ```

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

/// A type that destroys itself and gives its own memory back.
///
/// # Safety
///
/// [`destroying_delete`](Self::destroying_delete) destroys the object and gives all of its memory
/// back, once.
///
/// # Examples
///
/// Deleted by way of what it begins with, and without a table of functions: a tag says what it is.
///
/// ```
/// use core::ptr::NonNull;
/// use heapwright_new::{DestroyingDelete, Malloc, Owned, SelfDeleting};
/// use std::rc::Rc;
///
/// #[repr(C)]
/// struct Node {
///     is_leaf: bool,
/// }
///
/// #[repr(C)]
/// struct Leaf {
///     node: Node,
///     text: Rc<str>,
/// }
///
/// // SAFETY: the handle of the whole destroys it and gives its memory back.
/// unsafe impl DestroyingDelete<Malloc> for Node {
///     unsafe fn destroying_delete(this: NonNull<Self>, heap: &Malloc) {
///         // SAFETY: the object lives.
///         if unsafe { this.as_ref() }.is_leaf {
///             // SAFETY: so it begins a leaf, which nobody uses any more.
///             drop(unsafe { Owned::from_raw_parts(this.cast::<Leaf>(), *heap) });
///         } else {
///             // SAFETY: so it is a whole node, which nobody uses any more.
///             drop(unsafe { Owned::from_raw_parts(this, *heap) });
///         }
///     }
/// }
///
/// let text: Rc<str> = "leaf".into();
/// let leaf = Owned::new(Leaf { node: Node { is_leaf: true }, text: text.clone() });
/// let (leaf, heap) = Owned::into_raw_parts(leaf);
/// // SAFETY: it was a handle's, and begins with a node that says what it is.
/// drop(unsafe { SelfDeleting::from_raw_parts(leaf.cast::<Node>(), heap) });
/// assert_eq!(Rc::strong_count(&text), 1);
/// ```
pub unsafe trait DestroyingDelete<A: Allocator> {
    /// Destroys the object at `this` and gives its memory back to `allocator`.
    ///
    /// # Safety
    ///
    /// - `this` leads to a valid object, which nobody uses any more.
    /// - Its memory came from `allocator`, for the layout that the type makes its objects with.
    ///
    /// # Examples
    ///
    /// For objects that are kept by their addresses alone:
    ///
    /// ```
    /// use core::ptr::NonNull;
    /// use heapwright_new::{DestroyingDelete, Malloc, Owned};
    /// use std::rc::Rc;
    ///
    /// struct Listener(Rc<()>);
    ///
    /// // SAFETY: a handle destroys the object and gives its memory back.
    /// unsafe impl DestroyingDelete<Malloc> for Listener {
    ///     unsafe fn destroying_delete(this: NonNull<Self>, heap: &Malloc) {
    ///         // SAFETY: the caller's conditions; a listener's layout is that of its type.
    ///         drop(unsafe { Owned::from_raw_parts(this, *heap) });
    ///     }
    /// }
    ///
    /// let events = Rc::new(());
    /// let listen = || Owned::into_raw_parts(Owned::new(Listener(events.clone()))).0;
    /// for listener in [listen(), listen()] {
    ///     // SAFETY: each came from a handle just now, and is used no more.
    ///     unsafe { Listener::destroying_delete(listener, &Malloc) };
    /// }
    /// assert_eq!(Rc::strong_count(&events), 1);
    /// ```
    unsafe fn destroying_delete(this: NonNull<Self>, allocator: &A);
}

/// A handle to an object that deletes itself. Dropped, it calls
/// [`DestroyingDelete::destroying_delete`] and does nothing more.
///
/// # Invariants
///
/// 1. `object` leads to a valid object, which is the handle's alone, and whose memory came from
///    `allocator` for the layout that the type makes its objects with.
///
/// # Examples
///
/// A text whose bytes stand behind its header, in one block:
///
/// ```
/// use core::alloc::Layout;
/// use core::ptr::NonNull;
/// use heapwright_new::{AllocError, Allocator, DestroyingDelete, Malloc, SelfDeleting};
///
/// struct Text {
///     len: usize,
/// }
///
/// impl Text {
///     fn layout(len: usize) -> Layout {
///         Layout::from_size_align(size_of::<Self>() + len, align_of::<Self>()).unwrap()
///     }
///
///     fn new<A: Allocator>(text: &str, heap: A) -> Result<SelfDeleting<Self, A>, AllocError> {
///         let block = heap.allocate(Self::layout(text.len()))?.cast::<Self>();
///         // SAFETY: the block is large enough for a header, aligned for it, and ours.
///         unsafe { block.write(Self { len: text.len() }) };
///         // SAFETY: the bytes are behind the header.
///         let bytes = unsafe { block.add(1) }.cast::<u8>();
///         // SAFETY: as many were asked for.
///         unsafe { bytes.copy_from_nonoverlapping(NonNull::from(text).cast(), text.len()) };
///         // SAFETY: built just now, in a block of this layout.
///         Ok(unsafe { SelfDeleting::from_raw_parts(block, heap) })
///     }
/// }
///
/// // SAFETY: a text has no destructor, and its block is of this layout.
/// unsafe impl<A: Allocator> DestroyingDelete<A> for Text {
///     unsafe fn destroying_delete(this: NonNull<Self>, heap: &A) {
///         // SAFETY: the object lives.
///         let len = unsafe { this.as_ref() }.len;
///         // SAFETY: of this allocator and layout.
///         unsafe { heap.deallocate(this.cast(), Self::layout(len)) };
///     }
/// }
///
/// let text = Text::new("behind the header", Malloc)?;
/// assert_eq!(text.len, 17);
/// # Ok::<(), AllocError>(())
/// ```
#[must_use = "the object is deleted at once where nobody keeps it"]
pub struct SelfDeleting<
    T: ?Sized + DestroyingDelete<A>,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    object: NonNull<T>,
    allocator: A,
    /// Dropping a handle drops a `T`.
    dropped: PhantomData<T>,
}

// SAFETY: the object and the allocator are the handle's alone, and go with it.
unsafe impl<T: ?Sized + DestroyingDelete<A> + Send, A: Allocator + Send> Send
    for SelfDeleting<T, A>
{
}
// SAFETY: a shared handle lends no more than shared references to the object.
unsafe impl<T: ?Sized + DestroyingDelete<A> + Sync, A: Allocator + Sync> Sync
    for SelfDeleting<T, A>
{
}

/// Moving a handle moves no object.
impl<T: ?Sized + DestroyingDelete<A>, A: Allocator> Unpin for SelfDeleting<T, A> {}

impl<T: ?Sized + DestroyingDelete<A>, A: Allocator> SelfDeleting<T, A> {
    /// A handle to the object at `object`.
    ///
    /// # Safety
    ///
    /// It is valid, nobody else uses or destroys it from now on, and its memory came from
    /// `allocator` for the layout that the type makes its objects with.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::{alloc::Layout, ptr::NonNull};
    /// use heapwright_new::{AllocError, Allocator, DestroyingDelete, Malloc, SelfDeleting};
    ///
    /// struct Point(i32, i32);
    ///
    /// // SAFETY: a point has no destructor, and its block is of this layout.
    /// unsafe impl<A: Allocator> DestroyingDelete<A> for Point {
    ///     unsafe fn destroying_delete(this: NonNull<Self>, heap: &A) {
    ///         // SAFETY: of this allocator and layout.
    ///         unsafe { heap.deallocate(this.cast(), Layout::new::<Self>()) };
    ///     }
    /// }
    ///
    /// let block = Malloc.allocate(Layout::new::<Point>())?.cast::<Point>();
    /// // SAFETY: the block is for a point, and ours.
    /// unsafe { block.write(Point(3, 4)) };
    /// // SAFETY: built just now, in a block of this layout.
    /// let point = unsafe { SelfDeleting::from_raw_parts(block, Malloc) };
    /// assert_eq!(point.0 + point.1, 7);
    /// # Ok::<(), AllocError>(())
    /// ```
    pub const unsafe fn from_raw_parts(object: NonNull<T>, allocator: A) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self { object, allocator, dropped: PhantomData }
    }
}

// No `DerefMut`: by a swap, the header of one object would come before the rest of another.
impl<T: ?Sized + DestroyingDelete<A>, A: Allocator> Deref for SelfDeleting<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: invariant 1; the object is lent no longer than the handle.
        unsafe { self.object.as_ref() }
    }
}

impl<T: ?Sized + DestroyingDelete<A>, A: Allocator> Drop for SelfDeleting<T, A> {
    fn drop(&mut self) {
        // SAFETY: invariant 1; the handle is used no more.
        unsafe { T::destroying_delete(self.object, &self.allocator) };
    }
}

impl<T: ?Sized + DestroyingDelete<A> + fmt::Debug, A: Allocator> fmt::Debug for SelfDeleting<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
