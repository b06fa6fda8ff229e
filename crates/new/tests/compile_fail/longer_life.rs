//! A handle does not make what it holds live longer.
use heapwright_new::{Owned, OwnedArray};

fn longer<'a>(text: &'a str) -> Owned<&'static str> {
    Owned::new(text)
}

fn main() {
    let array;
    {
        let text = String::from("short");
        array = OwnedArray::try_fill(3, &*text).unwrap();
    }
    drop(array);
    longer("");
}
