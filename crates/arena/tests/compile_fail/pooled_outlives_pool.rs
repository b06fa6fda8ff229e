//! A handle borrows its pool.

use heapwright_arena::pool::{Pooled, SharedPool};
use heapwright_new::value;

fn main() {
    let held: Pooled<'_, u32, SharedPool<u32>> = {
        let pool = SharedPool::new();
        pool.create(value(7)).unwrap()
    };
    println!("{held}");
}
