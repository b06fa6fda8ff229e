//! Arenas and pools without std: over Heapwright's malloc, and in bytes of a `static`.
//!
//! ```sh
//! cargo run --profile proof -p heapwright-no-std --bin no_std_arena --features arena
//! ```
//!
//! Without `--profile proof` it does not link: the precompiled `core` refers to the unwinder
//! (`rust_eh_personality`), which only std brings. Link-time optimisation removes the reference.
#![no_std]
#![no_main]

use core::cell::Cell;
use core::ffi::c_int;
use core::panic::PanicInfo;

use heapwright_arena::source::{Region, Source};
use heapwright_arena::{Arena, Census, Mode, Pool};
use heapwright_malloc::Malloc;
use heapwright_new::{BadAlloc, NewError, StaticStorage, value, zeroed};

#[global_allocator]
static MALLOC: Malloc = Malloc;

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

/// Counts itself when it ends.
struct Ends<'count>(&'count Cell<u32>);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

static BYTES: StaticStorage<[core::mem::MaybeUninit<u8>; 4096]> = StaticStorage::new();

fn fill<'env, M, C: Census, S: Source>(
    arena: &Arena<'env, M, C, S>,
    count: &'env Cell<u32>,
) -> Result<(), BadAlloc>
where
    M: Mode + heapwright_arena::Admits<Ends<'env>>,
{
    for _ in 0..10 {
        arena.create(value(Ends(count))).map_err(NewError::into_bad_alloc)?;
        arena.alloc(zeroed::<[u8; 100]>()).map_err(NewError::into_bad_alloc)?;
    }
    Ok(())
}

fn run() -> Option<u32> {
    let count = Cell::new(0);
    {
        let arena = Arena::new();
        fill(&arena, &count).ok()?;
        arena.scope(|scope| fill(scope, &count)).ok()?;
        let bytes = BYTES.emplace(value([core::mem::MaybeUninit::uninit(); 4096])).ok()?;
        let small = Arena::over(Region::in_bytes(bytes).ok()?);
        fill(&small, &count).ok()?;
    }
    let mut pool = Pool::new();
    let key = pool.insert(Ends(&count)).ok()?;
    pool.delete(key).ok()?;
    pool.get(key).is_none().then(|| count.get())
}

/// Ends with 0 where all objects ended.
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const u8) -> c_int {
    c_int::from(run() != Some(31))
}
