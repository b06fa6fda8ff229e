//! A local arena stays with its thread.

use heapwright_arena::Arena;

fn main() {
    let arena = Arena::new();
    std::thread::spawn(move || drop(arena));
}
