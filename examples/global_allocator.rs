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
    println!("{} words, {} blocks in use", words.len(), during.blocks.live_count);
    assert!(during.blocks.live_count > 4000);

    drop(words);
    let after = heapwright_malloc::stats().expect("the heap is still there");
    println!("dropped: {} blocks in use", after.blocks.live_count);
    assert!(after.blocks.live_count < 4000);

    // Free memory stays with the heap for the next request, until somebody asks for it back. What
    // is given back lies above the last block in use: the break cannot go below that one.
    println!("the heap has {} bytes", after.blocks.heap_bytes);
    heapwright_malloc::trim(0);
    let trimmed = heapwright_malloc::stats().expect("the heap is still there");
    println!("after trim it has {}", trimmed.blocks.heap_bytes);
}
