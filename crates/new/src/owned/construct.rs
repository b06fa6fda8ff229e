//! The forms of `new` for one object.
//!
//! | form | on exhaustion | builds |
//! |---|---|---|
//! | `new(v)`, `pin(v)` | ends the process, with one line | a value |
//! | `try_new(v)` | `BadAlloc` | a value |
//! | `try_new_with(init)`, `try_pin_with(init)` | `NewError::Alloc` | in place |
//! | `try_new_uninit()`, `try_zeroed()` | `BadAlloc` | nothing yet; zeros |
//!
//! Each has a form with `_in` that takes the allocator.

use core::mem::MaybeUninit;
use core::pin::Pin;

use allocator_api2::alloc::Allocator;

use super::Owned;
use crate::allocate::{block_for, zeroed_blocks_for};
use crate::{BadAlloc, Init, NewError, PinInit, StaticAllocator, Zeroable};

#[cfg(feature = "malloc")]
impl<T> Owned<T> {
    /// A new object with this value.
    ///
    /// Where there is no memory, and no new-handler finds some, the process ends with one line on
    /// standard error; [`try_new`](Self::try_new) returns instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let mut point = Owned::new((1, 2));
    /// point.0 += 1;
    /// assert_eq!(*point, (2, 2));
    /// ```
    #[inline]
    pub fn new(value: T) -> Self {
        match Self::try_new_uninit() {
            Ok(memory) => Owned::write(memory, value),
            Err(_) => heapwright_malloc::out_of_memory(core::alloc::Layout::new::<T>()),
        }
    }

    /// A new object with this value, or none.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory; the value is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{BadAlloc, Owned};
    ///
    /// struct Request {
    ///     id: u32,
    /// }
    ///
    /// fn enqueue(queue: &mut Vec<Owned<Request>>, id: u32) -> Result<(), BadAlloc> {
    ///     queue.push(Owned::try_new(Request { id })?);
    ///     Ok(())
    /// }
    ///
    /// let mut queue = Vec::new();
    /// enqueue(&mut queue, 7)?;
    /// assert_eq!(queue[0].id, 7);
    /// # Ok::<(), BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_new(value: T) -> Result<Self, BadAlloc> {
        Ok(Owned::write(Self::try_new_uninit()?, value))
    }

    /// A new object, built in place.
    ///
    /// # Errors
    ///
    /// [`NewError::Alloc`] where there is no memory, [`NewError::Construct`] where the constructor
    /// fails; then the memory went back.
    ///
    /// # Examples
    ///
    /// A hundred mebibytes that never stand on the stack:
    ///
    /// ```
    /// use core::convert::Infallible;
    /// use heapwright_new::{NewError, Owned, init, value, zeroed};
    ///
    /// struct Matrix {
    ///     rows: usize,
    ///     cells: [u8; 100 << 20],
    /// }
    ///
    /// fn matrix() -> Result<Owned<Matrix>, NewError<Infallible>> {
    ///     let matrix = init!(Matrix { rows <- value(4096), cells <- zeroed() } ? Infallible);
    ///     Owned::try_new_with(matrix)
    /// }
    ///
    /// let stack = std::thread::Builder::new().stack_size(64 << 10);
    /// let rows = stack.spawn(|| matrix().unwrap().rows)?.join().unwrap();
    /// assert_eq!(rows, 4096);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn try_new_with<I: Init<T>>(init: I) -> Result<Self, NewError<I::Error>> {
        Owned::emplace(Self::try_new_uninit()?, init).map_err(NewError::Construct)
    }

    /// A new object with this value, which then stays where it is. As for [`new`](Self::new)
    /// where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_new::Owned;
    ///
    /// let mut task = Owned::pin(async { 3 + 4 }); // a future is pinned before it is polled
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert_eq!(task.as_mut().poll(&mut context), Poll::Ready(7));
    /// ```
    #[inline]
    pub fn pin(value: T) -> Pin<Self> {
        Self::into_pin(Self::new(value))
    }

    /// A new object, built in place, which then stays there.
    ///
    /// # Errors
    ///
    /// As [`try_new_with`](Self::try_new_with).
    ///
    /// # Examples
    ///
    /// An object that others know by its address from its first moment:
    ///
    /// ```
    /// use core::cell::RefCell;
    /// use core::marker::PhantomPinned;
    /// use heapwright_new::{Owned, PinInit, value};
    ///
    /// struct Listener(PhantomPinned);
    ///
    /// let known = RefCell::new(Vec::new());
    /// let listener = Owned::try_pin_with(value(Listener(PhantomPinned)).then_pin(|listener| {
    ///     known.borrow_mut().push(&raw const *listener);
    ///     Ok(())
    /// }))?;
    /// assert!(core::ptr::eq(known.borrow()[0], &raw const *listener));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn try_pin_with<I: PinInit<T>>(init: I) -> Result<Pin<Self>, NewError<I::Error>> {
        Owned::emplace_pin(Self::try_new_uninit()?, init).map_err(NewError::Construct)
    }

    /// Memory for an object, which is not built yet.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let memory = Owned::<u64>::try_new_uninit()?;
    /// let number = Owned::write(memory, 7);
    /// assert_eq!(*number, 7);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_new_uninit() -> Result<Owned<MaybeUninit<T>>, BadAlloc> {
        let block = crate::allocate::malloc_block_for::<MaybeUninit<T>>()?;
        // SAFETY: the block is of this allocator and layout, and uninitialised memory is valid as
        // such.
        Ok(unsafe { Owned::from_raw_parts(block, heapwright_malloc::Malloc) })
    }

    /// A new object of zeros. A large one is zeros the system has already, which nobody writes.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let mut counts = Owned::<[u32; 1 << 20]>::try_zeroed()?; // one page of it is written
    /// counts[7] += 1;
    /// assert_eq!(counts.iter().sum::<u32>(), 1);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn try_zeroed() -> Result<Self, BadAlloc>
    where
        T: Zeroable,
    {
        Self::try_zeroed_in(heapwright_malloc::Malloc)
    }
}

