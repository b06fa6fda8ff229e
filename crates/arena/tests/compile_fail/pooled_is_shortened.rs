//! A pool destroys what forgotten handles left, so nothing of a shorter life gets in.

use heapwright_arena::pool::{ObjectPool, Pooled};
use heapwright_new::value;

fn shorten<'a, 'pool>(
    held: Pooled<'pool, &'static str, ObjectPool<&'static str>>,
) -> Pooled<'pool, &'a str, ObjectPool<&'static str>> {
    held
}

fn main() {
    let pool = ObjectPool::new();
    drop(shorten(pool.create(value("long")).unwrap()));
}
