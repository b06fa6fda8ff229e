//! Arenas that move to other threads, and pools of them.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use heapwright_arena::{Arena, ArenaPool};
use heapwright_new::value;

struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_sendable_arena_destroys_where_it_is() {
    let destroyed = &AtomicUsize::new(0);
    let arena = Arena::sendable();
    arena.create(value(Counted(destroyed))).unwrap();
    thread::scope(|threads| {
        let worker = threads.spawn(move || {
            arena.create(value(Counted(destroyed))).unwrap();
            drop(arena);
            destroyed.load(Relaxed)
        });
        assert_eq!(worker.join().unwrap(), 2);
    });
}

#[test]
fn threads_build_in_leased_arenas_what_others_read() {
    const THREADS: usize = 8;
    const OBJECTS: usize = 500;
    let destroyed = AtomicUsize::new(0);
    let mut pool = ArenaPool::new();
    for round in 1..4 {
        let lists: Vec<Vec<&String>> = thread::scope(|threads| {
            let build = |thread: usize| {
                let (pool, destroyed) = (&pool, &destroyed);
                move || {
                    let mut list = Vec::new();
                    for object in 0..OBJECTS {
                        // A lease for each: arenas go from thread to thread.
                        let arena = pool.lease();
                        list.push(&*arena.create(value(format!("{thread} {object}"))).unwrap());
                        arena.create(value(Counted(destroyed))).unwrap();
                        arena
                            .scope(|scope| scope.create(value(Counted(destroyed))).map(|_| ()))
                            .unwrap();
                    }
                    list
                }
            };
            let workers: Vec<_> = (0..THREADS).map(|thread| threads.spawn(build(thread))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        for (thread, list) in lists.iter().enumerate() {
            for (object, name) in list.iter().enumerate() {
                assert_eq!(**name, format!("{thread} {object}"));
            }
        }
        assert_eq!(destroyed.load(Relaxed), (2 * round - 1) * THREADS * OBJECTS);
        pool.reset();
        assert_eq!(destroyed.load(Relaxed), 2 * round * THREADS * OBJECTS);
    }
}
