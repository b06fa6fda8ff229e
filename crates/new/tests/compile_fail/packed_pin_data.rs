//! Fields of a packed struct cannot be pinned.
use heapwright_new::pin_data;

pin_data! {
    #[repr(packed)]
    struct Pinned {
        #[pin]
        number: u32,
    }
}

fn main() {}
