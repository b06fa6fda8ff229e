//! Compiles and runs. That it does has trybuild build all of the set, where what is refused by a
//! `const` assertion fails, and shows that the others fail for the reason that they name.
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::pin;
use heapwright_new::{
    AlignedStorage, Owned, PinInit, PinStorage, Placed, Storage, init, pin_data, pin_init, raw,
    unsize, value,
};

struct Packet {
    id: u32,
    body: [u8; 4],
}

pin_data! {
    struct Pinned {
        #[pin]
        link: PhantomPinned,
        free: u8,
    }
}

fn shorter<'short>(long: Placed<'short, &'static str>) -> Placed<'short, &'short str> {
    long
}

fn main() {
    let p = raw::new(value(7)).unwrap();
    // SAFETY: nobody uses it any more.
    unsafe { raw::delete(p) };
    let array = raw::new_array(3, |i| value(i)).unwrap();
    // SAFETY: nobody uses it any more.
    unsafe { raw::delete_array(array) };
    let mut place = MaybeUninit::uninit();
    // SAFETY: the place is for a number.
    let p = unsafe { raw::construct_at(place.as_mut_ptr(), value(7)) }.unwrap();
    // SAFETY: nobody uses it any more.
    unsafe { raw::destroy_at(p) };

    let mut storage = Storage::new();
    drop(shorter(storage.emplace(value("placed")).unwrap()));
    drop(storage.emplace(value("again")).unwrap());
    let mut storage = AlignedStorage::<16, 8>::new();
    drop(storage.emplace(value([0_u64; 2])).unwrap());

    let packet = init!(Packet { id <- value(7), body <- value([0; 4]) });
    let packet = Owned::try_new_with(packet).unwrap();
    assert_eq!((packet.id, packet.body), (7, [0; 4]));
    let link = value(PhantomPinned).then_pin(|_| Ok(()));
    let pinned = pin_init!(Pinned { link <- link, free <- value(1) });
    let mut storage = pin!(PinStorage::new());
    assert_eq!(storage.as_mut().emplace_pin(pinned).unwrap().free, 1);
    let shown = unsize!(Owned::new(7) => dyn core::fmt::Display);
    assert_eq!(shown.to_string(), "7");
}
