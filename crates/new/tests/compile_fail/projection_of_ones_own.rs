//! A projection of the user's own says nothing of what is pinned.
use core::marker::PhantomPinned;
use core::pin::Pin;
use heapwright_new::{PinInit, pin_init, value};

struct Plain {
    link: PhantomPinned,
}

struct Lie<'pin> {
    link: Pin<&'pin mut PhantomPinned>,
}

impl Plain {
    fn project(self: Pin<&mut Self>) -> Lie<'_> {
        loop {}
    }

    fn heapwright_fields(self: Pin<&mut Self>) -> Lie<'_> {
        self.project()
    }
}

fn main() {
    let _ = pin_init!(Plain { link <- value(PhantomPinned).then_pin(|_| Ok(())) });
}
