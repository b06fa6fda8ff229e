//! The end of a thread: its heap goes to the pool.
//!
//! Frees and allocations may come after that, from what the C library and the keys of others do
//! at the end. They borrow a heap for the one call.

use core::ffi::c_void;

use crate::pool;
use crate::sys::{self, ExitKey};
use crate::thread_heap::{EXITED, ThreadHeap};

/// A key whose function is called at the end of every thread that [`watch`]es its heap.
pub(crate) fn key() -> Option<ExitKey> {
    ExitKey::new(at_exit)
}

/// Has `heap`, which is this thread's, go to the pool when the thread ends.
///
/// The C library may allocate for that. Without a key, or without memory for it, the heap is
/// lost when the thread ends, and what is freed to it with it.
pub(crate) fn watch(key: Option<ExitKey>, heap: &'static ThreadHeap) {
    if let Some(key) = key {
        key.set(core::ptr::from_ref(heap).cast());
    }
}

unsafe extern "C" fn at_exit(heap: *mut c_void) {
    sys::set_heap(&raw const EXITED);
    // SAFETY: it is what `watch` set: a heap, never unmapped, and this thread's until now.
    pool::leave(unsafe { &*heap.cast_const().cast::<ThreadHeap>() });
}
