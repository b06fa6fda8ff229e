//! New-handlers: a last try before memory is refused.
//!
//! ```text
//!   allocate ──▶ refused ──▶ handler(layout, attempt) ──▶ Retry: allocate again
//!                                                     └─▶ Fail:  BadAlloc
//! ```
//!
//! As in C++, one handler is the process's; unlike in C++, an allocator may have one of its own,
//! and a handler says which way it decided instead of returning or throwing. The handlers of C++
//! itself live in its own library, and neither calls the other.

use core::alloc::Layout;
use core::fmt;
use core::mem::transmute;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use allocator_api2::alloc::{AllocError, Allocator};

use crate::{BadAlloc, StaticAllocator};

/// What a handler decided.
///
/// # Examples
///
/// A handler that gives up after the third refusal of a request:
///
/// ```
/// use core::cell::Cell;
/// use heapwright_new::polymorphic::NullAllocator;
/// use heapwright_new::{HandlerVerdict, Owned, WithHandler};
///
/// let refusals = Cell::new(0);
/// let heap = WithHandler::new(NullAllocator, |_, attempt| {
///     refusals.set(refusals.get() + 1);
///     if attempt < 2 { HandlerVerdict::Retry } else { HandlerVerdict::Fail }
/// });
/// assert!(Owned::try_new_in(7, heap).is_err());
/// assert_eq!(refusals.get(), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerVerdict {
    /// There may be memory now: the allocator is asked again.
    Retry,
    /// There is none: the request is refused.
    Fail,
}

/// Is given the layout that was refused and how often this request was refused before, and
/// perhaps gives memory back to the allocator.
///
/// It may be called by several threads at once.
///
/// # Examples
///
/// ```
/// use core::sync::atomic::{AtomicUsize, Ordering};
/// use heapwright_new::{HandlerVerdict, NewHandler, OwnedArray, set_new_handler};
///
/// static LARGEST_REFUSED: AtomicUsize = AtomicUsize::new(0);
///
/// const NOTE: NewHandler = |layout, _| {
///     LARGEST_REFUSED.fetch_max(layout.size(), Ordering::Relaxed);
///     HandlerVerdict::Fail
/// };
///
/// set_new_handler(Some(NOTE));
/// assert!(OwnedArray::<u8>::try_new_uninit(1 << 60).is_err());
/// assert_eq!(LARGEST_REFUSED.load(Ordering::Relaxed), 1 << 60);
/// ```
pub type NewHandler = fn(Layout, u32) -> HandlerVerdict;

/// The handler, as a pointer; null is none.
static HANDLER: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Makes `handler` the process's new-handler, and returns the one before.
///
/// It is asked when an allocator refuses memory to [`Owned`](crate::Owned),
/// [`OwnedArray`](crate::OwnedArray) or the functions of [`raw`](crate::raw), whichever the
/// allocator is. As in C++, each turn asks the one that is present then: a handler that has no more
/// to give may set another one, or none, and say [`Retry`](HandlerVerdict::Retry).
///
/// # Examples
///
/// ```
/// use core::alloc::Layout;
/// use core::sync::atomic::{AtomicBool, Ordering};
/// use heapwright_new::{HandlerVerdict, OwnedArray, set_new_handler};
///
/// static ASKED: AtomicBool = AtomicBool::new(false);
///
/// fn note(_: Layout, attempt: u32) -> HandlerVerdict {
///     ASKED.store(true, Ordering::Relaxed);
///     if attempt == 0 { HandlerVerdict::Retry } else { HandlerVerdict::Fail }
/// }
///
/// set_new_handler(Some(note));
/// let exbibyte = 1 << 60;
/// assert!(OwnedArray::<u8>::try_new_uninit(exbibyte).is_err());
/// assert!(ASKED.load(Ordering::Relaxed));
/// ```
pub fn set_new_handler(handler: Option<NewHandler>) -> Option<NewHandler> {
    let new = handler.map_or(ptr::null_mut(), |handler| handler as *mut ());
    as_handler(HANDLER.swap(new, Ordering::AcqRel))
}

/// The process's new-handler.
///
/// # Examples
///
/// An allocator asks whether there is somebody to ask:
///
/// ```
/// use core::alloc::Layout;
/// use heapwright_new::{HandlerVerdict, NewHandler, new_handler, set_new_handler};
///
/// assert!(new_handler().is_none());
///
/// let refuse: NewHandler = |_, _| HandlerVerdict::Fail;
/// set_new_handler(Some(refuse));
/// let handler = new_handler().ok_or("it was set just now")?;
/// assert_eq!(handler(Layout::new::<u64>(), 0), HandlerVerdict::Fail);
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn new_handler() -> Option<NewHandler> {
    as_handler(HANDLER.load(Ordering::Acquire))
}

fn as_handler(stored: *mut ()) -> Option<NewHandler> {
    // SAFETY: null, which is `None`, or what `set_new_handler` made of a handler.
    unsafe { transmute::<*mut (), Option<NewHandler>>(stored) }
}

/// Asks `allocate` again as long as `handler` says so.
#[cold]
pub(crate) fn retry<H>(
    layout: Layout,
    handler: H,
    mut allocate: impl FnMut() -> Option<NonNull<[u8]>>,
) -> Option<NonNull<[u8]>>
where
    H: Fn(Layout, u32) -> HandlerVerdict,
{
    let mut attempt = 0_u32;
    while handler(layout, attempt) == HandlerVerdict::Retry {
        if let Some(block) = allocate() {
            return Some(block);
        }
        attempt = attempt.saturating_add(1);
    }
    None
}

