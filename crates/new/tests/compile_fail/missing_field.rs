//! A field that is missing, by name.
use heapwright_new::{init, value};

struct Packet {
    id: u32,
    body: [u8; 4],
}

fn main() {
    let _ = init!(Packet { id <- value(7) });
}
