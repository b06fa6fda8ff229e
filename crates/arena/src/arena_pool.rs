//! Arenas for threads that come and go: each works in one of its own, and what they made stays.
//!
//! ```text
//!   pool ──lease──▶ arena ── thread 1 ─┐
//!        ──lease──▶ arena ── thread 2 ─┤ the next lease goes on in an arena that came back
//!        ◀─────────── back ────────────┘
//!   what was made in any of them lives until the pool is reset or dropped
//! ```

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::pin::Pin;
use core::ptr;

use crossbeam::queue::SegQueue;
use heapwright_new::{BadAlloc, Init, NewError, PinInit};

use crate::{Arena, Sendable};

/// Warm arenas for worker threads.
///
/// A thread leases one, which is then its alone, without locks. Objects live as long as the pool is
/// not reset, also when the lease is over, so that threads can build what others read.
///
/// The arenas that came back are in a queue of crossbeam's. Where there is no memory for it to
/// grow, at the end of a lease, the program's `handle_alloc_error` is called: nobody is there to be
/// told.
///
/// # Examples
///
/// ```
/// use heapwright_arena::ArenaPool;
/// use heapwright_new::value;
///
/// let pool = ArenaPool::new();
/// let texts = ["a b c", "d e"];
/// let words: Vec<&[&str]> = std::thread::scope(|threads| {
///     let parse = |text: &'static str| {
///         let arena = pool.lease();
///         let words: Vec<_> = text.split(' ').collect();
///         &*arena.alloc_slice(&words).expect("memory for some words")
///     };
///     let workers = texts.map(|text| threads.spawn(move || parse(text)));
///     workers.into_iter().map(|worker| worker.join().unwrap()).collect()
/// });
/// assert_eq!(words, [&["a", "b", "c"][..], &["d", "e"]]);
/// ```
#[derive(Default)]
pub struct ArenaPool<'env> {
    idle: SegQueue<Arena<'env, Sendable>>,
}

impl<'env> ArenaPool<'env> {
    /// A pool without arenas.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    ///
    /// static NAMES: ArenaPool<'static> = ArenaPool::new();
    ///
    /// let load = || NAMES.lease().alloc_str("main");
    /// let name: &'static str = std::thread::spawn(load).join().unwrap()?;
    /// assert_eq!(name, "main");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { idle: SegQueue::new() }
    }

    /// An arena for the caller alone: one that came back, or a new one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ArenaPool::new();
    /// pool.lease().alloc(value(7))?;
    /// let first = pool.lease(); // the arena that came back
    /// let second = pool.lease(); // a new one
    /// assert!(first.used_bytes() > 0 && second.used_bytes() == 0);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn lease(&self) -> Lease<'_, 'env> {
        let arena = self.idle.pop().unwrap_or_else(Arena::sendable);
        Lease { pool: self, arena: ManuallyDrop::new(arena) }
    }

    /// Destroys all objects of all arenas, and keeps some memory of each.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    /// use std::sync::Arc;
    ///
    /// let settings = Arc::new("shared");
    /// let mut pool = ArenaPool::new();
    /// pool.lease().create(value(Arc::clone(&settings)))?;
    /// assert_eq!(Arc::strong_count(&settings), 2); // the lease is over, the object lives
    /// pool.reset();
    /// assert_eq!(Arc::strong_count(&settings), 1);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn reset(&mut self) {
        /// Goes on with the others where a destructor panics.
        struct Left<'a, 'env> {
            from: SegQueue<Arena<'env, Sendable>>,
            to: &'a SegQueue<Arena<'env, Sendable>>,
        }

        impl Left<'_, '_> {
            fn reset(&self) {
                while let Some(mut arena) = self.from.pop() {
                    arena.reset();
                    self.to.push(arena);
                }
            }
        }

        impl Drop for Left<'_, '_> {
            fn drop(&mut self) {
                self.reset();
            }
        }

        let from = core::mem::take(&mut self.idle);
        Left { from, to: &self.idle }.reset();
    }

    /// The bytes of all chunks of all arenas that are not leased.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::zeroed;
    ///
    /// let mut pool = ArenaPool::new();
    /// pool.lease().alloc(zeroed::<[u8; 10_000]>())?;
    /// let reserved_bytes = pool.reserved_bytes();
    /// assert!(reserved_bytes >= 10_000);
    /// pool.reset();
    /// assert_eq!(pool.reserved_bytes(), reserved_bytes); // kept warm
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn reserved_bytes(&mut self) -> usize {
        let mut bytes = 0;
        for _ in 0..self.idle.len() {
            let Some(arena) = self.idle.pop() else { break };
            bytes += arena.reserved_bytes();
            self.idle.push(arena);
        }
        bytes
    }
}

impl fmt::Debug for ArenaPool<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ArenaPool").field("idle", &self.idle.len()).finish()
    }
}

/// An arena out of a pool, to which it goes back when this is dropped.
///
/// It lends the arena, so that scopes are to be had; what it builds itself lives as long as the
/// pool is not reset.
///
/// # Invariants
///
/// 1. `arena` is not reset, and goes back to `pool`, where it is reset or dropped only by who has
///    the pool alone.
///
/// # Examples
///
/// ```
/// use heapwright_arena::ArenaPool;
/// use heapwright_new::{NewError, value};
///
/// let pool = ArenaPool::new();
/// let lease = pool.lease();
/// let title = lease.scope(|scratch| {
///     let draft = scratch.create(value(String::from("a title")))?;
///     draft.make_ascii_uppercase();
///     Ok::<_, NewError<_>>(lease.alloc_str(draft)?)
/// })?;
/// drop(lease);
/// assert_eq!(title, "A TITLE");
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub struct Lease<'pool, 'env> {
    pool: &'pool ArenaPool<'env>,
    arena: ManuallyDrop<Arena<'env, Sendable>>,
}

