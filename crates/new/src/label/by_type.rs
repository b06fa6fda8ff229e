//! `ByType`: an allocator that counts under a type's name.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
#[cfg(feature = "malloc")]
use heapwright_malloc::Malloc;

use super::Label;
use crate::StaticAllocator;

/// Serves from `A`, and counts live objects, bytes and the high-water mark under the label of `T`.
///
/// A block counts as as many objects as it has room for; where it grows or shrinks, the difference
/// is counted. What has no size needs no block, and is not counted.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Label, OwnedArray, label};
///
/// struct Row([u32; 8]);
/// label!(Row);
///
/// let counted = ByType::<Row>::default();
/// let rows = OwnedArray::try_from_fn_in(10, |_| Ok::<_, ()>(Row([0; 8])), counted);
/// assert_eq!(Row::label().live_count(), 10);
/// drop(rows);
/// assert_eq!((Row::label().live_count(), Row::label().peak_bytes()), (0, 320));
/// ```
pub struct ByType<
    T: Label,
    #[cfg(feature = "malloc")] A = Malloc,
    #[cfg(not(feature = "malloc"))] A,
> {
    allocator: A,
    label: PhantomData<fn() -> T>,
}

impl<T: Label, A> ByType<T, A> {
    /// Counts what `allocator` serves.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::polymorphic::PoolAllocator;
    /// use heapwright_new::{ByType, Label, Malloc, Owned, label};
    ///
    /// struct Node([u64; 4]);
    /// label!(Node);
    ///
    /// let pool = PoolAllocator::new(Malloc);
    /// let node = Owned::try_new_in(Node([0; 4]), ByType::<Node, _>::new(&pool))?;
    /// assert_eq!(Node::label().live_bytes(), 32);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn new(allocator: A) -> Self {
        Self { allocator, label: PhantomData }
    }

    /// The allocator inside.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::polymorphic::{Monotonic, NullAllocator};
    /// use heapwright_new::{ByType, Owned, label};
    ///
    /// struct Packet([u8; 100]);
    /// label!(Packet);
    ///
    /// let mut bytes = [MaybeUninit::uninit(); 1000];
    /// let counted = ByType::<Packet, _>::new(Monotonic::new(&mut bytes, NullAllocator));
    /// let packet = Owned::try_new_in(Packet([0; 100]), &counted)?;
    /// assert_eq!(counted.inner().remaining_bytes(), 900);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    pub const fn inner(&self) -> &A {
        &self.allocator
    }

    fn born(size: usize) {
        T::label().born(Self::count(size), size);
    }

    fn died(size: usize) {
        T::label().died(Self::count(size), size);
    }

    /// A block that grew is counted by the difference: its peak is not that of old and new at once.
    fn grew(old: usize, new: usize) {
        let count = Self::count(new).saturating_sub(Self::count(old));
        T::label().born(count, new.saturating_sub(old));
    }

    fn shrank(old: usize, new: usize) {
        let count = Self::count(old).saturating_sub(Self::count(new));
        T::label().died(count, old.saturating_sub(new));
    }

    /// The objects that a block of `size` bytes has room for; one, if they have no size. A block of
    /// no bytes is none, and may come back without having gone out.
    fn count(size: usize) -> usize {
        match size {
            0 => 0,
            size => size.checked_div(T::label().layout().size()).unwrap_or(1),
        }
    }
}

// SAFETY: all blocks are the inner allocator's, for the layouts that are asked for.
unsafe impl<T: Label, A: Allocator> Allocator for ByType<T, A> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = self.allocator.allocate(layout)?;
        Self::born(layout.size());
        Ok(block)
    }

    #[inline]
    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = self.allocator.allocate_zeroed(layout)?;
        Self::born(layout.size());
        Ok(block)
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions; the block is the inner allocator's.
        unsafe { self.allocator.deallocate(block, layout) };
        Self::died(layout.size());
    }

    unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; the block is the inner allocator's.
        let grown = unsafe { self.allocator.grow(block, old, new) }?;
        Self::grew(old.size(), new.size());
        Ok(grown)
    }

    unsafe fn grow_zeroed(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; the block is the inner allocator's.
        let grown = unsafe { self.allocator.grow_zeroed(block, old, new) }?;
        Self::grew(old.size(), new.size());
        Ok(grown)
    }

    unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions; the block is the inner allocator's.
        let shrunk = unsafe { self.allocator.shrink(block, old, new) }?;
        Self::shrank(old.size(), new.size());
        Ok(shrunk)
    }
}

// SAFETY: the blocks are the inner allocator's.
unsafe impl<T: Label, A: StaticAllocator> StaticAllocator for ByType<T, A> {}

as_what_is_inside!(ByType { allocator });
