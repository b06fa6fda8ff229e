//! Other lines of the allocator trait: newtypes that translate both ways.
//!
//! The trait is one, its versions are three: allocator-api2 0.4, which this crate speaks, 0.2,
//! which most collections speak, and nightly Rust's own. A foreign trait cannot be implemented for
//! every foreign type, so a newtype does it.

#[cfg(feature = "allocator-api2-02")]
mod line_02;
#[cfg(feature = "nightly")]
mod nightly;

#[cfg(feature = "allocator-api2-02")]
pub use line_02::Adapter02;
#[cfg(feature = "nightly")]
pub use nightly::AdapterNightly;

/// Implements `$to` for the newtype over what implements `$from`, method by method.
#[cfg(any(feature = "allocator-api2-02", feature = "nightly"))]
macro_rules! translate {
    ($adapter:ident: $from:path => $to:path, $error:path) => {
        // SAFETY: every method is the inner allocator's, whose contract is the same text.
        unsafe impl<A: $from> $to for $adapter<A> {
            #[inline]
            fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, $error> {
                <A as $from>::allocate(&self.0, layout).map_err(|_| $error)
            }

            #[inline]
            fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, $error> {
                <A as $from>::allocate_zeroed(&self.0, layout).map_err(|_| $error)
            }

            #[inline]
            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                // SAFETY: the caller's conditions.
                unsafe { <A as $from>::deallocate(&self.0, block, layout) };
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $error> {
                // SAFETY: the caller's conditions.
                unsafe { <A as $from>::grow(&self.0, block, old, new) }.map_err(|_| $error)
            }

            #[inline]
            unsafe fn grow_zeroed(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $error> {
                // SAFETY: the caller's conditions.
                unsafe { <A as $from>::grow_zeroed(&self.0, block, old, new) }.map_err(|_| $error)
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, $error> {
                // SAFETY: the caller's conditions.
                unsafe { <A as $from>::shrink(&self.0, block, old, new) }.map_err(|_| $error)
            }
        }
    };
}

#[cfg(any(feature = "allocator-api2-02", feature = "nightly"))]
use translate;
