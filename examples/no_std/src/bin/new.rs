//! Constructors, destructors and placement without std, without `alloc` and without a heap: state
//! of a driver in a `static`, and objects deleted through their trait in a buffer.
//!
//! ```sh
//! cargo run --profile proof -p heapwright-no-std --bin no_std_new --features new
//! ```
//!
//! Without `--profile proof` it does not link: the precompiled `core` refers to the unwinder
//! (`rust_eh_personality`), which only std brings. Link-time optimisation removes the reference.
#![no_std]
#![no_main]

use core::cell::Cell;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

use heapwright_new::polymorphic::{Monotonic, NullAllocator, PoolAllocator};
use heapwright_new::{BadAlloc, Init, Owned, StaticStorage, init, unsize, value, zeroed};

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

struct Driver {
    base: usize,
    ring: [u8; 4096],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NoDevice;

impl Driver {
    fn probe(base: usize) -> impl Init<Self, Error = NoDevice> {
        let found = if base == 0 { Err(NoDevice) } else { Ok(base) };
        init!(Driver { base <- found, ring <- zeroed() } ? NoDevice)
    }
}

static DRIVER: StaticStorage<Driver> = StaticStorage::new();

trait Job {
    fn run(&self);
}

struct Add<'sum> {
    sum: &'sum Cell<usize>,
    number: usize,
}

impl Job for Add<'_> {
    fn run(&self) {
        self.sum.set(self.sum.get() + self.number);
    }
}

impl Drop for Add<'_> {
    fn drop(&mut self) {
        self.sum.set(self.sum.get() * 2);
    }
}

/// A job in the buffer, run and deleted through its trait.
fn work(sum: &Cell<usize>) -> Result<(), BadAlloc> {
    let mut bytes = [MaybeUninit::uninit(); 1024];
    let buffer = Monotonic::new(&mut bytes, NullAllocator);
    let pool = PoolAllocator::new(&buffer);
    for number in 1..=3 {
        let job = unsize!(Owned::try_new_in(Add { sum, number }, &pool)? => dyn Job + '_);
        job.run();
    }
    let too_large = Owned::try_new_with_in(value([0_u8; 2000]), &pool);
    if too_large.is_ok() { Err(BadAlloc::Exhausted { size: 2000, align: 1 }) } else { Ok(()) }
}

/// Exits with 0 where the driver is built on the second try, and the jobs ran and ended.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let fails_first = DRIVER.emplace(Driver::probe(0)).is_err();
    let is_built = DRIVER.emplace(Driver::probe(0x4000)).is_ok_and(|driver| {
        driver.ring[17] = 1;
        driver.base == 0x4000 && driver.ring.iter().filter(|&&byte| byte == 0).count() == 4095
    });
    let sum = Cell::new(0);
    let is_done = work(&sum).is_ok() && sum.get() == ((2 + 2) * 2 + 3) * 2;
    c_int::from(!(fails_first && is_built && is_done))
}
