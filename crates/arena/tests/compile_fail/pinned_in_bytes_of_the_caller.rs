//! A forgotten arena over borrowed bytes gives them back with what was pinned there still alive.

use core::mem::MaybeUninit;

use heapwright_arena::Arena;
use heapwright_arena::source::Region;
use heapwright_new::value;

fn main() {
    let mut bytes = [MaybeUninit::uninit(); 1024];
    let arena = Arena::over(Region::in_bytes(&mut bytes).unwrap());
    let _pinned = arena.create_pin(value(7));
}
