//! What remembers its address is not built where it may be moved.

use heapwright_arena::Arena;
use heapwright_new::PinInit;

pub fn create(arena: &Arena<'_>, knot: impl PinInit<u32, Error = ()>) {
    let _ = arena.create(knot);
}

fn main() {}
