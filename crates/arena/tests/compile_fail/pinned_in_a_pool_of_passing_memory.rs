//! Memory that goes with its allocator is no place for what is pinned.

use std::marker::PhantomPinned;

use allocator_api2::alloc::{Allocator, Global};
use heapwright_arena::pool::{ObjectPool, Pool};
use heapwright_new::value;

fn pin_in<A: Allocator>(allocator: &A) {
    let mut pool = Pool::new_in(allocator);
    let _ = pool.insert_pin(value(PhantomPinned));
    let objects = ObjectPool::new_in(allocator);
    let _ = objects.create_pin(value(PhantomPinned));
}

fn main() {
    pin_in(&Global);
}
