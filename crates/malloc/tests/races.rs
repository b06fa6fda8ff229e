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

/// The atomics that `protocol` gets here.
#[path = "races/sync.rs"]
mod sync;
#[path = "races/weak.rs"]
mod weak;

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize};
use std::thread::{self, JoinHandle};

use fastrand::Rng;
use heapwright_malloc::{free, malloc, realloc, scavenge, stats, trim, verify, walk};

/// Where blocks lie that no thread holds.
static PLACES: [AtomicPtr<u8>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];

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

fn rng(seed: usize) -> Rng {
    let first = from_environment("HEAPWRIGHT_SEED").unwrap_or(0);
    Rng::with_seed(first.wrapping_add(seed) as u64)
}

fn from_environment(name: &str) -> Option<usize> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
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

/// Puts new blocks in places taken at random, and frees what was there, whoever put it.
fn exchange(seed: usize, steps: usize) {
    let mut rng = rng(seed);
    for _ in 0..steps {
        let block = Held::new(&mut rng);
        let place = &PLACES[rng.usize(..PLACES.len())];
        if let Some(mut other) = NonNull::new(place.swap(block.0.as_ptr(), AcqRel)).map(Held) {
            if rng.u8(..) < 32 {
                other.resize(&mut rng);
            }
            other.give_back();
        }
    }
}

fn take_all() {
    let blocks = PLACES.iter().map(|place| place.swap(ptr::null_mut(), AcqRel));
    blocks.filter_map(NonNull::new).for_each(|block| Held(block).give_back());
}

/// A block that begins with its size and its serial number, and is full of the number's last byte.
struct Held(NonNull<u8>);

/// The two words at the beginning of a block.
const WORDS_BYTES: usize = 16;

impl Held {
    fn new(rng: &mut Rng) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let size = random_size(rng);
        let block = Self(malloc(size).expect("memory"));
        block.fill(size, SERIAL.fetch_add(1, Relaxed));
        block
    }

    fn words(&self) -> NonNull<[u64; 2]> {
        self.0.cast()
    }

    fn fill(&self, size: usize, serial: u64) {
        let [mark, ..] = serial.to_le_bytes();
        // SAFETY: the block has `size` bytes, which this thread alone uses.
        unsafe { self.0.write_bytes(mark, size) };
        // SAFETY: as above; no block has less than two words, and all are aligned to them.
        unsafe { self.words().write([size as u64, serial]) };
    }

    /// The size and the serial number, which were not overwritten, as the rest was not.
    fn check(&self) -> (usize, u64) {
        // SAFETY: written by `fill`, and this thread's alone since it took the block.
        let [size, serial] = unsafe { self.words().read() };
        let size = usize::try_from(size).expect("a size");
        let [mark, ..] = serial.to_le_bytes();
        // SAFETY: as above.
        let bytes = unsafe { core::slice::from_raw_parts(self.0.as_ptr(), size) };
        assert!(bytes[WORDS_BYTES..].iter().all(|&byte| byte == mark), "{size} bytes of {serial}");
        (size, serial)
    }

    fn resize(&mut self, rng: &mut Rng) {
        let (_, serial) = self.check();
        let size = random_size(rng);
        // SAFETY: live, and not used any more under its old address.
        self.0 = unsafe { realloc(self.0, size) }.expect("memory");
        self.fill(size, serial);
    }

    fn give_back(self) {
        self.check();
        // SAFETY: live, and freed once, as the value is gone.
        unsafe { free(self.0) };
    }
}

/// Mostly slots of a few classes, so that slabs fill, empty and change hands; now and then a
/// block of its own.
fn random_size(rng: &mut Rng) -> usize {
    match rng.u8(..) {
        0 => rng.usize(40_000..200_000),
        1..4 => rng.usize(2_000..32_000),
        _ => WORDS_BYTES << rng.u32(..5),
    }
}
