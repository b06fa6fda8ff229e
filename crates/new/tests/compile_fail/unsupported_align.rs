//! Alignments are powers of two.
use heapwright_new::AlignedStorage;

fn main() {
    let _ = AlignedStorage::<16, 3>::new();
}
