//! Chunks from any allocator.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use heapwright_new::StaticAllocator;

use super::window::Window;
use super::{Source, Spawn, StaticSource};

/// The size of the first chunk, in bytes; each one is twice as large as the one before.
const FIRST_CHUNK_BYTES: usize = 1 << 10;
/// From this size on, in bytes, they grow no more.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// A source whose chunks come from an allocator: a heap of its own, a pool, another arena.
///
/// # Invariants
///
/// 1. `last` is none, or leads to a chunk with all its bytes, whose memory came from `allocator`;
///    each leads to the one made before it.
/// 2. `window` is of the last chunk, without its head.
///
/// # Examples
///
/// ```
/// use heapwright_arena::Arena;
/// use heapwright_arena::source::Chunks;
/// use heapwright_malloc::Malloc;
/// use heapwright_new::value;
///
/// let arena = Arena::over(Chunks::new(Malloc));
/// let name = arena.create(value(String::from("in chunks")))?;
/// assert_eq!(name.len(), 9);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug)]
pub struct Chunks<A: Allocator> {
    allocator: A,
    last: Cell<Option<NonNull<Chunk>>>,
    window: Window,
    reserved_bytes: Cell<usize>,
}

/// What stands at the start of a chunk.
#[derive(Debug)]
struct Chunk {
    previous: Option<NonNull<Chunk>>,
    layout: Layout,
    /// What the allocator gave, which may be more.
    bytes: usize,
}

// SAFETY: the chunks are the source's own, and go with it and its allocator.
unsafe impl<A: Allocator + Send> Send for Chunks<A> {}

impl<A: Allocator> Chunks<A> {
    /// A source without memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_arena::source::Chunks;
    /// use heapwright_new::value;
    ///
    /// let session = Arena::new();
    /// let request = Arena::over(Chunks::new(&session)); // takes its chunks from the other
    /// assert_eq!(request.reserved_bytes(), 0);
    /// request.create(value(String::from("GET /")))?;
    /// assert!(session.used_bytes() >= request.reserved_bytes());
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub const fn new(allocator: A) -> Self {
        let (last, reserved_bytes) = (Cell::new(None), Cell::new(0));
        Self { allocator, last, window: Window::empty(), reserved_bytes }
    }

    /// A new chunk, with room for `layout`.
    #[cold]
    fn grow_for(&self, layout: Layout) -> Option<()> {
        let (head, _) = Layout::new::<Chunk>().extend(layout).ok()?;
        let usual = self.reserved_bytes.get().clamp(FIRST_CHUNK_BYTES, CHUNK_BYTES_MAX);
        // What aligns the last block may take as much as its alignment.
        let needed = head.size().checked_add(layout.align())?;
        let chunk = Layout::from_size_align(usual.max(needed), align_of::<Chunk>()).ok()?;
        let memory = self.allocator.allocate(chunk).ok()?;
        let place = memory.cast::<Chunk>();
        let bytes = memory.len();
        // SAFETY: memory for a chunk, aligned to its head.
        unsafe { place.write(Chunk { previous: self.last.get(), layout: chunk, bytes }) };
        // INVARIANT: 1 and 2.
        self.last.set(Some(place));
        self.open(place);
        self.reserved_bytes.set(self.reserved_bytes.get() + bytes);
        Some(())
    }

    /// Cuts from a chunk from now on, all of it.
    fn open(&self, place: NonNull<Chunk>) {
        // SAFETY: a chunk of this source (invariant 1).
        let bytes = unsafe { place.as_ref() }.bytes;
        // SAFETY: right behind the head, inside of the chunk.
        let start = unsafe { place.add(1) }.cast();
        self.window.open(NonNull::slice_from_raw_parts(start, bytes - size_of::<Chunk>()));
    }

    /// Gives all chunks back from `next` on.
    ///
    /// # Safety
    ///
    /// They are in no list, and nobody uses them.
    unsafe fn give_chunks_back(&self, mut next: Option<NonNull<Chunk>>) {
        while let Some(place) = next {
            // SAFETY: a chunk of this source.
            let chunk = unsafe { place.read() };
            next = chunk.previous;
            // SAFETY: it came from there for this layout, and nobody uses it.
            unsafe { self.allocator.deallocate(place.cast(), chunk.layout) };
        }
    }
}

// SAFETY: blocks are cut from chunks that are given back at the reset or the end. The head of a
// chunk stands between its blocks and whatever lies below.
unsafe impl<A: Allocator> Source for Chunks<A> {
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
        let Some(mut last) = self.last.get() else { return };
        // SAFETY: a chunk of this source (invariant 1), which is the caller's alone.
        let chunk = unsafe { last.as_mut() };
        let others = chunk.previous.take();
        self.reserved_bytes.set(chunk.bytes);
        self.open(last);
        // SAFETY: in the list no more; nobody uses them (the caller's condition).
        unsafe { self.give_chunks_back(others) };
    }

    fn used_bytes(&self) -> usize {
        self.reserved_bytes.get() - self.window.len()
    }

    fn reserved_bytes(&self) -> usize {
        self.reserved_bytes.get()
    }
}

// SAFETY: a forgotten source forgets its chunks, which stay then.
unsafe impl<A: StaticAllocator> StaticSource for Chunks<A> {}

impl<A: Allocator + Clone> Spawn for Chunks<A> {
    fn spawn(&self) -> Self {
        Self::new(self.allocator.clone())
    }
}

impl<A: Allocator> Drop for Chunks<A> {
    fn drop(&mut self) {
        // SAFETY: the source is used no more.
        unsafe { self.give_chunks_back(self.last.take()) };
    }
}
