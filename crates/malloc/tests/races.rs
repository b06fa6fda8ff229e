//! Threads that take blocks from each other, where a race detector sees all that orders them.
//!
//! ```text
//!   thread ──▶ malloc, write ──▶ │ place │ place │ place │ ──▶ check, realloc, free ──▶ thread
//!                                  one exchange of a pointer: nothing else orders the two
//! ```
//!
//! `cargo xtask test --all` runs this under the thread sanitizer. The standard library comes
//! without its instrumentation: what a channel, a scope or the test harness orders is not seen to
//! be ordered, and reported. So threads meet here by atomics, and by being started and joined,
//! which is seen; the program brings a `main` of its own; and the heap is not the global
//! allocator, so that it holds the blocks of these tests alone.
//!
//! With the argument `--counterproof` it runs `races/weak.rs`, which must be reported.
//! `HEAPWRIGHT_STEPS` says how much each thread does, `HEAPWRIGHT_SEED` what.

#[path = "../src/protocol/mod.rs"]
#[expect(dead_code, reason = "the counterproof needs a part of it")]
mod protocol;

#[path = "races/exchange.rs"]
mod exchange;
/// The atomics that `protocol` gets here.
#[path = "races/sync.rs"]
mod sync;
#[path = "races/weak.rs"]
mod weak;

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::thread::{self, JoinHandle};

use exchange::{Held, exchange, from_environment, rng, take_all};
use heapwright_malloc::{scavenge, stats, trim, verify, walk};

/// Threads that run at the same time, more than a small machine has processors.
const THREADS: usize = 4;

fn main() {
    if std::env::args().any(|argument| argument == "--counterproof") {
        return weak::run();
    }
    let tests: [(&str, fn()); 4] = [
        ("blocks_change_hands", blocks_change_hands),
        ("threads_come_and_go", threads_come_and_go),
        ("others_look_and_trim", others_look_and_trim),
        ("a_stalled_owner_goes_on", a_stalled_owner_goes_on),
    ];
    for (name, test) in tests {
        test();
        take_all();
        verify().expect("a sound heap");
        println!("test {name} ... ok");
    }
    // As the test harness would say it, for whoever counts.
    println!("test result: ok. {} passed; 0 failed;", tests.len());
}

/// Four threads free each other's blocks.
fn blocks_change_hands() {
    let steps = steps();
    join((0..THREADS).map(|seed| thread::spawn(move || exchange(seed, steps))));
}

/// Every thread leaves slabs behind that the next ones adopt, while blocks of them come home; and
/// goes on after its heap was given away.
fn threads_come_and_go() {
    /// What one of them does until its end.
    const STEPS: usize = 100;
    // The heap's own key is made before, so that its function is called before.
    Held::new(&mut rng(0)).give_back();
    let mut key = 0;
    // SAFETY: `key` is valid for the write.
    assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(late)) }, 0);
    let generations = (steps() / STEPS).max(1);
    join((0..THREADS).map(|chain| {
        thread::spawn(move || {
            for seed in (0..generations).map(|generation| chain * generations + generation) {
                join([thread::spawn(move || {
                    exchange(seed, STEPS);
                    let block = Held::new(&mut rng(seed)).0;
                    // SAFETY: the key is there.
                    let error = unsafe { libc::pthread_setspecific(key, block.as_ptr().cast()) };
                    assert_eq!(error, 0);
                })]);
            }
        })
    }));
    // SAFETY: no thread has a value for it any more.
    assert_eq!(unsafe { libc::pthread_key_delete(key) }, 0);
}

/// What a thread does after its heap went to the pool.
unsafe extern "C" fn late(block: *mut c_void) {
    exchange(block.addr(), 20);
    Held(NonNull::new(block.cast()).expect("set to a block")).give_back();
}

/// One thread looks at the heap of all, and trims it, while they work.
fn others_look_and_trim() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    let looker = thread::spawn(|| {
        while !IS_OVER.load(Relaxed) {
            trim(0);
            exchange(0, 10);
            verify().expect("a sound heap");
            scavenge();
            assert!(stats().is_some_and(|stats| stats.live_bytes <= stats.heap_bytes));
            walk(&mut |_| ());
        }
    });
    let steps = steps() / 2;
    join((1..=THREADS).map(|seed| thread::spawn(move || exchange(seed, steps))));
    IS_OVER.store(true, Relaxed);
    join([looker]);
}

/// An owner does nothing while another thread frees all of its blocks and trims its slabs. That
/// it may go on is told without an order: the heap alone makes it safe.
fn a_stalled_owner_goes_on() {
    const ROUNDS: usize = 20;
    const BLOCKS: usize = 1000;
    static HANDED: [AtomicPtr<u8>; BLOCKS] = [const { AtomicPtr::new(ptr::null_mut()) }; BLOCKS];
    static ROUNDS_OVER: AtomicUsize = AtomicUsize::new(0);
    let owner = thread::spawn(|| {
        let mut rng = rng(1);
        for round in 0..ROUNDS {
            for place in &HANDED {
                place.store(Held::new(&mut rng).0.as_ptr(), Release);
            }
            wait_until(|| ROUNDS_OVER.load(Relaxed) > round);
        }
    });
    for round in 1..=ROUNDS {
        for place in &HANDED {
            wait_until(|| !place.load(Relaxed).is_null());
            let block = NonNull::new(place.swap(ptr::null_mut(), Acquire));
            Held(block.expect("only this thread takes it")).give_back();
        }
        trim(0);
        ROUNDS_OVER.store(round, Relaxed);
    }
    join([owner]);
}

/// What one thread of the larger tests does.
fn steps() -> usize {
    from_environment("HEAPWRIGHT_STEPS").unwrap_or(15_000)
}

fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    // All of them are started before one is waited for.
    let threads: Vec<_> = threads.into_iter().collect();
    threads.into_iter().for_each(|thread| thread.join().expect("a thread without a panic"));
}
