//! A handle of a shared pool goes to other threads if its object does.

use std::rc::Rc;

use heapwright_arena::pool::SharedPool;
use heapwright_new::value;

fn main() {
    let pool = SharedPool::new();
    std::thread::scope(|threads| {
        threads.spawn(|| drop(pool.create(value(Rc::new(7)))));
    });
}
