//! To pin needs an allocator that promises to keep its memory; the words say which ones do.
use core::alloc::Layout;
use core::ptr::NonNull;

use heapwright_new::{AllocError, Allocator, Owned};

struct Plain;

// SAFETY: it hands out nothing.
unsafe impl Allocator for Plain {
    fn allocate(&self, _: Layout) -> Result<NonNull<[u8]>, AllocError> {
        Err(AllocError)
    }

    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
}

fn main() {
    let _ = Owned::into_pin(Owned::try_new_in(7, Plain).unwrap());
}
