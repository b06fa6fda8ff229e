//! An arena whose objects may borrow something is none whose objects borrow nothing.

use heapwright_arena::Arena;

fn lengthened<'a>(arena: Arena<'a>) -> Arena<'static> {
    arena
}

fn main() {
    lengthened(Arena::new());
}
