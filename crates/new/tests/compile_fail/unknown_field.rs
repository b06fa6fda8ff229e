//! A field that is not there, by name; and one that another type's `Deref` has.
use core::ops::Deref;
use heapwright_new::{init, value};

struct Inner {
    id: u32,
}

struct Packet {
    inner: Inner,
}

impl Deref for Packet {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

fn main() {
    let _ = init!(Packet { inner <- value(Inner { id: 1 }), id <- value(7) });
}
