//! `SharedPool`: handles from a pool that many threads have.

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
use super::free_list::{FreeSlots, SlotList, Take};
use super::pooled::home::{Home, Slot};
use super::shared_chunks::SharedChunks;
use super::slot::SlotRef;
use super::sweep::destroy_all;
use super::sync::{AtomicU32, spin_loop};

/// Lists of free slots: so many threads, less one, may be interrupted in a take before the slots
/// that come back are out of reach.
const LISTS: usize = 4;

impl<const LISTS: usize> FreeSlots<LISTS> {
    /// Lists without slots. Made here, as those of the model are not constants.
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    // INVARIANT: 1 and 2 hold of none.
    const EMPTY: Self = Self { lists: [const { SlotList { head: AtomicU32::new(NONE) } }; LISTS] };
}

/// How often a thread looks whether others are done with the lists before it does without. They
/// have two steps to do, unless they were interrupted between them.
const PATIENCE: u32 = 100;

/// Objects of one type for all threads, each of which ends with its handle, wherever that is.
///
/// A handle may be sent to another thread and dropped there; the slot comes back to the pool at
/// once and without waiting, for any thread to use. Two threads that create objects at the same
/// time wait for each other for a few instructions, if at all. There is no lock, and a pool in a
/// `static` needs no set-up.
///
/// An object never moves, and may be pinned. What a forgotten handle leaves behind is destroyed
/// with the pool.
///
/// # Invariants
///
/// 1. A slot is in `free`, or a handle's, or being taken or given back by one thread, or holds
///    what a forgotten handle left behind.
/// 2. An object lives in the slots whose header is odd.
///
/// # Examples
///
/// ```
/// use heapwright_arena::pool::{Pooled, SharedPool};
/// use heapwright_new::value;
/// use std::sync::mpsc;
/// use std::thread;
///
/// static MESSAGES: SharedPool<String> = SharedPool::new();
///
/// let (sender, receiver) = mpsc::channel::<Pooled<'static, String, SharedPool<String>>>();
/// let reader = thread::spawn(move || {
///     // Destroyed here, on the reader's thread.
///     receiver.into_iter().map(|message| message.len()).sum::<usize>()
/// });
/// for word in ["one", "two", "three"] {
///     sender.send(MESSAGES.create(value(String::from(word))).unwrap()).unwrap();
/// }
/// drop(sender);
/// assert_eq!(reader.join().unwrap(), 11);
/// ```
///
/// Objects that may not go to other threads stay out:
///
/// ```compile_fail,E0277
/// use heapwright_arena::pool::SharedPool;
/// use std::rc::Rc;
///
/// static COUNTED: SharedPool<Rc<u32>> = SharedPool::new();
/// ```
pub struct SharedPool<
    T,
    #[cfg(feature = "malloc")] A: Allocator = Malloc,
    #[cfg(not(feature = "malloc"))] A: Allocator,
> {
    chunks: SharedChunks<T, A>,
    free: FreeSlots<LISTS>,
    /// Objects come and go through a shared reference, and the pool drops what is left.
    objects: PhantomData<Cell<T>>,
}

// SAFETY: a shared pool lends no object. It takes one in on one thread and destroys it, or gives it
// away, on another. The lists are for many threads, and the allocator is shared as the pool is.
unsafe impl<T: Send, A: Allocator + Sync> Sync for SharedPool<T, A> {}

#[cfg(feature = "malloc")]
impl<T> SharedPool<T> {
    /// A pool without objects, which takes no memory yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// static REQUESTS: SharedPool<String> = SharedPool::new();
    ///
    /// let request = REQUESTS.create(value(String::from("GET /")))?;
    /// std::thread::spawn(move || assert_eq!(*request, "GET /")).join().unwrap();
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self::new_in(Malloc)
    }
}

