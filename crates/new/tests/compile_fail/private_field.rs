//! A field that this module may not name.
use heapwright_new::{init, value};

mod inner {
    pub struct Even {
        pub id: u32,
        number: u32,
    }
}

fn main() {
    let _ = init!(inner::Even { id <- value(7), number <- value(3) });
}
