//! Threads that send each other messages which they own.

use std::{sync::mpsc, thread};

use fastrand::Rng;

use crate::plan::{Plan, Workload};

/// Messages at scale 1, by all producers together.
const MESSAGES: usize = 1_000_000;
const IN_FLIGHT: usize = 4096;

pub(super) const WORKLOAD: Workload = Workload {
    name: "channels",
    like: "producers send owned messages over a bounded channel to a consumer each",
    run,
};

struct Message {
    text: String,
    body: Box<[u8]>,
}

fn run(plan: &Plan) -> u64 {
    thread::scope(|scope| {
        let consumers: Vec<_> = (0..plan.threads)
            .map(|index| {
                let (sender, receiver) = mpsc::sync_channel(IN_FLIGHT);
                let count = plan.share(plan.scaled(MESSAGES), index);
                scope.spawn(move || produce(&sender, count, index as u64));
                scope.spawn(move || receiver.iter().fold(0, consume))
            })
            .collect();
        let sums = consumers.into_iter().map(|it| it.join().expect("no consumer panics"));
        sums.fold(0, u64::wrapping_add)
    })
}

fn produce(sender: &mpsc::SyncSender<Box<Message>>, count: usize, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    for number in 0..count {
        let body = vec![rng.u8(..); rng.usize(1..500)].into_boxed_slice();
        let message = Box::new(Message { text: format!("message {number}"), body });
        sender.send(message).expect("the consumer listens until the end");
    }
}

#[expect(clippy::boxed_local, reason = "the box is what crosses the threads")]
fn consume(sum: u64, message: Box<Message>) -> u64 {
    let body = message.body.iter().fold(0, |sum: u64, &byte| sum + u64::from(byte));
    sum.wrapping_add(body).wrapping_add(message.text.len() as u64)
}
