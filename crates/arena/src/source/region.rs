//! Memory of a break: bytes of the caller, reserved addresses, the program break.

use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, FixedBreak};

use super::Source;
use super::window::Window;

/// How much the break is moved at once, in bytes.
const GROW_BYTES: usize = 64 << 10;
/// What a break in bytes is aligned to.
const BYTES_ALIGN: usize = 16;

/// A source whose memory is that below a break, which is moved up as it is needed. In bytes of the
/// caller it takes nothing from anybody: an arena for where there is no heap.
///
/// Nothing is pinned here. Whoever forgets an arena over borrowed bytes ends the borrow without a
/// destructor, and the owner writes over what still lives.
///
/// # Invariants
///
/// 1. `whole` is none, or memory of the break without a gap, up to its end; `window` is of a part
///    of that, up to its end or to where an earlier growth ended.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_arena::Arena;
/// use heapwright_arena::source::Region;
/// use heapwright_new::value;
///
/// let mut bytes = [MaybeUninit::uninit(); 1024];
/// let arena = Arena::over(Region::in_bytes(&mut bytes)?);
/// let name = arena.create(value(String::from("in the caller's bytes"))).unwrap();
/// assert_eq!(name.len(), 21);
/// assert!(arena.alloc(value([0_u8; 2000])).is_err());
/// # Ok::<(), heapwright_break::BreakError>(())
/// ```
///
/// ```compile_fail,E0277
/// # use core::mem::MaybeUninit;
/// # use heapwright_arena::Arena;
/// # use heapwright_arena::source::Region;
/// # use heapwright_new::value;
/// let mut bytes = [MaybeUninit::uninit(); 1024];
/// let arena = Arena::over(Region::in_bytes(&mut bytes).unwrap());
/// let pinned = arena.create_pin(value(7)); // refused
/// ```
pub struct Region<B: Break> {
    /// Taken out while it grows: nothing keeps a break from coming back here meanwhile.
    source: Cell<Option<B>>,
    window: Window,
    whole: Cell<Option<NonNull<[u8]>>>,
    reserved_bytes: Cell<usize>,
}

// SAFETY: the memory is the source's own, and goes with it.
unsafe impl<B: Break + Send> Send for Region<B> {}

impl<'bytes> Region<FixedBreak<'bytes>> {
    /// A source whose memory is `bytes`, those at the ends excepted that are not aligned to 16.
    ///
    /// # Errors
    ///
    /// [`BreakError`] where they are too few for anything.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::source::Region;
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 1024];
    /// let (names, paths) = bytes.split_at_mut(256);
    /// let names = Arena::over(Region::in_bytes(names)?);
    /// let paths = Arena::over(Region::in_bytes(paths)?);
    /// let path = "/a".repeat(200);
    /// assert!(names.alloc_str(&path).is_err());
    /// assert_eq!(*paths.alloc_str(&path).unwrap(), *path);
    /// # Ok::<(), heapwright_break::BreakError>(())
    /// ```
    pub fn in_bytes(bytes: &'bytes mut [MaybeUninit<u8>]) -> Result<Self, BreakError> {
        let lead = bytes.as_ptr().align_offset(BYTES_ALIGN).min(bytes.len());
        let (_, aligned) = bytes.split_at_mut(lead);
        FixedBreak::new(aligned).map(Self::new)
    }
}

impl<B: Break> Region<B> {
    /// A source whose memory is taken from a break that nobody else has.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::source::Region;
    /// use heapwright_break::{FixedBreak, StaticBuffer};
    /// use heapwright_new::zeroed;
    ///
    /// static MEMORY: StaticBuffer<4096> = StaticBuffer::new();
    ///
    /// let arena = Arena::over(Region::new(FixedBreak::from_static(&MEMORY)));
    /// assert!(arena.alloc(zeroed::<[u8; 4000]>()).is_ok());
    /// assert!(arena.alloc(zeroed::<[u8; 4000]>()).is_err());
    /// ```
    pub const fn new(source: B) -> Self {
        let (whole, reserved_bytes) = (Cell::new(None), Cell::new(0));
        Self { source: Cell::new(Some(source)), window: Window::empty(), whole, reserved_bytes }
    }

    /// Moves the break up, so that there is room for `layout`.
    #[cold]
    fn grow_for(&self, layout: Layout) -> Option<()> {
        let mut source = self.source.take()?;
        let memory = Self::grow_by(&mut source, layout);
        self.source.set(Some(source));
        let memory = memory?;
        let is_behind = |below: &NonNull<[u8]>| {
            below.cast::<u8>().addr().get() + below.len() == memory.cast::<u8>().addr().get()
        };
        // INVARIANT: 1.
        let whole = match self.whole.get().filter(is_behind) {
            Some(below) => NonNull::slice_from_raw_parts(below.cast(), below.len() + memory.len()),
            None => memory,
        };
        self.whole.set(Some(whole));
        self.window.open(memory);
        self.reserved_bytes.set(self.reserved_bytes.get() + memory.len());
        Some(())
    }

    fn grow_by(source: &mut B, layout: Layout) -> Option<NonNull<[u8]>> {
        // What aligns the block may take as much as its alignment.
        let needed = layout.size().checked_add(layout.align())?;
        let rest = source.capacity().saturating_sub(source.len());
        let growth = source.grow(needed.max(GROW_BYTES.min(rest))).ok();
        // The last few bytes may do without what aligns them.
        Some(growth.or_else(|| source.grow(layout.size()).ok())?.memory)
    }
}

// SAFETY: blocks are cut from memory of the break, which is never moved down. What lies side by
// side is memory of one break.
unsafe impl<B: Break> Source for Region<B> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return Some(layout.dangling_ptr());
        }
        if let Some(block) = self.window.cut(layout) {
            return Some(block);
        }
        self.grow_for(layout)?;
        self.window.cut(layout)
    }

    #[inline]
    unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() > 0 {
            self.window.uncut(block, layout);
        }
    }

    unsafe fn reset(&mut self) {
        if let Some(whole) = self.whole.get() {
            self.window.open(whole);
            self.reserved_bytes.set(whole.len());
        }
    }

    fn used_bytes(&self) -> usize {
        self.reserved_bytes.get() - self.window.len()
    }

    fn reserved_bytes(&self) -> usize {
        self.reserved_bytes.get()
    }
}

impl<B: Break> fmt::Debug for Region<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut region = formatter.debug_struct("Region");
        region.field("reserved_bytes", &self.reserved_bytes).finish_non_exhaustive()
    }
}
