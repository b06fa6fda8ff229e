//! The storage destroys its object, so what it lends is of exactly its type.
use core::pin::{Pin, pin};
use heapwright_new::{PinStorage, value};

fn shorter<'short>(long: Pin<&'short mut &'static str>) -> Pin<&'short mut &'short str> {
    long
}

fn main() {
    let mut storage = pin!(PinStorage::<&'static str>::new());
    shorter(storage.as_mut().emplace_pin(value("long")).unwrap());
}
