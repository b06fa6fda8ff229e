//! Where an arena's memory comes from, and when it may be used again.
//!
//! ```text
//!   allocate ──▶ allocate ──▶ …  ──▶ reset: all of it may be used again
//! ```
//!
//! An arena asks its source for memory and knows nothing else of it.
//!
//! | source | memory from | has `create_pin` and `live` | has scopes |
//! |---|---|---|---|
//! | [`Bump`] | the program's global allocator, by bumpalo | yes | yes |
//! | [`Chunks`] | any [`Allocator`](allocator_api2::alloc::Allocator) | where that is a [`StaticAllocator`](heapwright_new::StaticAllocator) | yes |
//! | [`Region`] | bytes of the caller, or any [`Break`](heapwright_break::Break) | no: [`StaticSource`] says why | no: there is one region, and a scope needs another |

mod bump;
mod chunks;
mod region;
mod window;

use core::alloc::Layout;
use core::ptr::NonNull;

pub use bumpalo::Bump;
pub use chunks::Chunks;
pub use region::Region;

/// Memory handed out piece by piece and taken back all at once.
///
/// # Safety
///
/// An implementation promises:
///
/// - A block is valid for reads and writes of its layout, aligned to it, and apart from all others,
///   until it is given back, until [`reset`](Source::reset), or until the source is dropped.
/// - Moving a source moves no block.
/// - Where one block begins right behind another, the pointer to the one may be led on to the
///   other: they are parts of one allocation.
///
/// # Examples
///
/// ```
/// use core::alloc::Layout;
/// use core::ptr::NonNull;
/// use heapwright_arena::Arena;
/// use heapwright_arena::source::{Bump, Source};
///
/// /// Refuses large blocks, to see how a program copes.
/// struct Stingy(Bump);
///
/// // SAFETY: every block is bumpalo's.
/// unsafe impl Source for Stingy {
///     fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
///         if layout.size() > 64 { None } else { self.0.allocate(layout) }
///     }
///     // The others are those of the `Bump`.
/// #     unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout) {
/// #         // SAFETY: the caller's conditions.
/// #         unsafe { self.0.give_back(block, layout) };
/// #     }
/// #     unsafe fn reset(&mut self) {
/// #         // SAFETY: the caller's condition.
/// #         unsafe { Source::reset(&mut self.0) };
/// #     }
/// #     fn used_bytes(&self) -> usize {
/// #         self.0.used_bytes()
/// #     }
/// #     fn reserved_bytes(&self) -> usize {
/// #         self.0.reserved_bytes()
/// #     }
/// }
///
/// let arena = Arena::over(Stingy(Bump::new()));
/// assert!(arena.alloc_str("short").is_ok());
/// assert!(arena.alloc_str(&"long".repeat(100)).is_err());
/// ```
pub unsafe trait Source {
    /// A block for `layout`; `None` where there is no memory, or a limit is reached. A block of no
    /// bytes takes none.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::new();
    /// let block = source.allocate(Layout::new::<u64>()).expect("memory for a number");
    /// let number = block.cast::<u64>();
    /// // SAFETY: memory for a `u64`, which nobody else has.
    /// unsafe { number.write(7) };
    /// // SAFETY: written just now.
    /// assert_eq!(unsafe { number.read() }, 7);
    /// ```
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Takes a block back before the others, where that costs nothing: the one that was handed out
    /// last, mostly.
    ///
    /// # Safety
    ///
    /// `block` came from [`allocate`](Source::allocate) of this source for `layout`, and nobody
    /// uses it any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::new();
    /// let layout = Layout::new::<[u8; 64]>();
    /// let block = source.allocate(layout).expect("memory for 64 bytes");
    /// // SAFETY: it came from this source for this layout, and nobody uses it.
    /// unsafe { source.give_back(block, layout) };
    /// assert_eq!(source.allocate(layout), Some(block)); // the last one: its memory is used again
    /// ```
    unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout);

    /// A block with the contents of another one, which is taken back, for a larger layout; in its
    /// place where that can be. `None`, and the block is as before, where there is no memory.
    ///
    /// # Safety
    ///
    /// As [`give_back`](Source::give_back) for `old`, but for a failure; `new` is no smaller.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::new();
    /// let (old, new) = (Layout::new::<[u8; 4]>(), Layout::new::<[u8; 4096]>());
    /// let block = source.allocate(old).expect("memory for four bytes");
    /// // SAFETY: a block of four bytes, which nobody else has.
    /// unsafe { block.cast().write(*b"text") };
    /// // SAFETY: it came from this source for the old layout, and what follows uses the new one.
    /// let block = unsafe { source.grow(block, old, new) }.expect("memory for a page");
    /// // SAFETY: the contents go along.
    /// assert_eq!(unsafe { block.cast::<[u8; 4]>().read() }, *b"text");
    /// ```
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        let target = self.allocate(new)?;
        // SAFETY: two blocks, both with as many bytes.
        unsafe { target.copy_from_nonoverlapping(block, old.size()) };
        // SAFETY: the caller's conditions.
        unsafe { self.give_back(block, old) };
        Some(target)
    }

    /// As [`grow`](Source::grow), for a smaller layout.
    ///
    /// # Safety
    ///
    /// As [`grow`](Source::grow), but `new` is no larger.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::new();
    /// let (old, new) = (Layout::new::<[u8; 4096]>(), Layout::new::<[u8; 16]>());
    /// let block = source.allocate(old).expect("memory for a page");
    /// // SAFETY: it came from this source for the old layout, and nobody uses it.
    /// unsafe { source.shrink(block, old, new) }.expect("no more memory than before");
    /// assert!(source.used_bytes() < 4096); // bumpalo's last block gives up what it had too much
    /// ```
    unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if block.addr().get().is_multiple_of(new.align()) {
            return Some(block);
        }
        let target = self.allocate(new)?;
        // SAFETY: two blocks, both with as many bytes.
        unsafe { target.copy_from_nonoverlapping(block, new.size()) };
        // SAFETY: the caller's conditions.
        unsafe { self.give_back(block, old) };
        Some(target)
    }

    /// Takes all blocks back. Some memory is kept for those to come.
    ///
    /// # Safety
    ///
    /// Nobody uses any block any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Chunks, Source};
    /// use heapwright_malloc::Malloc;
    ///
    /// let mut source = Chunks::new(Malloc);
    /// let layout = Layout::new::<[u8; 100]>();
    /// let block = source.allocate(layout);
    /// // SAFETY: nobody uses the block.
    /// unsafe { source.reset() };
    /// assert_eq!(source.allocate(layout), block); // the same memory
    /// ```
    unsafe fn reset(&mut self);

    /// The bytes handed out, with those that only align, and those left over at the end of chunks
    /// that are full.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::with_capacity(4096);
    /// source.allocate(Layout::new::<[u8; 100]>());
    /// assert_eq!(source.used_bytes(), 100);
    /// ```
    fn used_bytes(&self) -> usize;

    /// The bytes held, handed out or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::alloc::Layout;
    /// use heapwright_arena::source::{Bump, Source};
    ///
    /// let source = Bump::new();
    /// assert_eq!(source.reserved_bytes(), 0);
    /// source.allocate(Layout::new::<u8>());
    /// assert!(source.reserved_bytes() > 1); // a whole chunk
    /// ```
    fn reserved_bytes(&self) -> usize;
}

