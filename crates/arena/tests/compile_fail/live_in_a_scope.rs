//! A scope's objects may borrow, so it has no `live`.

use heapwright_arena::Arena;

fn main() {
    let arena = Arena::new();
    arena.scope(|scope| scope.live::<u32>().count());
}
