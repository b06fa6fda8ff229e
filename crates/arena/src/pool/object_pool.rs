//! `ObjectPool`: handles from a pool that one thread has.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;

use allocator_api2::alloc::Allocator;
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;
use heapwright_new::{BadAlloc, Init, NewError, PinInit, StaticAllocator};

use super::Pooled;
use super::directory::NONE;
use super::pooled::home::{Home, Slot};
use super::shared_chunks::SharedChunks;
use super::slot::SlotRef;
use super::sweep::destroy_all;

/// Objects of one type, each of which ends with its handle.
///
/// The pool is used through `&self`, by one thread: constructors and destructors may use it, too.
/// An object never moves, and may be pinned. What a forgotten handle leaves behind is destroyed
/// with the pool.
///
/// # Invariants
///
/// 1. `free`, and the links of the slots from there on, are the indices of slots that nobody uses,
///    each once; `NONE` ends them.
/// 2. An object lives in the slots whose header is odd: a handle's, or nobody's any more.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::ObjectPool;
/// use heapwright_new::value;
///
/// let buffers = ObjectPool::new();
/// let mut first = buffers.create(value([0_u8; 4096]))?;
/// first[0] = 7;
/// let place = first.as_ptr();
/// drop(first);
/// let second = buffers.create(value([1_u8; 4096]))?; // the same memory
/// assert_eq!(second.as_ptr(), place);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// One thread only; [`SharedPool`](super::SharedPool) is for more:
///
/// ```compile_fail,E0277
/// use heapwright_arena::pool::ObjectPool;
/// use heapwright_new::value;
///
/// let pool = ObjectPool::new();
/// std::thread::scope(|threads| {
///     threads.spawn(|| drop(pool.create(value(7))));
/// });
/// ```
///
/// What is in the pool may not be taken for a subtype, since the pool outlives the handle:
///
/// ```compile_fail,E0597
/// use heapwright_arena::pool::{ObjectPool, Pooled};
/// use heapwright_new::value;
///
/// let pool = ObjectPool::<&'static str>::new();
/// let text = String::from("short");
/// let mut held: Pooled<'_, &str> = pool.create(value("long")).unwrap();
/// *held = &text;
/// std::mem::forget(held);
/// ```
pub struct ObjectPool<
    T,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    chunks: SharedChunks<T, A>,
    free: Cell<u32>,
    live: Cell<u32>,
    /// Objects come and go through a shared reference, and the pool drops what is left.
    objects: PhantomData<Cell<T>>,
}

#[cfg(feature = "malloc")]
impl<T> ObjectPool<T> {
    /// A pool without objects, which takes no memory yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// thread_local!(static LINES: ObjectPool<String> = const { ObjectPool::new() });
    ///
    /// LINES.with(|lines| {
    ///     assert_eq!(lines.capacity(), 0);
    ///     let line = lines.create(value(String::from("GET /"))).unwrap();
    ///     assert_eq!(line.len(), 5);
    /// });
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::new_in(Malloc)
    }
}

