//! `delete` of an array, and `delete_array` of an object.
use heapwright_new::{raw, value};

fn main() {
    let array = raw::new_array(3, |i| value(i)).unwrap();
    // SAFETY: none: this must not compile.
    unsafe { raw::delete(array) };
    let object = raw::new(value(7)).unwrap();
    // SAFETY: none: this must not compile.
    unsafe { raw::delete_array(object) };
}
