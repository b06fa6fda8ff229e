//! A sendable arena may destroy on another thread.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let arena = Arena::sendable();
    arena.create(value(std::rc::Rc::new(7))).unwrap();
}
