//! Memory that goes with its allocator is no place for a pinned object.
use core::mem::MaybeUninit;
use heapwright_new::polymorphic::{Monotonic, NullAllocator};
use heapwright_new::{Owned, value};

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 64];
    let arena = Monotonic::new(&mut bytes, NullAllocator);
    let _ = Owned::into_pin(Owned::try_new_in(7, &arena).unwrap());
    let _ = Owned::try_pin_with_in(value(7), &arena);
}
