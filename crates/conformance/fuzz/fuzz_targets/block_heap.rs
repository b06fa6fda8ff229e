//! Any bytes as a script on a block heap: which fit, which break and which configuration is in
//! the first two bytes, the operations are in the rest.
//!
//! ```text
//!   byte 0: fit      byte 1: break and configuration      4 bytes an operation …
//! ```
//!
//! `cargo +nightly fuzz run block_heap` in `crates/conformance`. The heap is verified after
//! each step; a failure is a panic, and libFuzzer keeps the bytes.

#![no_main]

use heapwright_block::fit::AnyFit;
use heapwright_block::{BlockHeap, Config};
use heapwright_break::{Break, FixedBreak, ReservedBreak};
use heapwright_conformance::block_heap::{Buffer, HeapSubject, panicking_config};
use heapwright_conformance::failing_break::FailingBreak;
use heapwright_conformance::gappy_break::GappyBreak;
use heapwright_conformance::script::{decode, run};
use heapwright_conformance::subject::Subject;
use libfuzzer_sys::fuzz_target;

/// Small, so that the ends of heaps are met often.
const FIXED_BYTES: usize = 64 << 10;
const RESERVED_BYTES: usize = 4 << 20;
/// Operations of one input: more make each run slow and find nothing that fewer do not.
const STEPS_MAX: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let [fit, source, operations @ ..] = bytes else { return };
    let fit = AnyFit::ALL[usize::from(*fit) % AnyFit::ALL.len()];
    let config = if source & 4 == 0 {
        panicking_config()
    } else {
        Config { grow_bytes_min: 0, trim_bytes_min: 4096, ..panicking_config() }
    };
    let refused = usize::from(source >> 3);
    let mut script = decode(operations);
    script.truncate(STEPS_MAX);
    let outcome = run(&mut *subject(source & 3, refused, fit, config), &script);
    if let Err(failure) = outcome {
        panic!("{fit:?}: {failure}\n{script:?}");
    }
});

/// A heap over one of the four breaks; `refused` is the growth that the failing one refuses.
fn subject(source: u8, refused: usize, fit: AnyFit, config: Config) -> Box<dyn Subject> {
    let reserved = ReservedBreak::new(RESERVED_BYTES);
    match source {
        0 => {
            let buffer = Buffer::new(FIXED_BYTES);
            // SAFETY: lent once, to a heap that the subject drops before the buffer.
            let source = FixedBreak::new(unsafe { buffer.lend() }).expect("large enough");
            Box::new(heap(source, fit, config).keeping(buffer))
        }
        1 => Box::new(heap(reserved, fit, config)),
        2 => {
            let source = FailingBreak::new(reserved).refusing_grows(refused..refused + 2);
            Box::new(heap(source, fit, config))
        }
        _ => {
            let source = GappyBreak::new(reserved, refused % 4 + 1, 1);
            let check = |source: &GappyBreak<_>| {
                source.check_gaps().map_err(|damage| format!("{damage:x?}"))
            };
            Box::new(heap(source, fit, config).checking_source(check))
        }
    }
}

fn heap<B: Break>(source: B, fit: AnyFit, config: Config) -> HeapSubject<B, AnyFit> {
    HeapSubject::new(BlockHeap::with_any_fit(source, config, fit))
}
