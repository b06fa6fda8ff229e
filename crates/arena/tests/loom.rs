//! The list of free slots that threads share, under a model checker: all orders of its steps that
//! the memory model allows.
//!
//! Run it by `RUSTFLAGS="--cfg loom" cargo test -p heapwright-arena --test loom --release`.
//!
//! Each slot is a cell that tells of every race: who takes a slot writes in it, as does who puts it
//! back. Its link is such a cell, too. A slot that two have at once ends the test.
#![cfg(loom)]

/// The file that ships, compiled here once more.
#[path = "../src/pool/free_list.rs"]
mod free_list;

/// What `free_list` takes from its neighbour.
mod directory {
    pub(super) const NONE: u32 = (1 << 31) - 1;
}

/// What `free_list` takes from its neighbour, of loom.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicU32, Ordering};
}

extern crate alloc;

use alloc::sync::Arc;

use free_list::{FreeSlots, SlotList, Take};
use loom::cell::UnsafeCell;
use loom::thread;
use sync::AtomicU32;

/// Slots that are free at first, the last one on top.
struct World {
    free: FreeSlots<2>,
    links: Vec<UnsafeCell<u32>>,
    objects: Vec<UnsafeCell<u32>>,
}

impl World {
    fn new(slots: u32) -> Arc<Self> {
        let cells = || (0..slots).map(|_| UnsafeCell::new(0)).collect();
        let world = Self {
            free: FreeSlots { lists: [(); 2].map(|()| Self::empty()) },
            links: cells(),
            objects: cells(),
        };
        (0..slots).for_each(|slot| world.put(slot));
        Arc::new(world)
    }

    fn empty() -> SlotList {
        SlotList { head: AtomicU32::new(directory::NONE) }
    }

    /// As a pool does: what is busy is tried again.
    fn take(&self) -> Option<u32> {
        loop {
            match self.try_to_take() {
                Take::Slot(slot) => return Some(slot),
                Take::Empty => return None,
                Take::Busy => loom::hint::spin_loop(),
            }
        }
    }

    fn try_to_take(&self) -> Take {
        // SAFETY: the list says that nobody else writes the link, and loom checks it.
        let link = |slot: u32| self.links[slot as usize].with(|link| unsafe { *link });
        let taken = self.free.take(link);
        if let Take::Slot(slot) = taken {
            self.touch(slot);
        }
        taken
    }

    fn put(&self, slot: u32) {
        self.touch(slot);
        self.free.put(slot, |next| {
            // SAFETY: the slot is this thread's, and loom checks it.
            self.links[slot as usize].with_mut(|link| unsafe { *link = next });
        });
    }

    /// What an object would do in its slot.
    fn touch(&self, slot: u32) {
        // SAFETY: the slot is this thread's, and loom checks it.
        self.objects[slot as usize].with_mut(|object| unsafe { *object += 1 });
    }

    /// All slots are in the list, each once.
    fn check(&self) {
        let mut slots: Vec<_> = std::iter::from_fn(|| self.take()).collect();
        slots.sort_unstable();
        assert!(slots.into_iter().eq(0..self.objects.len() as u32));
    }
}

fn spawn(world: &Arc<World>, work: impl FnOnce(&World) + 'static) -> thread::JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || work(&world))
}

/// Takes one, and puts it back.
fn turn(world: &World) {
    if let Some(slot) = world.take() {
        world.put(slot);
    }
}

#[test]
fn two_threads_never_take_the_same_slot() {
    loom::model(|| {
        let world = World::new(2);
        let other = spawn(&world, turn);
        turn(&world);
        other.join().unwrap();
        world.check();
    });
}

/// The order that breaks a list without the bit: one looks at the first slot and its link; another
/// takes both slots and puts the first one back.
#[test]
fn a_slot_that_comes_back_in_the_middle_of_a_take_is_no_old_one() {
    loom::model(|| {
        let world = World::new(2);
        let other = spawn(&world, |world| {
            let (first, second) = (world.take(), world.take());
            first.into_iter().for_each(|slot| world.put(slot));
            second.into_iter().for_each(|slot| world.put(slot));
        });
        turn(&world);
        other.join().unwrap();
        world.check();
    });
}

#[test]
fn slots_come_back_from_one_thread_while_another_takes() {
    loom::model(|| {
        let world = World::new(3);
        let (first, second) = (world.take().unwrap(), world.take().unwrap());
        let other = spawn(&world, move |world| {
            world.put(first);
            world.put(second);
        });
        let taken = [world.take(), world.take()];
        other.join().unwrap();
        taken.into_iter().flatten().for_each(|slot| world.put(slot));
        world.check();
    });
}

#[test]
fn three_threads_share_one_slot() {
    /// As [`turn`], but does without where another thread is taking.
    fn short_turn(world: &World) {
        if let Take::Slot(slot) = world.try_to_take() {
            world.put(slot);
        }
    }

    loom::model(|| {
        let world = World::new(1);
        let others = [spawn(&world, short_turn), spawn(&world, short_turn)];
        short_turn(&world);
        others.into_iter().for_each(|other| other.join().unwrap());
        world.check();
    });
}
