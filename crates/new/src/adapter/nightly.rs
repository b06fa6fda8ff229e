//! Nightly Rust's own trait, and what it lets a handle do without a macro.

use core::alloc::Layout;
use core::marker::Unsize;
use core::ops::CoerceUnsized;
use core::ptr::NonNull;

use super::translate;
use crate::Owned;

/// An allocator of `core::alloc` as one of this crate, and one of this crate as one of
/// `core::alloc`: a std `Vec` on [`Malloc`](crate::Malloc).
///
/// # Examples
///
/// ```
/// #![feature(allocator_api)]
/// use heapwright_new::{AdapterNightly, Malloc, Owned};
///
/// let mut numbers = Vec::new_in(AdapterNightly(Malloc));
/// numbers.extend(0..100);
/// assert_eq!(numbers.iter().sum::<i32>(), 4950);
///
/// let shown: Owned<dyn core::fmt::Display> = Owned::new(7); // no macro
/// assert_eq!(shown.to_string(), "7");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AdapterNightly<A>(pub A);

translate!(AdapterNightly: core::alloc::Allocator => allocator_api2::alloc::Allocator,
    allocator_api2::alloc::AllocError);
translate!(AdapterNightly: allocator_api2::alloc::Allocator => core::alloc::Allocator,
    core::alloc::AllocError);

impl<T, U, A> CoerceUnsized<Owned<U, A>> for Owned<T, A>
where
    T: ?Sized + Unsize<U>,
    U: ?Sized,
    A: allocator_api2::alloc::Allocator,
{
}
