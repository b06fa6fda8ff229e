//! What remembers its address is built only where it stays.
use core::marker::PhantomPinned;
use heapwright_new::{Owned, PinInit, Storage, value};

fn main() {
    let pinned = || value(PhantomPinned).then_pin(|_| Ok(()));
    let _ = Owned::try_new_with(pinned());
    let mut storage = Storage::new();
    let _ = storage.emplace(pinned());
}
