//! Blocks that outlive their threads, blocks that other threads free, and threads that do nothing.

use core::cell::RefCell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;
use std::sync::{Barrier, mpsc};
use std::thread;

use heapwright_malloc::{Stats, free, malloc, realloc, stats, trim, verify};

use crate::alone::{alone, resident_bytes};
use crate::block::{Block, MEBIBYTE};
use crate::exchange::{Held, exchange, rng, take_all};

/// Sizes of slots and of large blocks, in no order.
fn size_of_round(round: usize) -> usize {
    const SIZES: [usize; 8] = [16, 40_000, 100, 1000, 24, 9000, 300_000, 512];
    SIZES[round % SIZES.len()] + round % 7
}

fn mark_of(round: usize) -> u8 {
    round.to_le_bytes()[0]
}

#[test]
fn blocks_go_round_among_threads_and_come_back_whole() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 3000;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| mpsc::sync_channel::<(usize, Block)>(50)).unzip();
    thread::scope(|scope| {
        for (index, receiver) in receivers.into_iter().enumerate() {
            let next = senders[(index + 1) % THREADS].clone();
            scope.spawn(move || {
                thread::scope(|inner| {
                    // Half of a thread allocates, the other half frees what its neighbour sent.
                    inner.spawn(move || {
                        for round in 0..ROUNDS {
                            let block = Block::of(size_of_round(round), mark_of(round));
                            next.send((round, block)).unwrap();
                        }
                    });
                    for (round, block) in receiver.iter().take(ROUNDS) {
                        block.give_back(size_of_round(round), mark_of(round));
                    }
                });
            });
        }
    });
    verify().unwrap();
}

#[test]
fn blocks_outlive_the_thread_that_allocated_them() {
    const COUNT: usize = 2000;
    let blocks: Vec<_> = thread::spawn(|| {
        (0..COUNT).map(|round| Block::of(size_of_round(round), mark_of(round))).collect()
    })
    .join()
    .unwrap();
    // The next thread may get the first one's heap, and allocates beside those blocks.
    let more: Vec<_> = thread::spawn(|| {
        (0..COUNT).map(|round| Block::of(size_of_round(round), !mark_of(round))).collect()
    })
    .join()
    .unwrap();
    for (round, block) in blocks.into_iter().enumerate() {
        block.give_back(size_of_round(round), mark_of(round));
    }
    thread::spawn(move || {
        for (round, block) in more.into_iter().enumerate() {
            block.give_back(size_of_round(round), !mark_of(round));
        }
    })
    .join()
    .unwrap();
    verify().unwrap();
}

#[test]
fn a_threads_first_call_may_resize_another_threads_block() {
    for (size, new_size) in [(100, 150), (100, 100_000), (40_000, 100), (3_000_000, 9_000_000)] {
        let block = Block::of(size, 7);
        let moved = thread::spawn(move || {
            let block = block;
            // SAFETY: live, and not used any more afterwards.
            Block(unsafe { realloc(block.0, new_size) }.unwrap())
        })
        .join()
        .unwrap();
        moved.give_back(size.min(new_size), 7);
    }
    verify().unwrap();
}

/// What a thread does after its heap went to the pool.
unsafe extern "C" fn after_the_end(block: *mut c_void) {
    for round in 0..100 {
        Block::of(size_of_round(round), mark_of(round))
            .give_back(size_of_round(round), mark_of(round));
    }
    // SAFETY: set below to a live block, which is freed here alone.
    unsafe { free(NonNull::new(block).unwrap().cast()) };
}

#[test]
fn a_thread_allocates_and_frees_after_its_end() {
    let mut key = 0;
    // SAFETY: `key` is valid for the write. Made after the heap's own key, its function is called
    // after the heap's.
    assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(after_the_end)) }, 0);
    for _ in 0..50 {
        thread::spawn(move || {
            let block = malloc(100).unwrap();
            // SAFETY: the key is there.
            unsafe { libc::pthread_setspecific(key, block.as_ptr().cast()) };
        })
        .join()
        .unwrap();
    }
    // SAFETY: no thread has a value for it any more.
    unsafe { libc::pthread_key_delete(key) };
    verify().unwrap();
}

/// The key of [`late_and_again`].
static LATE_KEY: AtomicU32 = AtomicU32::new(0);

/// What a thread does after its heap went to the pool, as often as it was told.
unsafe extern "C" fn late_and_again(times: *mut c_void) {
    exchange(times.addr(), 20);
    let rest = ptr::without_provenance_mut(times.addr() - 1);
    // SAFETY: the key is there; null means that it is enough.
    assert_eq!(unsafe { libc::pthread_setspecific(LATE_KEY.load(Relaxed), rest) }, 0);
}

/// Blocks that a thread frees at its end, in the midst of other requests.
struct FreedAtTheEnd(Vec<Held>);

impl Drop for FreedAtTheEnd {
    fn drop(&mut self) {
        exchange(self.0.len(), 20);
        self.0.drain(..).for_each(Held::give_back);
    }
}

thread_local! {
    static FREED_AT_THE_END: RefCell<FreedAtTheEnd> =
        const { RefCell::new(FreedAtTheEnd(Vec::new())) };
}

/// A thread that leaves much of its work to its end.
fn short_life(seed: usize) {
    let mut rng = rng(seed);
    let blocks = (0..100).map(|_| Held::new(&mut rng)).collect();
    FREED_AT_THE_END.with_borrow_mut(|late| late.0 = blocks);
    let times = ptr::without_provenance_mut(3);
    // SAFETY: the key is there.
    assert_eq!(unsafe { libc::pthread_setspecific(LATE_KEY.load(Relaxed), times) }, 0);
    exchange(seed, 200);
}

