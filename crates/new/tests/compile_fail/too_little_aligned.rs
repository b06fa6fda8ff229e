//! Refused when the program is built: the storage is not aligned enough.
use heapwright_new::{AlignedStorage, value};

fn main() {
    let mut storage = AlignedStorage::<8, 4>::new();
    let _ = storage.emplace(value(0_u64));
}
