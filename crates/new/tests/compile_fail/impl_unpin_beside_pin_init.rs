//! A safe `impl Unpin` would let a pinned field be swapped out.
use core::marker::PhantomPinned;
use heapwright_new::{PinInit, pin_data, pin_init, value};

struct Plain {
    link: PhantomPinned,
}

impl Unpin for Plain {}

pin_data! {
    struct Pinned {
        #[pin]
        link: PhantomPinned,
    }
}

impl Unpin for Pinned {}

fn main() {
    let _ = pin_init!(Plain { link <- value(PhantomPinned).then_pin(|_| Ok(())) });
}
