//! One value in memory of its own from `malloc`, as C programs keep their nodes.

use core::{
    hint::black_box,
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use crate::block::out_of_memory;

/// An owned value in a block of `malloc`; it is dropped and freed with its owner.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Held<T>(NonNull<T>);

// SAFETY: the value is owned alone, and `free` may be called by any thread.
unsafe impl<T: Send> Send for Held<T> {}

impl<T> Held<T> {
    const FITS: () = assert!(align_of::<T>() <= 16, "malloc aligns to 16");

    /// Moves `value` into memory from `malloc`.
    pub(crate) fn new(value: T) -> Self {
        let () = Self::FITS;
        let size = size_of::<T>().max(1);
        // SAFETY: `malloc` takes any size.
        let start = unsafe { libc::malloc(size) };
        // Hidden, or the optimiser might remove a pair of calls.
        let Some(start) = NonNull::new(black_box(start).cast::<T>()) else {
            out_of_memory(size);
        };
        // SAFETY: the memory holds a `T` by size, is aligned for one (`FITS`), and is ours.
        unsafe { start.write(value) }
        Self(start)
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value was written by `new` and is owned by `self`.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for Held<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the value was written by `new` and is owned by `self`, which is borrowed alone.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        // SAFETY: the value is initialised and not used again.
        unsafe { self.0.drop_in_place() }
        // SAFETY: the memory came from `malloc` and is not used again.
        unsafe { libc::free(self.0.as_ptr().cast()) }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn the_value_is_dropped_once() {
        let shared = Rc::new(7);
        let held = Held::new(Rc::clone(&shared));
        assert_eq!((**held, Rc::strong_count(&shared)), (7, 2));
        drop(held);
        assert_eq!(Rc::strong_count(&shared), 1);
    }
}
