//! A trait of one's own does not say which fields are pinned.

use core::marker::PhantomPinned;
use core::pin::Pin;

use heapwright_new::{Owned, PinInit, pin_init, value};

struct Task {
    link: PhantomPinned,
}

impl Unpin for Task {}

struct Projection<'pin> {
    link: Pin<&'pin mut PhantomPinned>,
}

trait Fields: Sized {
    fn heapwright_fields(self, _: Pin<&mut Task>) -> Projection<'_> {
        unreachable!()
    }
}

impl<X> Fields for X {}

fn main() {
    let link = value(PhantomPinned).then_pin(|_| Ok(()));
    Owned::try_pin_with(pin_init!(Task { link <- link })).unwrap();
}
