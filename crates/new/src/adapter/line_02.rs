//! allocator-api2 0.2.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::translate;

/// An allocator of one line of allocator-api2 as one of the other: an [`Owned`](crate::Owned) on a
/// `bumpalo`, a `hashbrown` map on [`Malloc`](crate::Malloc).
///
/// # Examples
///
/// ```
/// use allocator_api2_02::vec::Vec;
/// use heapwright_new::{Adapter02, Malloc, Owned};
///
/// let mut numbers = Vec::new_in(Adapter02(Malloc));
/// numbers.extend(0..100);
/// assert_eq!(numbers.iter().sum::<i32>(), 4950);
///
/// let number = Owned::try_new_in(7, Adapter02(allocator_api2_02::alloc::Global))?;
/// assert_eq!(*number, 7);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Adapter02<A>(pub A);

translate!(Adapter02: allocator_api2_02::alloc::Allocator => allocator_api2::alloc::Allocator,
    allocator_api2::alloc::AllocError);
translate!(Adapter02: allocator_api2::alloc::Allocator => allocator_api2_02::alloc::Allocator,
    allocator_api2_02::alloc::AllocError);
