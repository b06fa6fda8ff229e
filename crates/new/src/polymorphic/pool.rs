//! `PoolAllocator`: blocks of a few sizes, used again and again.
//!
//! ```text
//!   size class     16    32    64   …   4096   │ larger: straight to the upstream
//!   free list      ▼     ▼
//!                 ░─░─░  ░                        blocks, cut out of chunks of the upstream
//! ```

use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

use super::{Chunk, give_back};
use crate::allocate::no_bytes;

/// The smallest class, in bytes.
const CLASS_BYTES_MIN: usize = 16;
/// Each class is twice as large as the one before.
const CLASSES: usize = 9;
/// The largest class, in bytes.
const CLASS_BYTES_MAX: usize = CLASS_BYTES_MIN << (CLASSES - 1);
/// How many blocks the first chunk of a class has, and the most that one has.
const BLOCKS_MIN: usize = 8;
const BLOCKS_MAX: usize = 256;

/// A block that waits for use.
struct Free {
    next: Option<NonNull<Free>>,
}

// A class must hold the link, and its blocks are as aligned.
const _: () = assert!(size_of::<Free>() <= CLASS_BYTES_MIN);
const _: () = assert!(align_of::<Chunk>() <= CLASS_BYTES_MIN);

struct Class {
    free: Cell<Option<NonNull<Free>>>,
    /// How many blocks the next chunk has.
    blocks: Cell<usize>,
}

/// Keeps blocks of the powers of two from 16 to 4096 bytes, and leaves larger ones to its
/// upstream: C++'s `unsynchronized_pool_resource`.
///
/// What its users give back, it keeps for the next request of that size; the upstream gets it when
/// the allocator is dropped or [released](Self::release).
///
/// # Invariants
///
/// 1. The blocks in the list of a class are of its size, multiples of it, and in nobody's use.
/// 2. `chunks` lists what the blocks were cut from, all from `upstream`.
///
/// # Examples
///
/// ```
/// use heapwright_new::polymorphic::PoolAllocator;
/// use heapwright_new::{Malloc, Owned};
///
/// let pool = PoolAllocator::new(Malloc);
/// let first = Owned::try_new_in(1_u64, &pool)?;
/// let address = Owned::as_ptr(&first);
/// drop(first);
/// let second = Owned::try_new_in(2_u64, &pool)?;
/// assert_eq!(Owned::as_ptr(&second), address);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub struct PoolAllocator<U: Allocator> {
    classes: [Class; CLASSES],
    chunks: Cell<Option<NonNull<Chunk>>>,
    upstream: U,
}

// SAFETY: the chunks are this value's alone, and go with it.
unsafe impl<U: Allocator + Send> Send for PoolAllocator<U> {}

/// The class that serves a layout; `None` for those that the upstream serves.
const fn class_index(layout: Layout) -> Option<usize> {
    let bytes = if layout.size() > layout.align() { layout.size() } else { layout.align() };
    if bytes > CLASS_BYTES_MAX {
        return None;
    }
    let granules = bytes.div_ceil(CLASS_BYTES_MIN).next_power_of_two();
    Some(granules.trailing_zeros() as usize)
}

impl<U: Allocator> PoolAllocator<U> {
    /// Cuts its blocks from what `upstream` has.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 1024];
    /// let pool = PoolAllocator::new(Monotonic::new(&mut bytes, NullAllocator));
    /// for id in 0..10_000_u64 {
    ///     let request = Owned::try_new_in(id, &pool)?; // the same block, again and again
    ///     assert_eq!(*request, id);
    /// }
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn new(upstream: U) -> Self {
        // INVARIANT: 1 and 2 hold of nothing.
        let classes =
            [const { Class { free: Cell::new(None), blocks: Cell::new(BLOCKS_MIN) } }; CLASSES];
        Self { classes, chunks: Cell::new(None), upstream }
    }

