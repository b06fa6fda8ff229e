//! A packed struct has no places to build in.
use heapwright_new::{init, value};

#[repr(packed)]
struct Packet {
    id: u8,
    number: u32,
}

fn main() {
    let _ = init!(Packet { id <- value(7), number <- value(8) });
}
