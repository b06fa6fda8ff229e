//! Deleting twice: the pointer was given away.
use heapwright_new::{raw, value};

fn main() {
    let p = raw::new(value(7)).unwrap();
    // SAFETY: none: this must not compile.
    unsafe { raw::delete(p) };
    // SAFETY: none: this must not compile.
    unsafe { raw::delete(p) };
}
