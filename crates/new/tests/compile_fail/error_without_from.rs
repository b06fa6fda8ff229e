//! A field's error that the object's error does not come from.
use heapwright_new::{init, value};

struct Packet {
    id: u32,
    number: u8,
}

struct OpenError;

fn main() {
    let _ = init!(Packet { id <- value(7), number <- "7".parse::<u8>() } ? OpenError);
}