impl<T, A: Allocator> Owned<T, A> {
    /// A new object with this value, in a block of `allocator`. Where there is no memory, the
    /// program's `handle_alloc_error` is called.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Global, Owned};
    ///
    /// let point = Owned::new_in((3, 4), Global); // of the program's `#[global_allocator]`
    /// assert_eq!(point.0 + point.1, 7);
    /// ```
    #[cfg(feature = "alloc")]
    #[inline]
    pub fn new_in(value: T, allocator: A) -> Self {
        match Owned::try_new_uninit_in(allocator) {
            Ok(memory) => Owned::write(memory, value),
            Err(_) => alloc::alloc::handle_alloc_error(core::alloc::Layout::new::<T>()),
        }
    }

    /// A new object with this value, in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory; the value and the allocator are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::polymorphic::PoolAllocator;
    /// use heapwright_new::{Malloc, Owned};
    ///
    /// let points = PoolAllocator::new(Malloc); // for this function's objects
    /// let from = Owned::try_new_in((0, 0), &points)?;
    /// let to = Owned::try_new_in((3, 4), &points)?;
    /// assert_eq!((to.0 - from.0, to.1 - from.1), (3, 4));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_new_in(value: T, allocator: A) -> Result<Self, BadAlloc> {
        Ok(Owned::write(Owned::try_new_uninit_in(allocator)?, value))
    }

    /// A new object, built in place in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// [`NewError::Alloc`] where there is no memory, [`NewError::Construct`] where the constructor
    /// fails; then the memory went back.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Malloc, Owned, array_from_fn, value};
    ///
    /// let squares = Owned::try_new_with_in(array_from_fn::<_, _, 9>(|i| value(i * i)), Malloc)?;
    /// assert_eq!(squares[8], 64);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn try_new_with_in<I: Init<T>>(init: I, allocator: A) -> Result<Self, NewError<I::Error>> {
        Owned::emplace(Owned::try_new_uninit_in(allocator)?, init).map_err(NewError::Construct)
    }

    /// A new object, built in place in a block of `allocator`, which then stays there.
    ///
    /// # Errors
    ///
    /// As [`try_new_with_in`](Self::try_new_with_in).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Allocator, Malloc, Owned, value};
    ///
    /// let heap: &'static dyn Allocator = &Malloc; // chosen at run time, and there for ever
    /// let name = Owned::try_pin_with_in(value(String::from("stays")), heap)?;
    /// assert_eq!(*name, "stays");
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn try_pin_with_in<I: PinInit<T>>(
        init: I,
        allocator: A,
    ) -> Result<Pin<Self>, NewError<I::Error>>
    where
        A: StaticAllocator,
    {
        Owned::emplace_pin(Owned::try_new_uninit_in(allocator)?, init).map_err(NewError::Construct)
    }

    /// Memory of `allocator` for an object, which is not built yet.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is none.
    ///
    /// # Examples
    ///
    /// Memory first, so that nothing can fail once the lock is held:
    ///
    /// ```
    /// use heapwright_new::{Owned, ProcessMalloc};
    /// use std::sync::Mutex;
    ///
    /// let next = Mutex::new(7_u32);
    /// let memory = Owned::try_new_uninit_in(ProcessMalloc)?;
    /// let mut next = next.lock().unwrap();
    /// let ticket = Owned::write(memory, *next);
    /// *next += 1;
    /// assert_eq!((*ticket, *next), (7, 8));
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn try_new_uninit_in(allocator: A) -> Result<Owned<MaybeUninit<T>, A>, BadAlloc> {
        let block = block_for::<MaybeUninit<T>, A>(&allocator)?;
        // SAFETY: the block is of this allocator and layout, and uninitialised memory is valid as
        // such.
        Ok(unsafe { Owned::from_raw_parts(block, allocator) })
    }

    /// A new object of zeros, in a block of `allocator`.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::polymorphic::PoolAllocator;
    /// use heapwright_new::{Malloc, Owned};
    ///
    /// let pages = PoolAllocator::new(Malloc);
    /// drop(Owned::try_new_in([7_u8; 4096], &pages)?); // the pool keeps the sevens
    /// let page = Owned::<[u8; 4096], _>::try_zeroed_in(&pages)?;
    /// assert_eq!(*page, [0; 4096]);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn try_zeroed_in(allocator: A) -> Result<Self, BadAlloc>
    where
        T: Zeroable,
    {
        let block = zeroed_blocks_for::<T, A>(1, &allocator)?;
        // SAFETY: the block is of this allocator and layout, and zeros are a valid `T`.
        Ok(unsafe { Self::from_raw_parts(block, allocator) })
    }
}