    /// Takes all blocks back at once, and gives the chunks to the upstream. Blocks larger than
    /// 4096 bytes are not known here: the handle of one gives it back, or it leaks.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::polymorphic::PoolAllocator;
    /// use heapwright_new::{ByType, Label, Owned, label};
    ///
    /// struct Node([u64; 4]);
    /// label!(Node);
    ///
    /// let mut pool = PoolAllocator::new(ByType::<Node>::default());
    /// for id in 0..100 {
    ///     Owned::leak(Owned::try_new_in(Node([id; 4]), &pool)?); // a graph, say
    /// }
    /// assert!(Node::label().live_count() >= 100);
    /// pool.release();
    /// assert_eq!(Node::label().live_count(), 0);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub fn release(&mut self) {
        for class in &self.classes {
            class.free.set(None);
        }
        // SAFETY: invariant 2; nobody borrows this any more, so nobody uses a block.
        unsafe { give_back(self.chunks.take(), &self.upstream) };
    }

    /// The allocator behind the blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::Owned;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 10_000];
    /// let pool = PoolAllocator::new(Monotonic::new(&mut bytes, NullAllocator));
    /// let page = Owned::try_new_in([0_u8; 6000], &pool)?; // above 4096: from the upstream
    /// assert_eq!(pool.upstream().remaining_bytes(), 10_000 - page.len());
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn upstream(&self) -> &U {
        &self.upstream
    }

    fn pop(&self, class: &Class) -> Option<NonNull<u8>> {
        let free = class.free.get()?;
        // SAFETY: a block in a list begins with the link to the next (invariant 1).
        class.free.set(unsafe { free.read() }.next);
        Some(free.cast())
    }

    /// Cuts a new chunk into blocks of `size` bytes.
    #[cold]
    fn refill(&self, class: &Class, size: usize) -> Option<()> {
        let count = class.blocks.get();
        let blocks = Layout::from_size_align(size.checked_mul(count)?, size).ok()?;
        // The header stands behind the blocks, so that these are aligned as the chunk is.
        let (layout, header) = blocks.extend(Layout::new::<Chunk>()).ok()?;
        let memory = self.upstream.allocate(layout).ok()?.cast::<u8>();
        // SAFETY: the layout has the header there.
        let chunk = unsafe { memory.add(header) }.cast::<Chunk>();
        // SAFETY: the memory is ours, and the header's place aligned for it.
        unsafe { chunk.write(Chunk { memory, layout, next: self.chunks.get() }) };
        // INVARIANT: 2 holds, with the new one.
        self.chunks.set(Some(chunk));
        for index in (0..count).rev() {
            // SAFETY: the layout has so many blocks.
            let block = unsafe { memory.add(index * size) }.cast::<Free>();
            // SAFETY: the block is ours, large enough and aligned for a link.
            unsafe { block.write(Free { next: class.free.get() }) };
            // INVARIANT: 1 holds: a block of this size, at a multiple of it.
            class.free.set(Some(block));
        }
        class.blocks.set((count * 2).min(BLOCKS_MAX));
        Some(())
    }
}

// SAFETY: blocks are apart (invariant 1), at least of the layout asked for, and stay until they are
// given back; moving this moves no block.
unsafe impl<U: Allocator> Allocator for PoolAllocator<U> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        if layout.size() == 0 {
            return Ok(no_bytes(layout));
        }
        let Some((index, class)) =
            class_index(layout).and_then(|index| Some((index, self.classes.get(index)?)))
        else {
            return self.upstream.allocate(layout);
        };
        let size = CLASS_BYTES_MIN << index;
        let block = self.pop(class).or_else(|| self.pop_refilled(class, size));
        Ok(NonNull::slice_from_raw_parts(block.ok_or(AllocError)?, size))
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        let Some(class) = class_index(layout).and_then(|index| self.classes.get(index)) else {
            // SAFETY: the caller's conditions; a block of this layout is the upstream's.
            return unsafe { self.upstream.deallocate(block, layout) };
        };
        let free = block.cast::<Free>();
        // SAFETY: the block is given back, and of this class, which has room for a link.
        unsafe { free.write(Free { next: class.free.get() }) };
        // INVARIANT: 1 holds: it was handed out as a block of this class.
        class.free.set(Some(free));
    }
}

impl<U: Allocator> PoolAllocator<U> {
    #[cold]
    fn pop_refilled(&self, class: &Class, size: usize) -> Option<NonNull<u8>> {
        self.refill(class, size)?;
        self.pop(class)
    }
}

impl<U: Allocator> Drop for PoolAllocator<U> {
    fn drop(&mut self) {
        self.release();
    }
}

impl<U: Allocator + fmt::Debug> fmt::Debug for PoolAllocator<U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("PoolAllocator");
        shown.field("upstream", &self.upstream).finish_non_exhaustive()
    }
}
