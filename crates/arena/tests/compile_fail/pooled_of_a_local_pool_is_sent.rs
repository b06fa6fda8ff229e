//! Slots of an `ObjectPool` come back on its own thread.

use heapwright_arena::pool::ObjectPool;
use heapwright_new::value;

fn main() {
    let pool = ObjectPool::new();
    let held = pool.create(value(7)).unwrap();
    std::thread::scope(|threads| {
        threads.spawn(move || drop(held));
    });
}
