//! The arena: many objects of many types that live and die together.

mod alloc;
mod create;

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;

use bumpalo::Bump;
use heapwright_new::BadAlloc;

use crate::census::{Census, NoCensus};
use crate::family::Family;
use crate::mode::{Local, Mode, Sendable};
use crate::run::Runs;
use crate::source::Source;

/// Memory in which objects of all types are built, and which are all destroyed with it.
///
/// ```text
///   alloc    no destructor       the fastest; may refer to any sibling, in circles too
///   create   the arena destroys  in reverse order, at the end of the arena, of a scope, at reset
///   own      the handle destroys when it goes; may refer to siblings
/// ```
///
/// `'env` is what objects with destructors may borrow: it outlives the arena, so that no destructor
/// finds something dead. A `create`d object cannot refer to a sibling, which may die before it.
///
/// | parameter | |
/// |---|---|
/// | `M` | [`Local`], or [`Sendable`] to another thread |
/// | `C` | what is counted of the objects: [`NoCensus`] costs nothing |
/// | `S` | where memory comes from: [`Bump`] is bumpalo's |
///
/// A forgotten arena leaks its memory and destroys nothing, so an object may be pinned in one.
///
/// # Invariants
///
/// 1. The runs and the objects in them lie in blocks of `source`, which is reset and dropped only
///    after all of them were destroyed.
///
/// # Examples
///
/// ```
/// use heapwright_arena::Arena;
/// use heapwright_new::value;
///
/// struct Leaf {
///     weight: u32,
/// }
/// struct Branch<'a> {
///     left: &'a Leaf,
///     right: &'a Leaf,
/// }
///
/// let arena = Arena::new();
/// let left = arena.alloc(value(Leaf { weight: 3 }))?;
/// let right = arena.alloc(value(Leaf { weight: 4 }))?;
/// let branch = arena.alloc(value(Branch { left, right }))?;
/// let name = arena.create(value(String::from("symbols")))?;
/// name.push_str(" of a tree");
/// assert_eq!(branch.left.weight + branch.right.weight, 7);
/// // The string is destroyed with the arena.
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub struct Arena<'env, M: Mode = Local, C: Census = NoCensus, S: Source = Bump> {
    pub(crate) source: S,
    pub(crate) runs: Runs<C::Entry>,
    pub(crate) family: Family<C, S>,
    mode: PhantomData<M>,
    /// Invariant: neither a longer nor a shorter one will do.
    environment: PhantomData<fn(&'env ()) -> &'env ()>,
}

// SAFETY: all objects that it destroys are `Send`, as `Admits` has it; its source and its census go
// with it. Others, and those that it lent, are borrowed from it, so that it cannot move meanwhile.
unsafe impl<C: Census + Send, S: Source + Send> Send for Arena<'_, Sendable, C, S> {}

impl<'env> Arena<'env> {
    /// An arena without memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// assert_eq!(arena.reserved_bytes(), 0);
    /// let visits = arena.alloc(value(1_u64))?; // takes the first chunk
    /// *visits += 1;
    /// assert!(*visits == 2 && arena.reserved_bytes() > 0);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::from_parts(Bump::new(), NoCensus)
    }

    /// An arena whose first chunk holds `bytes`.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::zeroed;
    ///
    /// let arena = Arena::with_capacity(64 * 1024)?;
    /// let reserved_bytes = arena.reserved_bytes();
    /// for _ in 0..64 {
    ///     arena.alloc(zeroed::<[u8; 1024]>())?;
    /// }
    /// assert_eq!(arena.reserved_bytes(), reserved_bytes); // no other chunk
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn with_capacity(bytes: usize) -> Result<Self, BadAlloc> {
        let bump = Bump::try_with_capacity(bytes);
        let bump = bump.map_err(|_| BadAlloc::Exhausted { size: bytes, align: 1 })?;
        Ok(Self::from_parts(bump, NoCensus))
    }
}

impl Default for Arena<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'env> Arena<'env, Sendable> {
    /// An arena without memory that may move to another thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::sendable();
    /// arena.create(value(String::from("made here")))?;
    /// std::thread::spawn(move || drop(arena)).join().unwrap();
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn sendable() -> Self {
        Self::from_parts(Bump::new(), NoCensus)
    }
}

impl<'env, C: Census> Arena<'env, Local, C> {
    /// An arena without memory whose objects are counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByType::new());
    /// arena.create_array(3, |_| value(String::new()))?;
    /// arena.alloc(value(7))?; // what the arena does not destroy is not counted
    /// assert_eq!(arena.census().report()?.live(), 3);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn counting(census: C) -> Self {
        Self::from_parts(Bump::new(), census)
    }
}

impl<S: Source> Arena<'_, Local, NoCensus, S> {
    /// An arena whose memory comes from `source`.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::source::Region;
    /// use heapwright_break::ReservedBreak;
    /// use heapwright_new::zeroed;
    ///
    /// // All objects lie within one mebibyte of addresses.
    /// let arena = Arena::over(Region::new(ReservedBreak::new(1 << 20)));
    /// assert!(arena.alloc(zeroed::<[u8; 100_000]>()).is_ok());
    /// assert!(arena.alloc(zeroed::<[u8; 2_000_000]>()).is_err());
    /// ```
    #[inline]
    #[must_use]
    pub fn over(source: S) -> Self {
        Self::from_parts(source, NoCensus)
    }
}

