//! A handle that would outlive its storage, and its bytes.
use core::mem::MaybeUninit;
use heapwright_new::{Carver, Placed, Storage, value};

fn placed<'a>() -> Placed<'a, u32> {
    let mut storage = Storage::new();
    storage.emplace(value(7)).unwrap()
}

fn carved<'a>() -> Placed<'a, u32> {
    let mut bytes = [MaybeUninit::uninit(); 64];
    let mut carver = Carver::new(&mut bytes);
    carver.place(value(7)).unwrap()
}

fn main() {
    placed();
    carved();
}
