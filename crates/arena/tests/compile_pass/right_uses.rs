//! What the others do wrong, done right.

use core::cell::Cell;

use heapwright_arena::{Arena, ArenaPool};
use heapwright_new::value;

struct Node<'a> {
    next: Cell<Option<&'a Node<'a>>>,
}

fn main() {
    let outside = String::from("outlives the arena");
    let arena = Arena::new();
    arena.create(value(vec![&outside])).unwrap();
    let node = &*arena.alloc(value(Node { next: Cell::new(None) })).unwrap();
    node.next.set(Some(node));
    arena.scope(|scope| {
        scope.create(value(vec![node])).unwrap();
        let sibling = &*scope.alloc(value(7)).unwrap();
        scope.own(value(vec![sibling])).unwrap().push(sibling);
    });
    let sent = Arena::sendable();
    sent.create(value(vec![7])).unwrap();
    std::thread::spawn(move || drop(sent)).join().unwrap();
    let pool = ArenaPool::new();
    let name = { pool.lease().alloc_str("outlives the lease").unwrap() };
    name.make_ascii_uppercase();
}