/// A source whose blocks stay where they are even if it is forgotten.
///
/// What is pinned must not lose its memory before it is destroyed. An arena destroys before it
/// resets or drops its source; but nobody need drop an arena. Where a forgotten source leaks its
/// memory, that is as well; where it gives borrowed memory back to its owner, a pinned object
/// would be overwritten alive.
///
/// # Safety
///
/// An implementation promises: the memory of a source that is forgotten, or whose borrow ends
/// without a drop, is never used again.
///
/// # Examples
///
/// ```
/// use core::pin::Pin;
/// use heapwright_arena::source::{Bump, Chunks, StaticSource};
/// use heapwright_arena::{Arena, Local, NoCensus};
/// use heapwright_malloc::Malloc;
/// use heapwright_new::value;
///
/// /// Pins in every arena that can.
/// fn pinned<'a, S>(arena: &'a Arena<'_, Local, NoCensus, S>, ticks: u32) -> Pin<&'a mut u32>
/// where
///     S: StaticSource,
/// {
///     arena.create_pin(value(ticks)).unwrap()
/// }
///
/// assert_eq!(*pinned(&Arena::over(Bump::new()), 1), 1);
/// assert_eq!(*pinned(&Arena::over(Chunks::new(Malloc)), 2), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "the memory of `{Self}` is its owner's again when the arena is forgotten",
    note = "pinning needs memory that is leaked with the arena: `Bump`'s is"
)]
pub unsafe trait StaticSource: Source {}

/// A source of which more can be made, for scopes.
///
/// # Examples
///
/// ```
/// use heapwright_arena::source::{Chunks, Spawn};
/// use heapwright_arena::{Arena, Local, NoCensus};
/// use heapwright_malloc::Malloc;
///
/// /// Needs memory for the time of the call only.
/// fn is_palindrome<S: Spawn>(arena: &Arena<'_, Local, NoCensus, S>, word: &str) -> bool {
///     arena.scope(|scratch| {
///         let letters = scratch.alloc_slice(word.as_bytes()).unwrap();
///         letters.reverse();
///         letters == word.as_bytes()
///     })
/// }
///
/// assert!(is_palindrome(&Arena::over(Chunks::new(Malloc)), "level"));
/// ```
pub trait Spawn: Source {
    /// Another source of the same kind, without memory, and without what limits this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::source::{Bump, Source, Spawn};
    ///
    /// let source = Bump::with_capacity(4096);
    /// source.set_allocation_limit(Some(4096));
    /// let another = source.spawn();
    /// assert_eq!((another.reserved_bytes(), another.allocation_limit()), (0, None));
    /// ```
    fn spawn(&self) -> Self;

    /// Takes away what limits it, before it serves another scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::source::{Bump, Spawn};
    ///
    /// let mut source = Bump::new();
    /// source.set_allocation_limit(Some(4096)); // a scope's, which ended
    /// source.renew();
    /// assert_eq!(source.allocation_limit(), None);
    /// ```
    fn renew(&mut self) {}
}
