//! Threads that hammer one pool: no slot is two objects' at once, and each object ends once.

use core::hint::black_box;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use allocator_api2::alloc::Global;
use heapwright_arena::pool::{ObjectPool, Pool, Pooled, SharedPool};
use heapwright_new::value;

type Shared<T> = SharedPool<T, Global>;

const THREADS: usize = 4;
const ROUNDS: usize = 30_000;

/// Tells a counter of its end, and notices if somebody else writes where it is.
struct Guarded<'a> {
    stamp: u64,
    again: u64,
    ended: &'a AtomicUsize,
}

impl<'a> Guarded<'a> {
    fn new(stamp: u64, ended: &'a AtomicUsize) -> Self {
        Self { stamp, again: !stamp, ended }
    }

    fn is_whole(&self, stamp: u64) -> bool {
        (self.stamp, self.again) == (stamp, !stamp)
    }
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        assert_eq!(self.stamp, !self.again);
        self.stamp = 0;
        self.again = 0;
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn no_slot_is_two_objects_at_once() {
    let ended = AtomicUsize::new(0);
    let pool = Shared::new_in(Global);
    let start = Barrier::new(THREADS);
    thread::scope(|threads| {
        for thread in 0..THREADS as u64 {
            let (pool, ended, start) = (&pool, &ended, &start);
            threads.spawn(move || {
                let mut random = fastrand::Rng::with_seed(thread);
                let mut held = Vec::new();
                start.wait();
                for round in 0..ROUNDS as u64 {
                    let stamp = thread << 32 | round;
                    held.push((stamp, pool.create(value(Guarded::new(stamp, ended))).unwrap()));
                    while random.usize(..24) < held.len() {
                        let (stamp, object) = held.swap_remove(random.usize(..held.len()));
                        assert!(object.is_whole(stamp));
                    }
                }
                assert!(held.iter().all(|(stamp, object)| object.is_whole(*stamp)));
            });
        }
    });
    assert_eq!(ended.load(Ordering::Relaxed), THREADS * ROUNDS);
    // Each thread held 24 at most; what was never needed at once was never taken, or hardly.
    assert!(pool.capacity() <= 64 * THREADS, "{} slots", pool.capacity());
}

#[test]
fn objects_end_on_other_threads_and_their_slots_come_back() {
    let ended = AtomicUsize::new(0);
    let mut pool = Shared::new_in(Global);
    pool.reserve(256).unwrap();
    let capacity = pool.capacity();
    thread::scope(|threads| {
        // One makes, others destroy; no more than 64 are on their way to each.
        let senders: Vec<_> = (1..THREADS)
            .map(|_| {
                let (sender, receiver) =
                    mpsc::sync_channel::<Pooled<'_, Guarded<'_>, Shared<_>>>(64);
                threads.spawn(move || receiver.into_iter().for_each(drop));
                sender
            })
            .collect();
        for round in 0..ROUNDS {
            let object = pool.create(value(Guarded::new(round as u64, &ended))).unwrap();
            senders[round % senders.len()].send(object).unwrap();
        }
    });
    assert_eq!(ended.load(Ordering::Relaxed), ROUNDS);
    assert_eq!(pool.capacity(), capacity);
    assert_eq!(pool.forgotten(), 0);
}

#[test]
fn no_slot_is_passed_over_where_threads_make_the_first_chunk_at_once() {
    const POOLS: usize = 20_000;
    let mut pools: Vec<_> = (0..POOLS).map(|_| Shared::<u64>::new_in(Global)).collect();
    let arrived: Vec<_> = (0..POOLS).map(|_| AtomicUsize::new(0)).collect();
    thread::scope(|threads| {
        for thread in 0..2 {
            let (pools, arrived) = (&pools, &arrived);
            threads.spawn(move || {
                for (number, pool) in pools.iter().enumerate() {
                    arrived[number].fetch_add(1, Ordering::SeqCst);
                    while arrived[number].load(Ordering::SeqCst) < 2 {
                        thread::yield_now();
                    }
                    // One is late, by more and more.
                    (0..number % 400 * thread).for_each(|step| _ = black_box(step));
                    mem::forget(pool.create(value(7)).unwrap());
                }
            });
        }
    });
    for pool in &mut pools {
        assert_eq!(pool.forgotten(), 2);
        // All that there is memory for is handed out before there is more.
        let capacity = pool.capacity();
        let rest: Vec<_> = (2..capacity).map(|_| pool.create(value(8)).unwrap()).collect();
        assert_eq!((rest.len(), pool.capacity()), (capacity - 2, capacity));
    }
}

#[test]
fn threads_that_grow_a_pool_at_once_get_slots_of_their_own() {
    for _ in 0..50 {
        let pool = Shared::<u64>::new_in(Global);
        let start = Barrier::new(THREADS);
        let mut places: Vec<usize> = thread::scope(|threads| {
            let workers: Vec<_> = (0..THREADS as u64)
                .map(|thread| {
                    let (pool, start) = (&pool, &start);
                    threads.spawn(move || {
                        start.wait();
                        let objects: Vec<_> =
                            (0..500).map(|_| pool.create(value(thread)).unwrap()).collect();
                        assert!(objects.iter().all(|object| **object == thread));
                        objects.into_iter().map(|kept| Pooled::as_ptr(&kept).addr()).collect()
                    })
                })
                .collect::<Vec<thread::ScopedJoinHandle<'_, Vec<usize>>>>();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        // Slots of objects that have ended come back meanwhile, so an address may come twice, but
        // all are in the pool.
        places.sort_unstable();
        places.dedup();
        assert!(places.len() <= pool.capacity());
        assert!(pool.capacity() < 2 * THREADS * 500 + 64);
    }
}

#[test]
fn what_is_forgotten_ends_with_the_pool() {
    let ended = AtomicUsize::new(0);
    let mut pool = Shared::new_in(Global);
    thread::scope(|threads| {
        for stamp in 0..3 {
            let (pool, ended) = (&pool, &ended);
            threads.spawn(move || {
                core::mem::forget(pool.create(value(Guarded::new(stamp, ended))).unwrap());
            });
        }
    });
    assert_eq!((pool.forgotten(), ended.load(Ordering::Relaxed)), (3, 0));
    drop(pool);
    assert_eq!(ended.load(Ordering::Relaxed), 3);
}

#[test]
fn pools_go_to_other_threads_as_their_objects_do() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<Pool<String, Global>>();
    is_sync::<Pool<String, Global>>();
    is_send::<ObjectPool<String, Global>>();
    is_send::<Shared<core::cell::Cell<u32>>>();
    is_sync::<Shared<core::cell::Cell<u32>>>();
    is_send::<Pooled<'_, core::cell::Cell<u32>, Shared<core::cell::Cell<u32>>>>();
    is_sync::<Pooled<'_, String, Shared<String>>>();
}
