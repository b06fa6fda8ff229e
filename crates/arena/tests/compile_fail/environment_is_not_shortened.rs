//! An arena whose objects borrow nothing is none whose objects may borrow something: its
//! `live` would hand them out for ever.

use heapwright_arena::Arena;

fn shortened<'a>(arena: &'a Arena<'static>) -> &'a Arena<'a> {
    arena
}

fn main() {
    shortened(&Arena::new());
}
