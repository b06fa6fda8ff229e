//! Nothing of an arena outlives it.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let name = {
        let arena = Arena::new();
        arena.create(value(String::from("inside"))).unwrap()
    };
    name.push('!');
}