impl<T, A: Allocator> SharedPool<T, A> {
    /// A pool without objects, which takes its memory from `allocator`, and none yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use allocator_api2::alloc::Global;
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// static FRAMES: SharedPool<[u8; 1024], Global> = SharedPool::new_in(Global);
    ///
    /// let frame = FRAMES.create(value([7; 1024]))?;
    /// assert_eq!(frame[1023], 7);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new_in(allocator: A) -> Self {
        // INVARIANT: 1 and 2 hold of none.
        Self { chunks: SharedChunks::new(allocator), free: FreeSlots::EMPTY, objects: PhantomData }
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
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    /// use std::thread;
    ///
    /// let pool = SharedPool::new();
    /// thread::scope(|threads| {
    ///     for number in 0..4 {
    ///         let pool = &pool;
    ///         threads.spawn(move || assert_eq!(*pool.create(value(number)).unwrap(), number));
    ///     }
    /// });
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
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// static BUFFERS: SharedPool<[u8; 64]> = SharedPool::new();
    ///
    /// let buffer = BUFFERS.create_pin(value([0; 64]))?;
    /// let place = buffer.as_ptr().addr(); // for a device
    /// let reader = std::thread::spawn(move || buffer.as_ptr().addr());
    /// assert_eq!(reader.join().unwrap(), place); // the handle moved, and nothing else
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
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    /// use std::thread;
    ///
    /// let mut pool = SharedPool::new();
    /// pool.reserve(100)?;
    /// let capacity = pool.capacity();
    /// thread::scope(|threads| {
    ///     for number in 0..4 {
    ///         let pool = &pool;
    ///         threads.spawn(move || assert!(pool.create(value(number)).is_ok()));
    ///     }
    /// });
    /// assert_eq!(pool.capacity(), capacity);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn reserve(&mut self, capacity: usize) -> Result<(), BadAlloc> {
        self.chunks.get_mut().reserve(capacity)
    }

    /// How many objects there can be before the pool asks the allocator for more memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// let pool = SharedPool::new();
    /// drop(pool.create(value(0))?);
    /// let capacity = pool.capacity();
    /// for number in 0..2 * capacity {
    ///     drop(pool.create(value(number))?); // always in the same slot
    /// }
    /// assert_eq!(pool.capacity(), capacity);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.chunks.capacity()
    }

    /// The number of objects that forgotten handles left behind, counted one by one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// let mut pool = SharedPool::new();
    /// drop(pool.create(value("answered"))?);
    /// core::mem::forget(pool.create(value("never answered"))?);
    /// assert_eq!(pool.forgotten(), 1); // a leak
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn forgotten(&mut self) -> usize {
        // SAFETY: slots that were used have headers, which who has the pool alone sees.
        let slots = unsafe { self.chunks.get_mut().directory.slots() };
        slots.filter(|(_, slot)| slot.is_live()).count()
    }

    /// The allocator that the memory comes from.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::pool::SharedPool;
    /// use heapwright_new::value;
    ///
    /// let pool = SharedPool::<u64>::new();
    /// // A list in memory of the same allocator.
    /// let mut held = allocator_api2::vec::Vec::new_in(pool.allocator());
    /// held.push(pool.create(value(7))?);
    /// assert_eq!(*held[0], 7);
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
        match self.free.take(|index| self.slot(index).link()) {
            Take::Slot(index) => Ok(self.taken(index)),
            Take::Empty | Take::Busy => self.take_slot_slowly(),
        }
    }

    /// A slot that was never used, where the list is empty, or another thread is long in taking
    /// from it. Where there is no memory either, one that comes back meanwhile.
    #[cold]
    fn take_slot_slowly(&self) -> Result<SlotRef<'_, T>, BadAlloc> {
        let mut patience = PATIENCE;
        let mut refused = None;
        loop {
            match (self.free.take(|index| self.slot(index).link()), refused) {
                (Take::Slot(index), _) => return Ok(self.taken(index)),
                (Take::Empty, Some(refused)) => return Err(refused),
                (Take::Busy, _) if patience > 0 || refused.is_some() => {
                    patience = patience.saturating_sub(1);
                    spin_loop();
                }
                (Take::Empty | Take::Busy, _) => match self.chunks.fresh() {
                    Ok((index, slot)) => {
                        slot.set_link(index);
                        return Ok(slot);
                    }
                    Err(bad_alloc) => refused = Some(bad_alloc),
                },
            }
        }
    }

    /// In use, a slot needs its link for nothing else: it tells which slot this is.
    #[inline]
    fn taken(&self, index: u32) -> SlotRef<'_, T> {
        let slot = self.slot(index);
        slot.set_link(index);
        slot
    }

    /// The slot of an index that came from the list.
    #[inline]
    fn slot(&self, index: u32) -> SlotRef<'_, T> {
        // SAFETY: it was in use before it came into the list, so it has a header, and the list
        // makes that visible. Who takes it from the list has the header alone.
        unsafe { self.chunks.slot(index) }
    }
}

// SAFETY: slots stay where they are until `drop`, which destroys what lives in them.
unsafe impl<T, A: Allocator> Home<T> for SharedPool<T, A> {
    type Allocator = A;

    #[inline]
    unsafe fn take_back(&self, slot: Slot<'_, T>) {
        // INVARIANT: 1 holds, as nobody uses the slot any more (the caller's condition).
        self.free.put(slot.0.link(), |next| slot.0.set_link(next));
    }
}

impl<T, A: Allocator> Drop for SharedPool<T, A> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            // SAFETY: slots that were used have headers, which who has the pool alone sees.
            let slots = unsafe { self.chunks.get_mut().directory.slots() };
            // SAFETY: what is left are objects of forgotten handles (invariant 2), which nobody
            // can reach any more.
            unsafe { destroy_all(slots, |_, _| ()) };
        }
    }
}

impl<T, A: Allocator + Default> Default for SharedPool<T, A> {
    fn default() -> Self {
        Self::new_in(A::default())
    }
}

impl<T, A: Allocator> fmt::Debug for SharedPool<T, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SharedPool")
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
