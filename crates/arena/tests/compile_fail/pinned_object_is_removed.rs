//! What may be pinned is neither taken out nor lent as `&mut`.

use std::marker::PhantomPinned;

use heapwright_arena::pool::Pool;
use heapwright_new::value;

fn main() {
    let mut pool = Pool::new();
    let key = pool.insert_pin(value(PhantomPinned)).unwrap();
    let _ = pool.get_mut(key);
    let _ = pool.remove(key);
    let _ = pool.drain();
}
