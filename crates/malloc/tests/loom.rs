//! The protocol between threads under a model checker: the orders of its steps that the memory
//! model allows, in small configurations.
//!
//! ```text
//!   src/protocol/   the files that ship, compiled here once more
//!        │ Words, Heap               │ crate::sync
//!   slots are cells that tell of     loom's atomics
//!   every race, heaps are counters
//! ```
//!
//! Run it by `RUSTFLAGS="--cfg loom" cargo test -p heapwright-malloc --test loom --release`.
//!
//! Whoever touches what the owner of a heap alone may touch touches a cell of loom's, so two at
//! once, or one after another without an order between them, end the test. So does a slot that is
//! touched by two, one that comes home twice, and threads that wait for each other. What came
//! home, and that nothing is left in the inboxes of idle heaps, is looked at by each test.
//!
//! Where that takes no minute all orders are tried, else those in which threads are interrupted
//! no more than [`PREEMPTIONS_MAX`] times.
#![cfg(loom)]

#[path = "../src/protocol/mod.rs"]
mod protocol;

#[path = "loom/sync.rs"]
mod sync;
#[path = "loom/world.rs"]
mod world;

use std::sync::Arc;

use loom::model::Builder;
use loom::thread;
use world::{Slot, World};

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;
const D: usize = 3;

/// Two slots of one slab of A, and one of another: two messages in a chain.
const CHAIN: [Slot; 3] = [Slot::of(A, 0, 0), Slot::of(A, 0, 1), Slot::of(A, 1, 0)];
const ONE: [Slot; 1] = [Slot::of(A, 0, 0)];
const OTHER: [Slot; 1] = [Slot::of(A, 1, 1)];

/// How often threads are interrupted where not all orders are tried.
const PREEMPTIONS_MAX: usize = 3;

fn in_all_orders(work: impl Fn() + Send + Sync + 'static) {
    Builder::new().check(work);
}

fn in_many_orders(work: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS_MAX));
    builder.check(work);
}

/// Runs `work` in a thread of its own.
fn spawn(world: &Arc<World>, work: impl FnOnce(&World) + 'static) -> thread::JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || work(&world))
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn what_two_threads_free_comes_home_once_while_the_owner_collects() {
    in_all_orders(|| {
        let world = World::new(3);
        let threads = [
            spawn(&world, |world| world.heap(B).free(&CHAIN).flush()),
            spawn(&world, |world| world.heap(C).free(&OTHER).flush()),
        ];
        world.heap(A).collect();
        join(threads);
        world.heap(A).collect();
        world.heap(A).assert_at_home(&[&CHAIN[..], &OTHER]);
    });
}

#[test]
fn what_is_sent_while_the_owner_leaves_is_not_left_behind() {
    in_all_orders(|| {
        let world = World::new(2);
        let sender = spawn(&world, |world| world.heap(B).free(&CHAIN).flush());
        world.heap(A).leave();
        join([sender]);
        world.assert_idle(&[A]);
        world.heap(A).assert_at_home(&[&CHAIN]);
    });
}

#[test]
fn what_two_threads_send_while_the_owner_leaves_is_not_left_behind() {
    in_many_orders(|| {
        let world = World::new(3);
        let threads = [
            spawn(&world, |world| world.heap(B).free(&ONE).flush()),
            spawn(&world, |world| world.heap(C).free(&OTHER).flush()),
        ];
        world.heap(A).leave();
        join(threads);
        world.assert_idle(&[A]);
        world.heap(A).assert_at_home(&[&ONE[..], &OTHER]);
    });
}

#[test]
fn two_threads_that_send_to_an_idle_heap_collect_for_it_in_turn() {
    in_many_orders(|| {
        let world = World::new(3);
        world.heap(A).leave();
        let sender = spawn(&world, |world| world.heap(B).free(&CHAIN).flush());
        world.heap(C).free(&OTHER).flush();
        join([sender]);
        world.assert_idle(&[A]);
        world.heap(A).assert_at_home(&[&CHAIN[..], &OTHER]);
    });
}

#[test]
fn an_idle_heap_is_adopted_or_collected_for_but_not_both_at_once() {
    in_all_orders(|| {
        let world = World::new(2);
        world.heap(A).leave();
        let sender = spawn(&world, |world| world.heap(B).free(&CHAIN).flush());
        let adopted = world.adopt();
        if let Some(heap) = adopted {
            heap.collect();
        }
        join([sender]);
        match adopted {
            Some(heap) => _ = heap.collect(),
            None => world.assert_idle(&[A]),
        }
        world.heap(A).assert_at_home(&[&CHAIN]);
    });
}

#[test]
fn a_heap_changes_hands_while_slots_are_sent_to_it() {
    in_many_orders(|| {
        let world = World::new(2);
        let threads = [
            spawn(&world, |world| world.heap(A).leave()),
            spawn(&world, |world| world.heap(B).free(&ONE).flush()),
        ];
        if let Some(heap) = world.adopt() {
            heap.leave();
        }
        join(threads);
        world.assert_idle(&[A]);
        world.heap(A).assert_at_home(&[&ONE]);
    });
}

#[test]
fn two_threads_that_leave_with_slots_of_each_other_send_them_home() {
    const OF_B: [Slot; 1] = [Slot::of(B, 0, 0)];
    in_all_orders(|| {
        let world = World::new(2);
        let other = spawn(&world, |world| world.heap(B).free(&ONE).leave());
        world.heap(A).free(&OF_B).leave();
        join([other]);
        world.assert_idle(&[A, B]);
        world.heap(A).assert_at_home(&[&ONE]);
        world.heap(B).assert_at_home(&[&OF_B]);
    });
}

#[test]
fn a_slot_that_is_freed_again_while_another_is_pushed_is_no_trap() {
    in_many_orders(|| {
        let world = World::new(4);
        let threads = [
            spawn(&world, |world| world.heap(B).free(&ONE).flush()),
            spawn(&world, |world| world.heap(C).free(&OTHER).flush()),
        ];
        world.heap(A).collect();
        if world.heap(A).hand_out(ONE[0]) {
            // The head of the inbox may be the same slot again, but in another chain.
            world.heap(D).free(&ONE).flush();
        }
        join(threads);
        world.heap(A).collect();
        world.heap(A).assert_at_home(&[&ONE[..], &OTHER]);
    });
}

#[test]
fn a_heap_is_taken_out_of_the_midst_of_the_idle_ones() {
    const OF_B: [Slot; 1] = [Slot::of(B, 0, 0)];
    in_all_orders(|| {
        let world = World::new(4);
        for index in [A, B, C] {
            world.heap(index).leave();
        }
        let sender = spawn(&world, |world| world.heap(D).free(&OF_B).flush());
        if let Some(heap) = world.adopt() {
            heap.leave();
        }
        join([sender]);
        world.assert_idle(&[A, B, C]);
        world.heap(B).assert_at_home(&[&OF_B]);
    });
}
