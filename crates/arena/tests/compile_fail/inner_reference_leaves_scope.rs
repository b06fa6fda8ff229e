//! Nothing that was built in a scope leaves it.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let arena = Arena::new();
    let inner = arena.scope(|scope| scope.create(value(String::from("inside"))).unwrap());
    inner.push('!');
}
