//! 5. A heap inside a `static` buffer, as the global allocator of the whole program.
//!
//! No system call is made for memory: what a board without an operating system would do. This
//! program has std, so that it can print; the same without std, on two layers alone, is
//! `examples/no_std/src/bin/block.rs`.

use heapwright_block::{BlockHeap, Locked};
use heapwright_break::{FixedBreak, StaticBuffer};
use spinning_top::RawSpinlock;

/// The memory of the program: in the section of zeroed data, so the file is no larger for it.
static BUFFER: StaticBuffer<{ 256 << 10 }> = StaticBuffer::new();

/// The heap. The lock is the reader's choice: whatever implements `lock_api::RawMutex` and does
/// not allocate. On a board it might mask interrupts.
#[global_allocator]
static HEAP: Locked<RawSpinlock, BlockHeap<FixedBreak<'static>>> =
    Locked::new(BlockHeap::new(FixedBreak::from_static(&BUFFER)));

fn main() {
    let words: Vec<String> = (0..1000).map(|number| format!("word {number}")).collect();

    // The figures first, and then the printing: `println!` may allocate, and would wait for ever
    // for the lock that `lock()` holds.
    let stats = HEAP.lock().stats();
    println!("{} words in {} blocks", words.len(), stats.live_count);
    println!("{} of {} bytes of the heap are in use", stats.live_bytes, stats.heap_bytes);
    assert!(stats.live_count > words.len());

    let buffer = (&raw const BUFFER).addr();
    let place = words.as_ptr().addr();
    println!("the buffer is at {buffer:#x}, the words at {place:#x}");
    assert!((buffer..buffer + size_of_val(&BUFFER)).contains(&place));

    // When the buffer is used up, the answer is an error and no more.
    let mut large: Vec<u8> = Vec::new();
    let refusal = large.try_reserve_exact(1 << 20);
    println!("a mebibyte: {refusal:?}");
    assert!(refusal.is_err());
}
