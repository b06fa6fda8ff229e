//! A finished value is no initialiser.
use heapwright_new::{Owned, init};

struct Packet {
    id: u32,
}

fn main() {
    let _ = Owned::try_new_with(init!(Packet { id <- 7_u32 }));
}
