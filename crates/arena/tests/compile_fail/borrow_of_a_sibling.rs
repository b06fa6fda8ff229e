//! An object with a destructor may not borrow a sibling, which may be destroyed before it.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let arena = Arena::new();
    let sibling = arena.create(value(String::from("a sibling"))).unwrap();
    arena.create(value(vec![&*sibling])).unwrap();
}
