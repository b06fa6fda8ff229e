//! `Malloc`, the process's own allocator: the contract, scripts, and many threads on one heap.
//!
//! It is one heap for the whole process, so all its tests share it; `verify` looks at a heap
//! that other threads use, and a subject's own walk cannot be compared.

use std::thread;

use heapwright_conformance::contract::{self, ByGlobalAlloc, Promises};
use heapwright_conformance::script::{Profile, check_seeds, generate, run, steps_from_environment};
use heapwright_conformance::subject::OverAllocator;
use heapwright_malloc::Malloc;

#[test]
fn malloc_keeps_the_contract_as_allocator() {
    contract::check(|| Malloc);
}

#[test]
fn malloc_keeps_the_contract_as_global_alloc() {
    contract::check(|| ByGlobalAlloc(Malloc));
}

#[test]
fn malloc_serves_alignments_to_a_gibibyte() {
    contract::check_with(Promises { align_max: 1 << 30, ..Promises::BASIC }, || Malloc);
}

#[test]
fn malloc_passes_every_profile_and_stays_whole() {
    let tally = check_seeds(&Profile::ALL, 0..2, || OverAllocator(Malloc));
    assert!(tally.moved_count > 0, "{tally:?}");
    assert!(tally.resized_in_place_count > 0, "{tally:?}");
    assert!(tally.refused_count > 0, "{tally:?}");
    assert_eq!(heapwright_malloc::verify(), Ok(()));
}

#[test]
fn malloc_keeps_the_contents_of_many_threads_apart() {
    const THREADS: u64 = 4;
    thread::scope(|scope| {
        for seed in 0..THREADS {
            scope.spawn(move || {
                for profile in Profile::ALL {
                    let script = generate(profile, seed, 4 * steps_from_environment());
                    run(&mut OverAllocator(Malloc), &script)
                        .unwrap_or_else(|failure| panic!("seed {seed}, {profile:?}: {failure}"));
                }
            });
        }
    });
    assert_eq!(heapwright_malloc::verify(), Ok(()));
}
