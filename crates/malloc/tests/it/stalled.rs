//! Owners that stand still while others free what they allocated and go on.

use std::sync::{Barrier, mpsc};
use std::thread;

use heapwright_malloc::stats;

use crate::alone::{alone, resident_bytes};
use crate::block::{Block, MEBIBYTE};

const BLOCK_BYTES: usize = 1000;
const BLOCKS_PER_MEBIBYTE: usize = MEBIBYTE / BLOCK_BYTES;

fn blocks(mebibytes: usize) -> Vec<Block> {
    (0..mebibytes * BLOCKS_PER_MEBIBYTE).map(|_| Block::of(BLOCK_BYTES, 1)).collect()
}

fn give_back(blocks: Vec<Block>) {
    blocks.into_iter().for_each(|block| block.give_back(BLOCK_BYTES, 1));
}

/// Bytes of the heap, and of the process that are in memory.
fn footprint() -> [usize; 2] {
    [stats().unwrap().heap_bytes, resident_bytes()]
}

/// What a stalled owner cannot take back is as much as it allocated, however much the others do.
#[test]
fn others_go_on_beside_a_stalled_owner_in_constant_memory() {
    alone("stalled::others_go_on_beside_a_stalled_owner_in_constant_memory", || {
        const OTHERS: usize = 3;
        const ROUNDS: usize = 200;
        let (stall, end) = (Barrier::new(2), Barrier::new(2));
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..OTHERS).map(|_| mpsc::sync_channel::<Vec<Block>>(1)).unzip();
        thread::scope(|scope| {
            let first: Vec<_> = senders.clone();
            let (stall, end) = (&stall, &end);
            scope.spawn(move || {
                let shares: Vec<_> = first.iter().map(|_| blocks(20)).collect();
                first.into_iter().zip(shares).for_each(|(other, share)| other.send(share).unwrap());
                stall.wait();
                end.wait();
            });
            stall.wait();
            let before = footprint();
            let others: Vec<_> = receivers
                .into_iter()
                .enumerate()
                .map(|(index, receiver)| {
                    let next = senders[(index + 1) % OTHERS].clone();
                    scope.spawn(move || {
                        for _ in 0..ROUNDS {
                            give_back(receiver.recv().unwrap());
                            next.send(blocks(1)).unwrap();
                        }
                        drop(next);
                        receiver.iter().for_each(give_back);
                    })
                })
                .collect();
            drop(senders);
            others.into_iter().for_each(|other| other.join().unwrap());
            let after = footprint();
            end.wait();
            for (before, after) in before.into_iter().zip(after) {
                // Of 600 MiB that they allocated no more than a few are in use at a time.
                assert!(after <= before + 32 * MEBIBYTE, "{} MiB more", (after - before) >> 20);
            }
        });
    });
}

/// Between two stalls an owner uses what came home meanwhile.
#[test]
fn an_owner_that_stalls_again_and_again_lives_in_constant_memory() {
    alone("stalled::an_owner_that_stalls_again_and_again_lives_in_constant_memory", || {
        const ROUNDS: usize = 50;
        let barrier = Barrier::new(2);
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    sender.send(blocks(8)).unwrap();
                    barrier.wait();
                }
            });
            let mut footprints = Vec::new();
            for _ in 0..ROUNDS {
                let handed = receiver.recv().unwrap();
                let mine = blocks(4);
                give_back(handed);
                give_back(mine);
                footprints.push(footprint());
                barrier.wait();
            }
            for (first, last) in footprints[0].into_iter().zip(footprints[ROUNDS - 1]) {
                // Of 600 MiB that both allocated, no more than twelve were in use at a time.
                assert!(last <= first + 16 * MEBIBYTE, "{} MiB more", (last - first) >> 20);
            }
        });
    });
}
