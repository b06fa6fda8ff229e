//! Storage that would move, be used again or be shared under a handle.
use heapwright_new::{Storage, value};

fn main() {
    let mut storage = Storage::<String>::new();
    let first = storage.emplace(value(String::new())).unwrap();
    let second = storage.emplace(value(String::new())).unwrap();
    drop(first);
    drop(second);

    let third = storage.emplace(value(String::new())).unwrap();
    let moved = storage;
    drop(third);
    drop(moved);
}
