//! A field that is not pinned with its object takes no initialiser that relies on it.
use core::marker::PhantomPinned;
use heapwright_new::{PinInit, pin_data, pin_init, value};

pin_data! {
    struct Pinned {
        #[pin]
        link: PhantomPinned,
        free: PhantomPinned,
    }
}

fn main() {
    let link = || value(PhantomPinned).then_pin(|_| Ok(()));
    let _ = pin_init!(Pinned { link <- link(), free <- link() });
}
