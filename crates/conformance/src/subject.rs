//! What the suite drives: a heap seen as five operations and a check of itself.
//!
//! ```text
//!   any Allocator ──▶ OverAllocator ──▶ Subject ──▶ script::run
//!   any Subject   ──▶ AsAllocator   ──▶ Allocator ──▶ contract::check
//! ```
//!
//! A heap with one owner (`&mut self`) is a [`Subject`] at once; a shared one comes in through
//! [`OverAllocator`], and [`AsAllocator`] takes a subject to the checks of the contract.

use core::alloc::Layout;
use core::cell::RefCell;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

use crate::shadow::Shadow;

/// A heap under test, with one owner.
///
/// # Safety
///
/// Memory that [`allocate`](Subject::allocate), [`allocate_zeroed`](Subject::allocate_zeroed) and
/// [`resize`](Subject::resize) return is valid for reads and writes until it is deallocated or
/// resized: the suite writes to all of it. Everything else is checked, not believed.
pub unsafe trait Subject {
    /// A block of at least `layout.size()` bytes, or `None` where the heap refuses.
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<[u8]>>;

    /// As [`allocate`](Subject::allocate), and the first `layout.size()` bytes are zero.
    fn allocate_zeroed(&mut self, layout: Layout) -> Option<NonNull<[u8]>>;

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// `payload` is a live block of this subject, and `layout` fits it.
    unsafe fn deallocate(&mut self, payload: NonNull<u8>, layout: Layout);

    /// Makes a block fit `new` and keeps its contents up to the smaller of the sizes. After
    /// `None` the old block is as it was.
    ///
    /// # Safety
    ///
    /// `payload` is a live block of this subject, and `old` fits it.
    unsafe fn resize(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Option<NonNull<[u8]>>;

    /// Gives free memory back to the source and keeps `keep_bytes` of it. A subject that cannot
    /// does nothing.
    fn trim(&mut self, keep_bytes: usize) {
        let _ = keep_bytes;
    }

    /// Checks the heap from inside, and against `live`: exactly the blocks that it handed out.
    ///
    /// # Errors
    ///
    /// What is broken, in words.
    fn verify(&mut self, live: &Shadow) -> Result<(), String> {
        let _ = live;
        Ok(())
    }
}

/// An [`Allocator`] as a [`Subject`]. It has no self-check.
#[derive(Debug, Clone, Copy, Default)]
pub struct OverAllocator<A>(pub A);

// SAFETY: `Allocator` promises valid memory until deallocation.
unsafe impl<A: Allocator> Subject for OverAllocator<A> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<[u8]>> {
        self.0.allocate(layout).ok()
    }

    fn allocate_zeroed(&mut self, layout: Layout) -> Option<NonNull<[u8]>> {
        self.0.allocate_zeroed(layout).ok()
    }

    unsafe fn deallocate(&mut self, payload: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions are those of the allocator.
        unsafe { self.0.deallocate(payload, layout) }
    }

    unsafe fn resize(
        &mut self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Option<NonNull<[u8]>> {
        if new.size() < old.size() {
            // SAFETY: the block is live and `old` fits it (caller); `new` is not larger.
            unsafe { self.0.shrink(payload, old, new) }.ok()
        } else {
            // SAFETY: the block is live and `old` fits it (caller); `new` is not smaller.
            unsafe { self.0.grow(payload, old, new) }.ok()
        }
    }
}

/// A [`Subject`] as an [`Allocator`], for one thread.
#[derive(Debug, Default)]
pub struct AsAllocator<S>(RefCell<S>);

impl<S: Subject> AsAllocator<S> {
    /// Wraps `subject`.
    #[must_use]
    pub const fn new(subject: S) -> Self {
        Self(RefCell::new(subject))
    }
}

// SAFETY: `Subject` promises valid memory until deallocation; the cell makes it one owner at a
// time, and there is no clone.
unsafe impl<S: Subject> Allocator for AsAllocator<S> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.0.borrow_mut().allocate(layout).ok_or(AllocError)
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = self.0.borrow_mut().allocate_zeroed(layout).ok_or(AllocError)?;
        // `Allocator` promises zeros in all it returns, `Subject` in what was asked for only.
        let size = layout.size().min(block.len());
        Ok(NonNull::slice_from_raw_parts(block.cast(), size))
    }

    unsafe fn deallocate(&self, payload: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's conditions are those of the subject.
        unsafe { self.0.borrow_mut().deallocate(payload, layout) }
    }

    unsafe fn grow(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions are those of the subject.
        unsafe { self.0.borrow_mut().resize(payload, old, new) }.ok_or(AllocError)
    }

    unsafe fn shrink(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's conditions are those of the subject.
        unsafe { self.0.borrow_mut().resize(payload, old, new) }.ok_or(AllocError)
    }
}
