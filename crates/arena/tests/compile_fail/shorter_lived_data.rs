//! What an object borrows must outlive the arena, whose destructors may read it.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let arena = Arena::new();
    let name = String::from("dies first");
    arena.create(value(vec![&name])).unwrap();
}
