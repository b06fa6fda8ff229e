//! The malloc family of C: null pointers, `errno` and the corner cases of the manual.
//!
//! Where the manual leaves a choice, this is glibc 2.36: `malloc(0)` is a block, `realloc(p, 0)`
//! frees and returns null, and `memalign` and `aligned_alloc` round an odd alignment up.

use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};

use crate::errno::{self, EINVAL, ENOMEM};
use crate::{Heap, sys};

/// What `malloc` aligns to by itself.
const ALIGN_MIN: usize = 16;

/// The largest power of two.
const ALIGN_MAX: usize = 1 << (usize::BITS - 1);

/// The block, or null and `ENOMEM`.
#[inline]
fn or_enomem(block: Option<NonNull<u8>>) -> *mut c_void {
    match block {
        Some(block) => block.as_ptr().cast(),
        None => failed(ENOMEM),
    }
}

/// Null, and `errno`.
#[cold]
fn failed(code: c_int) -> *mut c_void {
    errno::set(code);
    ptr::null_mut()
}

fn non_null(block: *mut c_void) -> Option<NonNull<u8>> {
    NonNull::new(block.cast())
}

/// A block of at least `size` bytes, aligned to 16; null and `ENOMEM` where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    match Heap::malloc_quickly(size) {
        Some(block) => block.as_ptr().cast(),
        None => malloc_slowly(size),
    }
}

/// Out of line, so that `malloc` needs no frame.
#[inline(never)]
extern "C" fn malloc_slowly(size: usize) -> *mut c_void {
    or_enomem(Heap::malloc(size))
}

/// A zeroed block for `count` values of `size` bytes; null and `ENOMEM` where there is none, or
/// the product overflows.
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    or_enomem(Heap::calloc(count, size))
}

/// Takes a block back. Null is no block and ignored; `errno` stays as it was.
///
/// # Safety
///
/// `block` is null, or came from this library, was not freed since, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    // SAFETY: the caller's conditions.
    unsafe { Heap::free_or_null(block.cast()) };
}

/// Gives a block another size. Of null it makes a new block, and with a size of 0 it frees and
/// returns null. On failure it returns null and `ENOMEM`, and the block is as before.
///
/// # Safety
///
/// `block` is null, or came from this library and was not freed since; but for a failure nobody
/// uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    let Some(block) = non_null(block) else { return malloc(size) };
    if size == 0 {
        // SAFETY: the caller's conditions.
        unsafe { Heap::free(block) };
        return ptr::null_mut();
    }
    // SAFETY: the caller's conditions.
    or_enomem(unsafe { Heap::realloc(block, size) })
}

/// [`realloc`] to `count` values of `size` bytes; null and `ENOMEM` where the product overflows.
///
/// # Safety
///
/// As [`realloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(
    block: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    let Some(bytes) = count.checked_mul(size) else { return failed(ENOMEM) };
    // SAFETY: the caller's conditions.
    unsafe { realloc(block, bytes) }
}

/// Stores a block at a multiple of `align` in `*out` and returns 0. Returns `EINVAL` where `align`
/// is no power of two or less than a pointer, `ENOMEM` where there is no memory; then `*out` is
/// as it was. `errno` stays as it was in any case.
///
/// # Safety
///
/// `out` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> c_int {
    if !align.is_power_of_two() || align < size_of::<*mut c_void>() {
        return EINVAL;
    }
    let Some(block) = Heap::aligned_alloc(align, size) else { return ENOMEM };
    // SAFETY: the caller's condition.
    unsafe { out.write(block.as_ptr().cast()) };
    0
}

/// A block at a multiple of `align`, which is rounded up to a power of two; null and `EINVAL`
/// where there is no such power, `ENOMEM` where there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    if align > ALIGN_MAX {
        return failed(EINVAL);
    }
    // At most the largest power of two, so the next one is there.
    let align = align.max(ALIGN_MIN).checked_next_power_of_two().unwrap_or(ALIGN_MAX);
    or_enomem(Heap::aligned_alloc(align, size))
}

/// [`memalign`] by its name in C11.
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    memalign(align, size)
}

/// A block at the start of a page.
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    memalign(sys::page_size(), size)
}

/// A block of whole pages; null and `ENOMEM` also where rounding up overflows.
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    let page_size = sys::page_size();
    match size.checked_next_multiple_of(page_size) {
        Some(bytes) => memalign(page_size, bytes),
        None => failed(ENOMEM),
    }
}

/// The bytes of a block that its holder may write; 0 for null.
///
/// # Safety
///
/// `block` is null, or came from this library and was not freed since.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    match non_null(block) {
        // SAFETY: the caller's condition.
        Some(block) => unsafe { Heap::usable_size(block) },
        None => 0,
    }
}

/// [`free`] where the size is known (C23).
///
/// # Safety
///
/// As [`free`], and `size` is what was asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_sized(block: *mut c_void, size: usize) {
    if let Some(block) = non_null(block) {
        // SAFETY: the caller's conditions.
        unsafe { Heap::free_sized(block, size) };
    }
}

/// [`free`] where the alignment and the size are known (C23).
///
/// # Safety
///
/// As [`free`], and `align` and `size` are what was asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_aligned_sized(block: *mut c_void, align: usize, size: usize) {
    if let Some(block) = non_null(block) {
        // SAFETY: the caller's conditions.
        unsafe { Heap::free_aligned_sized(block, align, size) };
    }
}
