//! What lives outside of a scope does not get hold of what is inside.

use core::cell::Cell;
use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let arena = Arena::new();
    let kept: &Cell<Option<&u32>> = arena.alloc(value(Cell::new(None))).unwrap();
    arena.scope(|scope| kept.set(Some(scope.alloc(value(7)).unwrap())));
}
