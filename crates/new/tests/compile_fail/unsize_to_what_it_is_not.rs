//! An object becomes what it is and nothing else.
use core::fmt::Display;
use heapwright_new::{Owned, unsize};

struct Plain;

fn main() {
    let _ = unsize!(Owned::new(Plain) => dyn Display);
    let _ = unsize!(Owned::new(7_u32) => i32);
    let _ = unsize!(&mut 7 => dyn Display);
}
