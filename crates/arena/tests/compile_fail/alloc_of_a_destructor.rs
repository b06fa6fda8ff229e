//! A destructor would never run.

use heapwright_arena::Arena;
use heapwright_new::value;

fn main() {
    Arena::new().alloc(value(String::new())).unwrap();
}
