//! Arrays in memory mapped for them alone: what a workload keeps account of.
//!
//! They never come from the allocator that is measured, and are all touched when they are made,
//! so they weigh the same in every column.

use core::{
    ops::{Deref, DerefMut},
    ptr::{self, NonNull},
    slice,
};

/// An array of fixed length in a mapping of its own.
#[derive(Debug)]
pub(crate) struct Mapped<T> {
    start: NonNull<T>,
    len: usize,
}

// SAFETY: the values are owned alone.
unsafe impl<T: Send> Send for Mapped<T> {}
// SAFETY: a shared array gives out shared values only.
unsafe impl<T: Sync> Sync for Mapped<T> {}

impl<T> Mapped<T> {
    /// The array of `make(0)`, `make(1)`, …
    pub(crate) fn new(len: usize, mut make: impl FnMut(usize) -> T) -> Self {
        let bytes = Self::bytes(len);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
        assert!(start != libc::MAP_FAILED, "cannot map {bytes} bytes");
        let start = NonNull::new(start.cast::<T>()).expect("the kernel maps nothing at zero");
        for index in 0..len {
            // SAFETY: the mapping holds `len` values.
            let place = unsafe { start.add(index) };
            // SAFETY: the place lies in the mapping and holds no value yet.
            unsafe { place.write(make(index)) }
        }
        Self { start, len }
    }

    /// At least one: the kernel maps nothing of length 0.
    const fn bytes(len: usize) -> usize {
        let bytes = len * size_of::<T>();
        if bytes == 0 { 1 } else { bytes }
    }
}

impl<T> Deref for Mapped<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `new` wrote all values, which `self` owns.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Mapped<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `new` wrote all values, which `self` owns and is borrowed alone.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T> Drop for Mapped<T> {
    fn drop(&mut self) {
        // SAFETY: the values are initialised and not used again.
        unsafe { ptr::drop_in_place(&raw mut **self) }
        // SAFETY: the mapping is ours and not used again.
        let result = unsafe { libc::munmap(self.start.as_ptr().cast(), Self::bytes(self.len)) };
        debug_assert_eq!(result, 0, "a mapping of our own can be unmapped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_made_in_order_and_may_be_none() {
        let mut mapped = Mapped::new(1000, |index| index * 3);
        mapped[7] = 5;
        assert_eq!((mapped.len(), mapped[7], mapped[999]), (1000, 5, 2997));
        assert!(Mapped::new(0, |index| index).is_empty());
    }
}