/// Lengthens a borrow of the leased arena to one of the pool.
///
/// # Safety
///
/// The object lies in the arena of a lease of a pool that is borrowed for `'pool`.
#[inline]
const unsafe fn lengthened<'pool, T: ?Sized>(object: &mut T) -> &'pool mut T {
    // SAFETY: the object stays until the arena is reset or dropped, for which the pool must not be
    // borrowed any more (invariant 1 of `Lease`); nobody else has it.
    unsafe { &mut *ptr::from_mut(object) }
}

impl<'pool, 'env> Lease<'pool, 'env> {
    /// As [`Arena::alloc`].
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    ///
    /// struct Node<'a> {
    ///     parent: Option<&'a Node<'a>>,
    /// }
    ///
    /// let pool = ArenaPool::new();
    /// let root = &*pool.lease().alloc(value(Node { parent: None }))?;
    /// let leaf = pool.lease().alloc(value(Node { parent: Some(root) }))?; // in whichever arena
    /// assert!(leaf.parent.is_some_and(|parent| parent.parent.is_none()));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn alloc<T, I: Init<T>>(&self, init: I) -> Result<&'pool mut T, NewError<I::Error>> {
        // SAFETY: it lies in the arena of this lease.
        self.arena.alloc(init).map(|object| unsafe { lengthened(object) })
    }

    /// As [`Arena::alloc_slice`].
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::BadAlloc;
    ///
    /// let pool = ArenaPool::new();
    /// let sorted = |numbers: &[u32]| {
    ///     let sorted = pool.lease().alloc_slice(numbers)?;
    ///     sorted.sort_unstable();
    ///     Ok::<_, BadAlloc>(sorted)
    /// };
    /// assert_eq!(sorted(&[3, 1, 2])?, [1, 2, 3]);
    /// # Ok::<(), BadAlloc>(())
    /// ```
    #[inline]
    pub fn alloc_slice<T: Copy>(&self, slice: &[T]) -> Result<&'pool mut [T], BadAlloc> {
        // SAFETY: it lies in the arena of this lease.
        self.arena.alloc_slice(slice).map(|slice| unsafe { lengthened(slice) })
    }

    /// As [`Arena::alloc_str`].
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    ///
    /// let pool = ArenaPool::new();
    /// let path = {
    ///     let request = String::from("GET /index.html");
    ///     pool.lease().alloc_str(&request[4..])?
    /// };
    /// assert_eq!(path, "/index.html");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    pub fn alloc_str(&self, string: &str) -> Result<&'pool mut str, BadAlloc> {
        // SAFETY: it lies in the arena of this lease.
        self.arena.alloc_str(string).map(|string| unsafe { lengthened(string) })
    }

    /// As [`Arena::create`].
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ArenaPool::new();
    /// let lines = std::thread::scope(|threads| {
    ///     let worker = threads.spawn(|| pool.lease().create(value(vec!["by a worker"])));
    ///     worker.join().unwrap()
    /// })?;
    /// lines.push("by its successor"); // destroyed with the pool
    /// assert_eq!(lines.len(), 2);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn create<T: Send + 'env, I: Init<T>>(
        &self,
        init: I,
    ) -> Result<&'pool mut T, NewError<I::Error>> {
        // SAFETY: it lies in the arena of this lease.
        self.arena.create(init).map(|object| unsafe { lengthened(object) })
    }

    /// As [`Arena::create_pin`].
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ArenaPool::new();
    /// let task = pool.lease().create_pin(value(async { 6 * 7 }))?;
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert_eq!(task.poll(&mut context), Poll::Ready(42));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn create_pin<T: Send + 'env, I: PinInit<T>>(
        &self,
        init: I,
    ) -> Result<Pin<&'pool mut T>, NewError<I::Error>> {
        let object = self.arena.create_pin(init)?;
        // SAFETY: it is not moved.
        let object = unsafe { Pin::into_inner_unchecked(object) };
        // SAFETY: it lies in the arena of this lease.
        let object = unsafe { lengthened(object) };
        // SAFETY: pinned before.
        Ok(unsafe { Pin::new_unchecked(object) })
    }

    /// As [`Arena::create_array`].
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, the array would be too long, or a constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::ArenaPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ArenaPool::new();
    /// let buckets = pool.lease().create_array(4, |_| value(Vec::new()))?;
    /// for number in 0..10 {
    ///     buckets[number % 4].push(number);
    /// }
    /// assert_eq!(buckets[1], [1, 5, 9]);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn create_array<T: Send + 'env, I: Init<T>>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> I,
    ) -> Result<&'pool mut [T], NewError<I::Error>> {
        // SAFETY: it lies in the arena of this lease.
        self.arena.create_array(len, make).map(|array| unsafe { lengthened(array) })
    }
}

impl<'env> Deref for Lease<'_, 'env> {
    type Target = Arena<'env, Sendable>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.arena
    }
}

impl Drop for Lease<'_, '_> {
    fn drop(&mut self) {
        self.arena.set_limit(None);
        // SAFETY: taken once, here.
        self.pool.idle.push(unsafe { ManuallyDrop::take(&mut self.arena) });
    }
}

impl fmt::Debug for Lease<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arena.fmt(formatter)
    }
}