#[test]
fn hundreds_of_threads_that_free_late_leave_nothing_behind() {
    alone("threads::hundreds_of_threads_that_free_late_leave_nothing_behind", || {
        const AT_ONCE: usize = 8;
        const WAVES: usize = 60;
        let mut key = 0;
        // SAFETY: `key` is valid for the write. Made after the heap's own key, its function is
        // called after the heap's.
        assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(late_and_again)) }, 0);
        LATE_KEY.store(key, Relaxed);
        let wave = |number: usize| -> Stats {
            let seeds = number * AT_ONCE..(number + 1) * AT_ONCE;
            let threads: Vec<_> =
                seeds.map(|seed| thread::spawn(move || short_life(seed))).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            take_all();
            verify().unwrap();
            stats().unwrap()
        };
        let mut first = wave(0);
        for number in 1..WAVES {
            let now = wave(number);
            assert_eq!(now.live_count, first.live_count, "{first:?}\n{now:?}");
            // As many as threads ran at once, and as borrowed one at their ends.
            assert!(now.thread_heap_count <= 2 * AT_ONCE + 1, "{now:?}");
            if number < 10 {
                first = now;
            }
            assert!(now.heap_bytes <= first.heap_bytes + 4 * MEBIBYTE, "{first:?}\n{now:?}");
        }
    });
}

#[test]
fn threads_that_come_and_go_share_a_few_heaps_and_their_memory() {
    alone("threads::threads_that_come_and_go_share_a_few_heaps_and_their_memory", || {
        let round = || {
            let blocks: Vec<_> =
                thread::spawn(|| (0..4000).map(|round| Block::of(300, mark_of(round))).collect())
                    .join()
                    .unwrap();
            for (round, block) in blocks.into_iter().enumerate() {
                block.give_back(300, mark_of(round));
            }
        };
        round();
        let first = stats().unwrap();
        for _ in 0..100 {
            round();
        }
        let last = stats().unwrap();
        assert!(last.thread_heap_count <= first.thread_heap_count + 1, "{first:?}\n{last:?}");
        assert!(last.heap_bytes <= first.heap_bytes + 4 * MEBIBYTE, "{first:?}\n{last:?}");
    });
}

#[test]
fn what_was_freed_for_an_idle_thread_goes_back_by_one_trim() {
    alone("threads::what_was_freed_for_an_idle_thread_goes_back_by_one_trim", || {
        const COUNT: usize = 64 * 1024;
        let (sender, receiver) = mpsc::channel();
        let barrier = Barrier::new(2);
        let start = resident_bytes();
        thread::scope(|scope| {
            scope.spawn(|| {
                let blocks: Vec<_> = (0..COUNT).map(|_| Block::of(1000, 1)).collect();
                sender.send(blocks).unwrap();
                barrier.wait();
            });
            let blocks = receiver.recv().unwrap();
            assert!(resident_bytes() >= start + COUNT * 1000);
            for block in blocks {
                block.give_back(1000, 1);
            }
            trim(0);
            let rest = resident_bytes().saturating_sub(start);
            barrier.wait();
            assert!(rest <= 16 * MEBIBYTE, "{} KiB are left", rest >> 10);
        });
    });
}

/// The resident bytes that each of so many threads costs, while all of them are idle after each
/// built blocks of these sizes and gave them back.
fn resident_bytes_of_an_idle_thread(
    threads: usize,
    sizes: impl Fn() -> Box<dyn Iterator<Item = usize>> + Sync,
) -> usize {
    let (barrier, end) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    let start = resident_bytes();
    thread::scope(|scope| {
        for _ in 0..threads {
            let work = || {
                let blocks: Vec<_> = sizes().map(|size| (Block::of(size, 1), size)).collect();
                blocks.into_iter().for_each(|(block, size)| block.give_back(size, 1));
                barrier.wait();
                end.wait();
            };
            thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, work).unwrap();
        }
        barrier.wait();
        trim(0);
        let each = (resident_bytes() - start) / threads;
        end.wait();
        each
    })
}

#[test]
fn a_thousand_idle_threads_keep_little() {
    alone("threads::a_thousand_idle_threads_keep_little", || {
        let sizes = || -> Box<dyn Iterator<Item = usize>> { Box::new((0..2000).map(|_| 100)) };
        let each = resident_bytes_of_an_idle_thread(1000, sizes);
        // No more than half of what each had, its stack included: a page or so of each slab that
        // it keeps ready, and four slices that are empty.
        assert!(each < 160 << 10, "{} KiB each", each >> 10);
    });
}

#[test]
fn idle_threads_keep_a_tenth_of_all_sizes() {
    alone("threads::idle_threads_keep_a_tenth_of_all_sizes", || {
        let all = || (0..1000).map(|number: usize| 16 + number * 7919 % (32 << 10));
        let each = resident_bytes_of_an_idle_thread(20, || Box::new(all()));
        assert!(each < all().sum::<usize>() / 10, "{} KiB each", each >> 10);
    });
}

#[test]
fn a_thread_that_allocates_once_touches_little() {
    alone("threads::a_thread_that_allocates_once_touches_little", || {
        const THREADS: usize = 200;
        let (barrier, end) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
        let start = resident_bytes();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let work = || {
                    let block = Block::of(100, 1);
                    barrier.wait();
                    end.wait();
                    block.give_back(100, 1);
                };
                thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, work).unwrap();
            }
            barrier.wait();
            let each = (resident_bytes() - start) / THREADS;
            end.wait();
            assert!(each < 64 << 10, "{} KiB each", each >> 10);
        });
    });
}
