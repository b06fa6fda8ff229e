//! 3. The fit: which free block serves a request, chosen when the program runs.
//!
//! `cargo run -p heapwright-examples --example fits -- best` runs one fit; without a name, all
//! six run the same script. A type such as `BestFit` fixes the choice when the program is built,
//! and costs nothing; [`AnyFit`] costs one `match` a call.

use core::alloc::Layout;
use core::error::Error;
use core::ptr::NonNull;

use heapwright_block::{BlockHeap, Config, fit::AnyFit};
use heapwright_break::ReservedBreak;

const STEPS: usize = 20_000;
const LIVE_MAX: usize = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let fits = match std::env::args().nth(1) {
        Some(name) => vec![
            AnyFit::from_name(&name)
                .ok_or("the fits are first, second, next, best, worst and good")?,
        ],
        None => AnyFit::ALL.to_vec(),
    };
    println!("{:8}{:>12}{:>12}{:>12}", "fit", "peak bytes", "free blocks", "external");
    for fit in fits {
        run(fit)?;
    }
    Ok(())
}

/// Allocates and frees in no order, the same for each fit, and prints what became of the heap.
fn run(fit: AnyFit) -> Result<(), Box<dyn Error>> {
    // Growth by single pages shows the differences; a real program takes larger steps.
    let config = Config { grow_bytes_min: 4096, ..Config::new() };
    let mut heap: BlockHeap<_, AnyFit> =
        BlockHeap::with_any_fit(ReservedBreak::new(1 << 30), config, fit);
    let mut live: Vec<(NonNull<u8>, Layout)> = Vec::new();
    let mut random = Random(1);
    for _ in 0..STEPS {
        if live.len() == LIVE_MAX {
            let (block, layout) = live.swap_remove(random.below(live.len()));
            // SAFETY: it came from this heap for this layout, and left the list of those in use.
            unsafe { heap.deallocate(block, layout) };
        }
        // Many small blocks and few large ones, as in most programs.
        let bytes = 1 << (4 + random.below(8));
        let layout = Layout::array::<u8>(bytes + random.below(bytes))?;
        live.push((heap.allocate(layout)?.cast(), layout));
    }
    heap.verify()?;
    let stats = heap.stats();
    let external = heap.fragmentation().external;
    let (peak, free) = (stats.heap_bytes_peak, stats.free_count);
    println!("{:8}{peak:>12}{free:>12}{external:>12.2}", fit.name());
    Ok(())
}

/// Numbers in no order, the same in every run.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The high bits are the ones without a pattern.
        (self.0 >> 12) as usize % bound
    }
}