/// What is left to do where an allocator refused `layout`: the process's handler is asked.
#[cold]
#[inline(never)]
pub(crate) fn after_refusal(
    layout: Layout,
    allocate: impl FnMut() -> Option<NonNull<[u8]>>,
) -> Result<NonNull<[u8]>, BadAlloc> {
    // The present one at each turn: a handler may make room for another by taking itself away.
    let present = |layout, attempt| {
        new_handler().map_or(HandlerVerdict::Fail, |handler| handler(layout, attempt))
    };
    retry(layout, present, allocate).ok_or(BadAlloc::exhausted(layout))
}

/// An allocator with a new-handler of its own: no other allocator's requests reach it.
///
/// # Examples
///
/// A cache that is given up when its allocator has no more:
///
/// ```
/// use core::cell::RefCell;
/// use core::mem::MaybeUninit;
/// use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
/// use heapwright_new::{HandlerVerdict, Owned, WithHandler};
///
/// let mut bytes = [MaybeUninit::uninit(); 1024];
/// let small = PoolAllocator::new(Monotonic::new(&mut bytes, NullAllocator));
/// let cache = RefCell::new(Vec::new());
/// while let Ok(tile) = Owned::try_new_in([0_u8; 64], &small) {
///     cache.borrow_mut().push(tile);
/// }
/// let heap = WithHandler::new(&small, |_, _| match cache.borrow_mut().pop() {
///     Some(_) => HandlerVerdict::Retry, // a tile goes back, and makes room
///     None => HandlerVerdict::Fail,
/// });
/// assert!(Owned::try_new_in([0_u8; 64], &small).is_err());
/// assert!(Owned::try_new_in([0_u8; 64], &heap).is_ok());
/// ```
#[derive(Clone, Copy, Default)]
pub struct WithHandler<A, H> {
    allocator: A,
    handler: H,
}

impl<A, H> WithHandler<A, H>
where
    H: Fn(Layout, u32) -> HandlerVerdict,
{
    /// Gives `allocator` a handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::cell::Cell;
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    /// use heapwright_new::{HandlerVerdict, Owned, WithHandler};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 64];
    /// let small = Monotonic::new(&mut bytes, NullAllocator);
    /// let refused = Cell::new(0);
    /// let heap = WithHandler::new(&small, |layout, _| {
    ///     refused.set(layout.size());
    ///     HandlerVerdict::Fail
    /// });
    /// assert!(Owned::try_new_in([0_u8; 32], &heap).is_ok());
    /// assert!(Owned::try_new_in([0_u8; 99], &heap).is_err());
    /// assert_eq!(refused.get(), 99);
    /// ```
    pub const fn new(allocator: A, handler: H) -> Self {
        Self { allocator, handler }
    }

    /// The allocator inside.
    ///
    /// # Examples
    ///
    /// What the allocator inside knows, and this one does not:
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    /// use heapwright_new::{HandlerVerdict, Owned, WithHandler};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 64];
    /// let small = Monotonic::new(&mut bytes, NullAllocator);
    /// let heap = WithHandler::new(small, |_, _| HandlerVerdict::Fail);
    /// let word = Owned::try_new_in(*b"heap", &heap)?;
    /// assert_eq!(heap.inner().remaining_bytes(), 64 - word.len());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn inner(&self) -> &A {
        &self.allocator
    }

    /// Asks the allocator for `layout`, and again as long as the handler says so.
    #[inline]
    fn ask(
        &self,
        layout: Layout,
        request: impl Fn() -> Result<NonNull<[u8]>, AllocError>,
    ) -> Result<NonNull<[u8]>, AllocError> {
        request().or_else(|_| retry(layout, &self.handler, || request().ok()).ok_or(AllocError))
    }
}

impl<A: fmt::Debug, H> fmt::Debug for WithHandler<A, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("WithHandler");
        shown.field("allocator", &self.allocator).finish_non_exhaustive()
    }
}

// SAFETY: all blocks are the inner allocator's, which is asked as it would be without this.
unsafe impl<A, H> Allocator for WithHandler<A, H>
where
    A: Allocator,
    H: Fn(Layout, u32) -> HandlerVerdict,
{
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.ask(layout, || self.allocator.allocate(layout))
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.ask(layout, || self.allocator.allocate_zeroed(layout))
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions; the block is the inner allocator's.
        unsafe { self.allocator.deallocate(block, layout) };
    }

    unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; after a failure the block is as before.
        self.ask(new, || unsafe { self.allocator.grow(block, old, new) })
    }

    unsafe fn grow_zeroed(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; after a failure the block is as before.
        self.ask(new, || unsafe { self.allocator.grow_zeroed(block, old, new) })
    }

    unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; after a failure the block is as before.
        self.ask(new, || unsafe { self.allocator.shrink(block, old, new) })
    }
}

// SAFETY: the blocks are the inner allocator's.
unsafe impl<A, H> StaticAllocator for WithHandler<A, H>
where
    A: StaticAllocator,
    H: Fn(Layout, u32) -> HandlerVerdict,
{
}
