//! A field that stands there twice, by name.
use heapwright_new::{init, value};

struct Packet {
    id: u32,
}

fn main() {
    let _ = init!(Packet { id <- value(7), id <- value(8) });
}
