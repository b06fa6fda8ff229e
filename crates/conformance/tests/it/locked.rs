//! `Locked` makes a heap of one owner an allocator for many: both traits, and many threads.

use core::alloc::{GlobalAlloc, Layout};
use std::thread;

use allocator_api2::alloc::Allocator;
use allocator_api2::boxed::Box;
use allocator_api2::vec::Vec;
use heapwright_block::fit::GoodFit;
use heapwright_block::{BlockHeap, Locked};
use heapwright_break::ReservedBreak;
use heapwright_conformance::block_heap::panicking_config;
use heapwright_conformance::contract::{self, ByGlobalAlloc, Promises, ZeroSize};
use heapwright_conformance::script::{Profile, generate, run, steps_from_environment};
use heapwright_conformance::subject::OverAllocator;
use spinning_top::RawSpinlock;

use crate::fits::{TestedFit, every_fit};

type LockedHeap<F> = Locked<RawSpinlock, BlockHeap<ReservedBreak, F>>;

const CAPACITY: usize = 16 << 20;
const PROMISES: Promises =
    Promises { zero_size: ZeroSize::MayShare, bytes_max: Some(CAPACITY), ..Promises::BASIC };

fn locked<F: TestedFit>() -> LockedHeap<F> {
    Locked::new(F::heap(ReservedBreak::new(CAPACITY), panicking_config()))
}

mod contract_as_allocator {
    use super::*;

    fn check<F: TestedFit>() {
        contract::check_with(PROMISES, locked::<F>);
    }

    every_fit! { check }
}

mod contract_as_global_alloc {
    use super::*;

    fn check<F: TestedFit>() {
        contract::check_with(PROMISES, || ByGlobalAlloc(locked::<F>()));
    }

    every_fit! { check }
}

#[test]
fn threads_share_a_heap_and_keep_their_contents_apart() {
    const THREADS: u64 = 4;
    let heap = locked::<GoodFit>();
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let heap = &heap;
            scope.spawn(move || {
                for profile in [Profile::SmallBiased, Profile::Mixed, Profile::ReallocGrowth] {
                    let script = generate(profile, seed, 4 * steps_from_environment());
                    let tally = run(&mut OverAllocator(heap), &script)
                        .unwrap_or_else(|failure| panic!("seed {seed}, {profile:?}: {failure}"));
                    assert!(tally.granted_count > 0);
                }
            });
        }
    });
    let heap = heap.lock();
    assert_eq!(heap.verify(), Ok(()));
    assert_eq!(heap.stats().live_count, 0);
}

#[test]
fn a_block_of_one_trait_is_freed_by_the_other() {
    let heap = locked::<GoodFit>();
    let layout = Layout::new::<[u64; 10]>();
    let block = heap.allocate(layout).expect("the heap is empty");
    // SAFETY: allocated above with this layout.
    unsafe { heap.dealloc(block.as_ptr().cast(), layout) };
    assert_eq!(heap.lock().stats().live_count, 0);
}

#[test]
fn what_has_no_size_goes_back_to_nowhere() {
    let heap = locked::<GoodFit>();
    // The box gives back what it never asked for.
    drop(Box::new_in((), &heap));
    drop(Vec::<u64, _>::new_in(&heap).into_boxed_slice());

    let (none, some) = (Layout::new::<[u64; 0]>(), Layout::new::<[u64; 3]>());
    let nothing = heap.allocate_zeroed(none).expect("it costs nothing");
    assert_eq!((nothing.len(), nothing.addr().get() % none.align()), (0, 0));
    // SAFETY: that is its layout, and the new one is no smaller.
    let grown = unsafe { heap.grow(nothing.cast(), none, some) }.expect("the heap is empty");
    assert_eq!(heap.lock().stats().live_count, 1);
    // SAFETY: live, that is its layout, and the new one is no larger.
    let shrunk = unsafe { heap.shrink(grown.cast(), some, none) }.expect("it costs nothing");
    assert_eq!(heap.lock().stats().live_count, 0);
    // SAFETY: that is its layout.
    unsafe { heap.deallocate(shrunk.cast(), none) };
    assert_eq!(heap.lock().verify(), Ok(()));
}