impl<T, A: Allocator> ObjectPool<T, A> {
    /// A pool without objects, which takes its memory from `allocator`, and none yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let frame = Arena::new();
    /// let particles = ObjectPool::new_in(&frame); // its memory goes with the frame's
    /// let particle = particles.create(value([0.5_f64; 3]))?;
    /// assert!(frame.used_bytes() > size_of_val(&*particle));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new_in(allocator: A) -> Self {
        // INVARIANT: 1 and 2 hold of none.
        Self {
            chunks: SharedChunks::new(allocator),
            free: Cell::new(NONE),
            live: Cell::new(0),
            objects: PhantomData,
        }
    }

    /// Builds an object in a slot.
    ///
    /// # Errors
    ///
    /// [`NewError::Alloc`] where there is no memory, or no slot left;
    /// [`NewError::Construct`] where the constructor fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::{NewError, value};
    ///
    /// let pool = ObjectPool::<u16>::new();
    /// let port = pool.create("8080".parse())?;
    /// assert_eq!(*port, 8080);
    /// assert!(matches!(pool.create("http".parse()), Err(NewError::Construct(_))));
    /// assert_eq!(pool.len(), 1);
    /// # Ok::<(), heapwright_new::NewError<core::num::ParseIntError>>(())
    /// ```
    #[inline]
    pub fn create<I: Init<T>>(&self, init: I) -> Result<Pooled<'_, T, Self>, NewError<I::Error>> {
        let slot = self.take_slot()?;
        // SAFETY: the slot was taken from the list just now; what is an `Init` need not be pinned.
        unsafe { Pooled::build(self, slot, init) }
    }

    /// Builds an object in a slot, where it then stays: it may know its own address.
    ///
    /// Not over an allocator whose memory goes with it: a pool that is forgotten would leave the
    /// object in memory that is used for something else.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::cell::RefCell;
    /// use core::marker::PhantomPinned;
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::{PinInit, value};
    ///
    /// let queue = RefCell::new(Vec::new());
    /// let timers = ObjectPool::new();
    /// let timer = timers.create_pin(value((250, PhantomPinned)).then_pin(|timer| {
    ///     queue.borrow_mut().push(&raw const *timer); // where it is, and stays
    ///     Ok(())
    /// }))?;
    /// assert!(core::ptr::eq(queue.borrow()[0], &raw const *timer));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn create_pin<I: PinInit<T>>(
        &self,
        init: I,
    ) -> Result<Pin<Pooled<'_, T, Self>>, NewError<I::Error>>
    where
        A: StaticAllocator,
    {
        let slot = self.take_slot()?;
        // SAFETY: the slot was taken from the list just now; the memory is static, and the handle
        // is pinned below.
        unsafe { Pooled::build(self, slot, init) }.map(Pooled::into_pin)
    }

    /// Sees to it that there can be so many objects at once without asking the allocator.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory, or they would be more than a pool has slots.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let mut players = ObjectPool::new();
    /// players.reserve(64)?;
    /// let capacity = players.capacity();
    /// let team: Vec<_> = (0..64).map(|number| players.create(value(number))).collect();
    /// assert!(team.iter().all(Result::is_ok));
    /// assert_eq!(players.capacity(), capacity);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn reserve(&mut self, capacity: usize) -> Result<(), BadAlloc> {
        self.chunks.get_mut().reserve(capacity)
    }

    /// The number of objects, those that forgotten handles left behind included.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// let held = pool.create(value("held"))?;
    /// drop(pool.create(value("dropped"))?);
    /// core::mem::forget(pool.create(value("forgotten"))?);
    /// assert_eq!((*held, pool.len()), ("held", 2));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.live.get() as usize
    }

    /// Whether there is no object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let connections = ObjectPool::new();
    /// let last = connections.create(value("127.0.0.1:8080"))?;
    /// assert!(!connections.is_empty()); // no shutdown yet
    /// drop(last);
    /// assert!(connections.is_empty());
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.live.get() == 0
    }

    /// How many objects there can be before the pool asks the allocator for more memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let pool = ObjectPool::new();
    /// assert_eq!(pool.capacity(), 0);
    /// let mut held = vec![pool.create(value(0))?];
    /// while held.len() < pool.capacity() {
    ///     held.push(pool.create(value(held.len()))?);
    /// }
    /// let full = pool.capacity();
    /// held.push(pool.create(value(full))?);
    /// assert!(pool.capacity() > full);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.chunks.capacity()
    }

    /// The allocator that the memory comes from.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::pool::ObjectPool;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let nodes = ObjectPool::<[u32; 2], _>::new_in(&arena);
    /// let edges = ObjectPool::new_in(*nodes.allocator()); // in the same arena
    /// let edge = edges.create(value("from here to there"))?;
    /// assert!(arena.used_bytes() > size_of_val(&*edge));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn allocator(&self) -> &A {
        self.chunks.allocator()
    }

    /// A slot that nobody uses, the caller's from now on.
    #[inline]
    fn take_slot(&self) -> Result<SlotRef<'_, T>, BadAlloc> {
        let (index, slot) = match self.free.get() {
            // SAFETY: the pool is not `Sync`.
            NONE => unsafe { self.chunks.fresh_for_one() }?,
            index => {
                // SAFETY: a slot in the list was in use before, so it has a header.
                let slot = unsafe { self.chunks.slot(index) };
                // INVARIANT: 1 holds of the others.
                self.free.set(slot.link());
                (index, slot)
            }
        };
        // In use, a slot needs its link for nothing else: it tells which slot this is.
        slot.set_link(index);
        self.live.set(self.live.get() + 1);
        Ok(slot)
    }
}

// SAFETY: slots stay where they are until `drop`, which destroys what lives in them. The pool is
// not `Sync`, and takes slots back from its thread only.
unsafe impl<T, A: Allocator> Home<T> for ObjectPool<T, A> {
    type Allocator = A;

    #[inline]
    unsafe fn take_back(&self, slot: Slot<'_, T>) {
        let index = slot.0.link();
        // INVARIANT: 1 holds, as nobody uses the slot any more (the caller's condition).
        slot.0.set_link(self.free.get());
        self.free.set(index);
        self.live.set(self.live.get() - 1);
    }
}

impl<T, A: Allocator> Drop for ObjectPool<T, A> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() && self.live.get() > 0 {
            // SAFETY: slots that were used have headers, and are taken by nobody any more.
            let slots = unsafe { self.chunks.get_mut().directory.slots() };
            // SAFETY: what is left are objects of forgotten handles (invariant 2), which nobody
            // can reach any more.
            unsafe { destroy_all(slots, |_, _| ()) };
        }
    }
}

impl<T, A: Allocator + Default> Default for ObjectPool<T, A> {
    fn default() -> Self {
        Self::new_in(A::default())
    }
}

impl<T, A: Allocator> fmt::Debug for ObjectPool<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ObjectPool")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
