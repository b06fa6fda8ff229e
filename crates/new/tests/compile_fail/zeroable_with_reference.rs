//! A reference is never null.
use heapwright_new::zeroable;

struct Named {
    id: u32,
    name: &'static str,
}
zeroable!(Named { id, name });

struct Forgetful {
    id: u32,
    name: &'static str,
}
zeroable!(Forgetful { id });

#[repr(u8)]
enum One {
    Only { id: u32 } = 1,
}
use One::Only;
zeroable!(Only { id });

fn main() {}
