//! What may not leave its thread does not leave it in a handle.
use std::rc::Rc;
use heapwright_new::{Owned, OwnedArray, Storage, value};

fn is_send<T: Send>(_: T) {}

fn main() {
    is_send(Owned::new(Rc::new(7)));
    is_send(OwnedArray::try_fill(3, Rc::new(7)).unwrap());
    let mut storage = Storage::new();
    is_send(storage.emplace(value(Rc::new(7))).unwrap());
}
