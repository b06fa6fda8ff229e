//! 11. A ring of messages: objects of different sizes, placed in fixed bytes, oldest first out.
//!
//! ```text
//!   │ free │ Ping │ Text │ Ping │ Text │ free │      one array of bytes, no heap
//!            ▲ read               write ▲
//! ```
//!
//! Each message is built where it stays until it was read; then its destructor runs, and its bytes
//! are used again. A full ring is a value, and nothing is lost.

use core::mem::MaybeUninit;
use std::collections::VecDeque;

use heapwright_new::raw::{self, PlacementPtr};
use heapwright_new::{
    AlignedStorage, Init, PlaceError, Placed, StorageError, place, unsize, value,
};

const BYTES: usize = 256;
const ALIGN: usize = 16;

trait Message {
    fn show(&self) -> String;
}

struct Ping {
    id: u32,
}

struct Text {
    from: u32,
    text: String,
    urgent: [u64; 6],
}

impl Message for Ping {
    fn show(&self) -> String {
        format!("ping {}", self.id)
    }
}

impl Message for Text {
    fn show(&self) -> String {
        format!("{} says {:?} ({})", self.from, self.text, self.urgent.len())
    }
}

/// Where a message is, and how much of the ring it takes.
struct Sent {
    message: PlacementPtr<dyn Message>,
    start: usize,
    bytes: usize,
}

/// The ring.
///
/// # Invariants
///
/// 1. Each message in `sent` lives in its bytes of `storage`, and no two share any.
struct Ring {
    storage: AlignedStorage<BYTES, ALIGN>,
    sent: VecDeque<Sent>,
}

impl Ring {
    fn new() -> Box<Self> {
        Box::new(Self { storage: AlignedStorage::new(), sent: VecDeque::new() })
    }

    /// Where `bytes` fit, behind the newest message or at the start again.
    fn room(&self, bytes: usize) -> Option<usize> {
        let (Some(oldest), Some(newest)) = (self.sent.front(), self.sent.back()) else {
            return (bytes <= BYTES).then_some(0);
        };
        let end = newest.start + newest.bytes;
        if newest.start >= oldest.start {
            if end + bytes <= BYTES {
                return Some(end);
            }
            return (bytes <= oldest.start).then_some(0);
        }
        (end + bytes <= oldest.start).then_some(end)
    }

    /// Builds a message in the ring.
    fn send<M: Message + 'static, I: Init<M>>(
        &mut self,
        init: I,
    ) -> Result<(), PlaceError<I::Error>> {
        let bytes = size_of::<M>().next_multiple_of(ALIGN);
        let Some(start) = self.room(bytes) else {
            return Err(StorageError::TooSmall { has: BYTES, needed: bytes }.into());
        };
        let free: &mut [MaybeUninit<u8>] = &mut self.storage.as_bytes_mut()[start..start + bytes];
        let placed = unsize!(place(free, init)? => dyn Message);
        let message = Placed::into_raw(placed);
        // INVARIANT: 1 holds, as `room` found these bytes free.
        self.sent.push_back(Sent { message, start, bytes });
        Ok(())
    }

    /// Reads the oldest message and destroys it.
    fn receive(&mut self) -> Option<String> {
        let Sent { message, .. } = self.sent.pop_front()?;
        // SAFETY: it lives (invariant 1), and the ring is borrowed by this function alone.
        let shown = unsafe { message.as_ref() }.show();
        // SAFETY: as above, and it is in the list no more.
        unsafe { raw::destroy_at(message) };
        Some(shown)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        while self.receive().is_some() {}
    }
}

fn main() {
    let mut ring = Ring::new();
    let text = |from| Text { from, text: format!("message {from}"), urgent: [0; 6] };
    let (mut sent, mut refused, mut received) = (0, 0, Vec::new());
    for id in 0..40 {
        let outcome =
            if id % 3 == 0 { ring.send(value(Ping { id })) } else { ring.send(value(text(id))) };
        match outcome {
            Ok(()) => sent += 1,
            Err(PlaceError::Storage(full)) => {
                refused += 1;
                if refused == 1 {
                    println!("after {sent}: {full}");
                }
                received.extend(ring.receive());
            }
            Err(PlaceError::Construct(never)) => match never {},
        }
    }
    let left = ring.sent.len();
    println!("{sent} sent in {BYTES} bytes, {refused} refused, {left} left");
    println!("the first: {}; then {}", received[0], received[1]);
    assert!(sent > 20 && refused > 0);
    assert_eq!(received[0], "ping 0");
    assert_eq!(sent, received.len() + left);
}
