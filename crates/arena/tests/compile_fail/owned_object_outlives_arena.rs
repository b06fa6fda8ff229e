//! A handle to an object in an arena does not outlive it.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    let name = {
        let arena = Arena::new();
        arena.own(value(String::from("inside"))).unwrap()
    };
    drop(name);
}
