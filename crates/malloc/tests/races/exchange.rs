//! Blocks that threads put in places and take from each other, and look at when they free them.
//!
//! The places are atomics, so that a race detector sees what orders two threads.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{AcqRel, Relaxed};
use core::sync::atomic::{AtomicPtr, AtomicU64};

use fastrand::Rng;
use heapwright_malloc::{free, malloc, realloc};

/// Where blocks lie that no thread holds.
static PLACES: [AtomicPtr<u8>; 64] = [const { AtomicPtr::new(ptr::null_mut()) }; 64];

/// Puts new blocks in places taken at random, and frees what was there, whoever put it.
pub(crate) fn exchange(seed: usize, steps: usize) {
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

/// Frees what is left in the places.
pub(crate) fn take_all() {
    let blocks = PLACES.iter().map(|place| place.swap(ptr::null_mut(), AcqRel));
    blocks.filter_map(NonNull::new).for_each(|block| Held(block).give_back());
}

/// A block that begins with its size and its serial number, and is full of the number's last byte.
pub(crate) struct Held(pub(crate) NonNull<u8>);

/// The two words at the beginning of a block.
const WORDS_BYTES: usize = 16;

impl Held {
    /// A block of a random size.
    pub(crate) fn new(rng: &mut Rng) -> Self {
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

    /// Frees the block, after a look at its bytes.
    pub(crate) fn give_back(self) {
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

/// Random numbers that are the same in every run with the same `HEAPWRIGHT_SEED`.
pub(crate) fn rng(seed: usize) -> Rng {
    let first = from_environment("HEAPWRIGHT_SEED").unwrap_or(0);
    Rng::with_seed(first.wrapping_add(seed) as u64)
}

/// A number from the environment.
pub(crate) fn from_environment(name: &str) -> Option<usize> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}
