//! A plain destructor would be handed a `&mut` to what is pinned.
use heapwright_new::pin_data;

pin_data! {
    struct Pinned {
        #[pin]
        link: u8,
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {}
}

fn main() {}
