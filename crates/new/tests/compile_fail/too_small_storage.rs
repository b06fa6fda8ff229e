//! Refused when the program is built: the storage has too few bytes.
use heapwright_new::{AlignedStorage, value};

fn main() {
    let mut storage = AlignedStorage::<8, 8>::new();
    let _ = storage.emplace(value([0_u64; 2]));
}
