//! 7. `Malloc` as the global allocator: every `Box`, `Vec` and `String`, in every thread.
//!
//! Two lines do it. The heap makes itself at the first allocation; it needs no start and no end.

use std::collections::BTreeMap;
use std::thread;

use heapwright_malloc::Malloc;

#[global_allocator]
static GLOBAL: Malloc = Malloc;

fn main() {
    // Allocated in one thread, freed in another: blocks belong to the process.
    let workers: Vec<_> = (0..4_u64)
        .map(|worker| {
            thread::spawn(move || {
                let numbers = worker * 1000..(worker + 1) * 1000;
                numbers.map(|number| (number, number.to_string())).collect::<BTreeMap<_, _>>()
            })
        })
        .collect();
    let mut words = BTreeMap::new();
    for worker in workers {
        words.extend(worker.join().expect("the worker ends well"));
    }
    assert_eq!(words.len(), 4000);

    let during = heapwright_malloc::stats().expect("the map is on this heap");
    println!("{} words, {} blocks in use", words.len(), during.live_count);
    assert!(during.live_count > 4000);

    drop(words);
    let after = heapwright_malloc::stats().expect("the heap is still there");
    println!("dropped: {} blocks in use", after.live_count);
    assert!(after.live_count < 4000);

    // Free memory stays with the heap for a while, for the next request. `trim` gives all of it
    // back at once; the addresses stay the heap's.
    println!("{} free bytes may hold memory", after.dirty_bytes);
    let given_back = heapwright_malloc::trim(0);
    let trimmed = heapwright_malloc::stats().expect("the heap is still there");
    println!("trim gave {given_back} bytes back, and left {}", trimmed.dirty_bytes);
    assert!(trimmed.dirty_bytes <= after.dirty_bytes);
}
