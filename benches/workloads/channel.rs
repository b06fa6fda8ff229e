//! A queue of bounded length between threads, which never allocates by itself.

use std::sync::{Condvar, Mutex};

use crate::mapped::Mapped;

/// First in, first out; both ends may be used by many threads.
pub(crate) struct Channel<T> {
    state: Mutex<State<T>>,
    /// Told where a value was put in, or a sender closed the channel. One thread is woken by one
    /// value: were all of them, a channel of many threads would measure the kernel's scheduler.
    has_value: Condvar,
    /// Told where a value was taken out.
    has_room: Condvar,
}

struct State<T> {
    ring: Mapped<Option<T>>,
    first: usize,
    len: usize,
    sender_count: usize,
}

impl<T> State<T> {
    fn push(&mut self, value: T) {
        let place = (self.first + self.len) % self.ring.len();
        self.ring[place] = Some(value);
        self.len += 1;
    }

    fn pop(&mut self) -> Option<T> {
        let value = self.ring[self.first].take()?;
        self.first = (self.first + 1) % self.ring.len();
        self.len -= 1;
        Some(value)
    }
}

impl<T> Channel<T> {
    /// A channel that holds at most `capacity` values and ends when each of its senders has
    /// called [`Channel::close`].
    pub(crate) fn new(capacity: usize, sender_count: usize) -> Self {
        let ring = Mapped::new(capacity, |_| None);
        let state = Mutex::new(State { ring, first: 0, len: 0, sender_count });
        Self { state, has_value: Condvar::new(), has_room: Condvar::new() }
    }

    /// Puts `value` in, waiting for room.
    pub(crate) fn send(&self, value: T) {
        let state = self.state.lock().expect("nobody panics with the lock");
        let state = self.has_room.wait_while(state, |state| state.len == state.ring.len());
        state.expect("nobody panics with the lock").push(value);
        self.has_value.notify_one();
    }

    /// Puts `value` in, or gives it back where there is no room.
    pub(crate) fn try_send(&self, value: T) -> Result<(), T> {
        let mut state = self.state.lock().expect("nobody panics with the lock");
        if state.len == state.ring.len() {
            return Err(value);
        }
        state.push(value);
        drop(state);
        self.has_value.notify_one();
        Ok(())
    }

    /// Takes the oldest value, waiting for one; `None` once all senders are gone and it is empty.
    pub(crate) fn receive(&self) -> Option<T> {
        let state = self.state.lock().expect("nobody panics with the lock");
        let is_waiting = |state: &mut State<T>| state.len == 0 && state.sender_count > 0;
        let state = self.has_value.wait_while(state, is_waiting);
        let value = state.expect("nobody panics with the lock").pop();
        self.has_room.notify_one();
        value
    }

    /// Takes the oldest value, if there is one now.
    pub(crate) fn try_receive(&self) -> Option<T> {
        let value = self.state.lock().expect("nobody panics with the lock").pop();
        if value.is_some() {
            self.has_room.notify_one();
        }
        value
    }

    /// One sender less.
    pub(crate) fn close(&self) {
        self.state.lock().expect("nobody panics with the lock").sender_count -= 1;
        self.has_value.notify_all();
    }
}

/// Threads in a ring, each of which sends to the next one.
///
/// ```text
///   0 ──► 1 ──► 2 ──► 0
/// ```
pub(crate) struct Ring<T> {
    inboxes: Mapped<Channel<T>>,
}

impl<T> Ring<T> {
    /// A ring of `count` threads whose inboxes hold `capacity` values each.
    pub(crate) fn new(count: usize, capacity: usize) -> Self {
        Self { inboxes: Mapped::new(count, |_| Channel::new(capacity, 1)) }
    }

    /// Sends to the next thread. While its inbox is full the sender takes from its own, or all
    /// might wait for each other.
    pub(crate) fn send(&self, sender: usize, mut value: T, mut take: impl FnMut(T)) {
        let next = &self.inboxes[(sender + 1) % self.inboxes.len()];
        while let Err(refused) = next.try_send(value) {
            value = refused;
            self.take_all(sender, &mut take);
            std::thread::yield_now();
        }
    }

    /// Takes whatever has arrived.
    pub(crate) fn take_all(&self, receiver: usize, mut take: impl FnMut(T)) {
        while let Some(value) = self.inboxes[receiver].try_receive() {
            take(value);
        }
    }

    /// Sends no more, and takes until the thread before sends no more either.
    pub(crate) fn finish(&self, index: usize, mut take: impl FnMut(T)) {
        self.inboxes[(index + 1) % self.inboxes.len()].close();
        while let Some(value) = self.inboxes[index].receive() {
            take(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::at_once;

    #[test]
    fn everything_sent_around_a_ring_arrives_even_where_all_send_first() {
        for count in 1..4 {
            let ring = Ring::new(count, 2);
            let sum = at_once(count, |index| {
                let mut sum = 0;
                (1..=100).for_each(|value| ring.send(index, value, |got| sum += got));
                ring.finish(index, |got| sum += got);
                sum
            });
            assert_eq!(sum, 5050 * count as u64);
        }
    }

    #[test]
    fn everything_sent_by_some_is_received_once_by_others() {
        let channel = Channel::new(3, 2);
        let sum = at_once(4, |index| {
            if index < 2 {
                (0..1000).for_each(|value| channel.send(value));
                channel.close();
                return 0;
            }
            core::iter::from_fn(|| channel.receive()).sum()
        });
        assert_eq!(sum, 2 * (999 * 1000 / 2));
    }

    #[test]
    fn a_full_channel_gives_the_value_back() {
        let channel = Channel::new(1, 1);
        assert_eq!(channel.try_send(1), Ok(()));
        assert_eq!(channel.try_send(2), Err(2));
        assert_eq!((channel.try_receive(), channel.try_receive()), (Some(1), None));
    }
}
