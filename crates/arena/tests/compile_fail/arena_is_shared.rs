//! Not even a sendable arena is used by two threads at once.

use heapwright_arena::Arena;

fn main() {
    let arena = Arena::sendable();
    std::thread::scope(|threads| {
        threads.spawn(|| arena.alloc_str("from another thread").map(|_| ()));
    });
}
