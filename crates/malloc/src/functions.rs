//! The malloc family as plain functions, over a heap that starts by [`DefaultStartup`].

use core::ptr::NonNull;

use crate::{DefaultStartup, Family};

type Default = Family<DefaultStartup>;

/// A block of at least `size` bytes, aligned to 16: [`Family::malloc`].
///
/// # Examples
///
/// ```
/// let block = heapwright_malloc::malloc(0).expect("an address of its own");
/// // SAFETY: `block` came from the same heap and is freed once.
/// unsafe { heapwright_malloc::free(block) };
/// assert_eq!(heapwright_malloc::malloc(usize::MAX), None);
/// ```
#[inline]
#[must_use]
pub fn malloc(size: usize) -> Option<NonNull<u8>> {
    Default::malloc(size)
}

/// A zeroed block for `count` values of `size` bytes each: [`Family::calloc`].
#[inline]
#[must_use]
pub fn calloc(count: usize, size: usize) -> Option<NonNull<u8>> {
    Default::calloc(count, size)
}

/// Gives a block another size: [`Family::realloc`].
///
/// # Safety
///
/// As [`Family::realloc`].
#[inline]
#[must_use]
pub unsafe fn realloc(block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    // SAFETY: the caller's conditions.
    unsafe { Default::realloc(block, size) }
}

/// Takes a block back: [`Family::free`].
///
/// # Safety
///
/// As [`Family::free`].
#[inline]
pub unsafe fn free(block: NonNull<u8>) {
    // SAFETY: the caller's conditions.
    unsafe { Default::free(block) }
}

/// Takes a block back whose size is known: [`Family::free_sized`].
///
/// # Safety
///
/// As [`Family::free_sized`].
#[inline]
pub unsafe fn free_sized(block: NonNull<u8>, size: usize) {
    // SAFETY: the caller's conditions.
    unsafe { Default::free_sized(block, size) }
}

/// Takes a block back whose alignment and size are known: [`Family::free_aligned_sized`].
///
/// # Safety
///
/// As [`Family::free_aligned_sized`].
#[inline]
pub unsafe fn free_aligned_sized(block: NonNull<u8>, align: usize, size: usize) {
    // SAFETY: the caller's conditions.
    unsafe { Default::free_aligned_sized(block, align, size) }
}

/// A block of at least `size` bytes at a multiple of `align`: [`Family::aligned_alloc`].
#[inline]
#[must_use]
pub fn aligned_alloc(align: usize, size: usize) -> Option<NonNull<u8>> {
    Default::aligned_alloc(align, size)
}

/// The bytes of a block that its holder may write: [`Family::usable_size`].
///
/// # Safety
///
/// As [`Family::usable_size`].
#[must_use]
pub unsafe fn usable_size(block: NonNull<u8>) -> usize {
    // SAFETY: the caller's condition.
    unsafe { Default::usable_size(block) }
}

/// Gives free memory back to the system, but for `keep_bytes`: [`Family::trim`].
pub fn trim(keep_bytes: usize) -> usize {
    Default::trim(keep_bytes)
}

/// Gives free memory back to the system that nobody needed since the last call of this, or for
/// some tenths of a second.
///
/// The heap does so by itself as long as anybody allocates; this is for a process that is idle.
/// Called every second, by a thread of its own, it costs next to nothing.
pub fn scavenge() {
    crate::process_heap::with_started_heap(|process| process.spans.purge_idle());
}
