//! Deleting what was placed: its memory is somebody else's.
use core::mem::MaybeUninit;
use heapwright_new::{Storage, raw, value};

fn main() {
    let mut place = MaybeUninit::uninit();
    // SAFETY: the place is for a number.
    let p = unsafe { raw::construct_at(place.as_mut_ptr(), value(7)) }.unwrap();
    // SAFETY: none: this must not compile.
    unsafe { raw::delete(p) };

    let mut storage = Storage::new();
    let placed = storage.emplace(value(7)).unwrap();
    // SAFETY: none: this must not compile.
    unsafe { raw::delete(placed) };
}
