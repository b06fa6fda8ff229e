//! Nothing of an arena is used after its reset.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let mut arena = Arena::new();
    let number = arena.alloc(value(7)).unwrap();
    arena.reset();
    *number += 1;
}