impl<M: Mode, C: Census> Arena<'_, M, C> {
    /// Refuses chunks with which the arena would have more than `bytes`; `None` takes the limit
    /// away.
    ///
    /// Chunks that it has already stay: where they are more than `bytes`, they are the limit. A
    /// scope has memory of its own, and a limit if it is given one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::{BadAlloc, NewError, zeroed};
    ///
    /// let arena = Arena::new();
    /// arena.set_limit(Some(4096));
    /// let refused = arena.alloc(zeroed::<[u8; 100_000]>()).unwrap_err();
    /// assert_eq!(refused, NewError::Alloc(BadAlloc::Exhausted { size: 100_000, align: 1 }));
    /// ```
    pub fn set_limit(&self, bytes: Option<usize>) {
        // bumpalo takes a limit below what it has for none.
        let limit = bytes.map(|bytes| bytes.max(self.source.allocated_bytes()));
        self.source.set_allocation_limit(limit);
    }
}

impl<'env, M: Mode, C: Census, S: Source> Arena<'env, M, C, S> {
    /// An arena whose memory comes from `source`, and whose objects `census` counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::source::Bump;
    /// use heapwright_arena::{Arena, CountByType, Sendable};
    ///
    /// let arena = Arena::<Sendable, _, _>::from_parts(Bump::new(), CountByType::new());
    /// ```
    #[inline]
    #[must_use]
    pub fn from_parts(source: S, census: C) -> Self {
        Self::with_family(source, Family::new(census))
    }

    #[inline]
    pub(crate) fn with_family(source: S, family: Family<C, S>) -> Self {
        Self { source, runs: Runs::NONE, family, mode: PhantomData, environment: PhantomData }
    }

    /// Destroys all objects and keeps some memory for those to come: bumpalo its last chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let mut arena = Arena::new();
    /// for request in ["first", "second"] {
    ///     arena.create(value(String::from(request)))?;
    ///     arena.reset();
    /// }
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn reset(&mut self) {
        /// Resets the source also where a destructor panics.
        struct Emptied<'a, S: Source>(&'a mut S);

        impl<S: Source> Drop for Emptied<'_, S> {
            fn drop(&mut self) {
                // SAFETY: all objects were destroyed, and their runs forgotten.
                unsafe { self.0.reset() };
            }
        }

        let _emptied = Emptied(&mut self.source);
        let census = self.family.census();
        // SAFETY: who borrowed an object borrowed the arena, which is the caller's alone.
        unsafe { self.runs.destroy_all(&|entry, count| census.died(entry, count)) };
    }

    /// The bytes taken from the chunks: objects, what aligns them, what is kept about them, and
    /// what was left over at the end of chunks.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::zeroed;
    ///
    /// let arena = Arena::with_capacity(4096)?;
    /// let before = arena.used_bytes();
    /// arena.alloc(zeroed::<[u8; 1000]>())?;
    /// assert_eq!(arena.used_bytes() - before, 1000);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn used_bytes(&self) -> usize {
        self.source.used_bytes()
    }

    /// The bytes of all chunks. Those that scopes keep warm are not counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::zeroed;
    ///
    /// let mut arena = Arena::new();
    /// for _ in 0..100 {
    ///     arena.alloc(zeroed::<[u8; 1024]>())?;
    /// }
    /// let most = arena.reserved_bytes();
    /// arena.reset(); // keeps the last chunk
    /// assert!((1..most).contains(&arena.reserved_bytes()));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn reserved_bytes(&self) -> usize {
        self.source.reserved_bytes()
    }

    /// What counts the objects.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByType::new());
    /// arena.scope(|scope| scope.create(value(String::from("header"))).map(|_| ()))?;
    /// let report = arena.census().report()?; // of the scopes, too
    /// assert_eq!((report.live(), report.rows()[0].total), (0, 1));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn census(&self) -> &C {
        self.family.census()
    }
}

impl<M: Mode, C: Census, S: Source> Drop for Arena<'_, M, C, S> {
    fn drop(&mut self) {
        /// Destroys the objects, also where the report panics: their memory goes in any case.
        struct Destroys<'a, 'env, M: Mode, C: Census, S: Source>(&'a Arena<'env, M, C, S>);

        impl<M: Mode, C: Census, S: Source> Drop for Destroys<'_, '_, M, C, S> {
            fn drop(&mut self) {
                let census = self.0.family.census();
                let died = |entry, count| census.died(entry, count);
                // SAFETY: who borrowed an object borrowed the arena, which is nobody's any more.
                unsafe { self.0.runs.destroy_all(&died) };
            }
        }

        let destroys = Destroys(self);
        if self.family.is_head() {
            self.family.census().ends();
        }
        drop(destroys);
    }
}

impl<M: Mode, C: Census, S: Source> fmt::Debug for Arena<'_, M, C, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arena = formatter.debug_struct("Arena");
        arena.field("used_bytes", &self.used_bytes());
        arena.field("reserved_bytes", &self.reserved_bytes()).finish_non_exhaustive()
    }
}

/// That there is no memory for `layout`.
#[cold]
fn refused(layout: Layout) -> BadAlloc {
    BadAlloc::Exhausted { size: layout.size(), align: layout.align() }
}
