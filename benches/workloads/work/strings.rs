//! A key-value store of strings: a hash table that grows, strings that are set, appended to, read
//! and deleted: the manner of redis.
//!
//! ```text
//!   table ─ calloc ─►  [ · | • | · | • ]        doubled when as many keys as places
//!                            └► entry ─► entry   key and value are strings of their own
//! ```

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{held::Held, vector::Vector};

/// Keys that may exist.
const KEYS: u64 = 150_000;
/// Requests at scale 1.
const REQUESTS: usize = 1_000_000;
/// A value that has grown beyond this is deleted.
const VALUE_MAX: usize = 4096;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "strings",
    like: "redis: set, append, get and delete of strings in a hash table that grows",
    run,
};

type Text = Vector<u8>;

struct Entry {
    hash: u64,
    key: Text,
    value: Text,
    next: Link,
}

type Link = Option<Held<Entry>>;

struct Store {
    table: Vector<Link>,
    len: usize,
}

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x7265_6469);
    let mut store = Store { table: Vector::zeroed(16), len: 0 };
    let mut sum = 0_u64;
    for _ in 0..plan.scaled(REQUESTS) {
        sum = sum.wrapping_add(request(&mut store, &mut rng));
    }
    sum.wrapping_add(store.digest())
}

fn request(store: &mut Store, rng: &mut Rng) -> u64 {
    let number = rng.u64(..KEYS);
    let mut buffer = [0; 24];
    let key = key(number, &mut buffer);
    match rng.u8(..10) {
        0..4 => {
            let longest = rng.usize(3..400);
            let length = rng.usize(3..=longest);
            store.set(key, string(number, length));
        }
        4..6 => {
            let length = rng.usize(10..100);
            store.append(key, &string(number, length));
        }
        6 => store.delete(key),
        _ => return store.get(key).map_or(1, digest),
    }
    0
}

/// `key:` and the number in decimal digits, as clients of such stores write them.
fn key(number: u64, buffer: &mut [u8; 24]) -> &[u8] {
    let mut start = buffer.len();
    let mut left = number;
    loop {
        start -= 1;
        buffer[start] = b'0' + (left % 10).to_le_bytes()[0];
        left /= 10;
        if left == 0 {
            break;
        }
    }
    start -= 4;
    buffer[start..start + 4].copy_from_slice(b"key:");
    &buffer[start..]
}

/// A string that grows as it is made, as a reply is built from its parts.
fn string(number: u64, length: usize) -> Text {
    let mut text = Text::with_capacity(16);
    let word = number.to_le_bytes();
    while text.len() < length {
        let rest = (length - text.len()).min(word.len());
        text.extend_from_slice(&word[..rest]);
    }
    text.shrink_to_fit();
    text
}

fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

impl Store {
    fn place(&self, hash: u64) -> usize {
        // The length is a power of two.
        usize::try_from(hash).unwrap_or(usize::MAX) & (self.table.len() - 1)
    }

    fn find(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let hash = digest(key);
        let place = self.place(hash);
        let mut link = &mut self.table[place];
        while let Some(entry) = link {
            if entry.hash == hash && *entry.key == *key {
                return Some(entry);
            }
            link = &mut entry.next;
        }
        None
    }

    fn get(&mut self, key: &[u8]) -> Option<&[u8]> {
        self.find(key).map(|entry| &*entry.value)
    }

    fn set(&mut self, key: &[u8], value: Text) {
        if let Some(entry) = self.find(key) {
            entry.value = value;
            return;
        }
        if self.len == self.table.len() {
            self.grow();
        }
        let mut owned = Text::with_capacity(key.len());
        owned.extend_from_slice(key);
        let hash = digest(key);
        let place = self.place(hash);
        let next = self.table[place].take();
        self.table[place] = Some(Held::new(Entry { hash, key: owned, value, next }));
        self.len += 1;
    }

    fn append(&mut self, key: &[u8], more: &[u8]) {
        let Some(entry) = self.find(key) else { return };
        entry.value.extend_from_slice(more);
        if entry.value.len() > VALUE_MAX {
            self.delete(key);
        }
    }

    fn delete(&mut self, key: &[u8]) {
        let hash = digest(key);
        let place = self.place(hash);
        let mut link = &mut self.table[place];
        while link.as_ref().is_some_and(|entry| entry.hash != hash || *entry.key != *key) {
            link = &mut link.as_mut().expect("looked at just now").next;
        }
        if let Some(mut entry) = link.take() {
            *link = entry.next.take();
            self.len -= 1;
        }
    }

    fn grow(&mut self) {
        let larger = Vector::zeroed(2 * self.table.len());
        let mut old = core::mem::replace(&mut self.table, larger);
        for chain in old.iter_mut() {
            while let Some(mut entry) = chain.take() {
                *chain = entry.next.take();
                let place = self.place(entry.hash);
                entry.next = self.table[place].take();
                self.table[place] = Some(entry);
            }
        }
    }

    fn digest(&self) -> u64 {
        let mut sum = 0_u64;
        for mut link in self.table.iter() {
            while let Some(entry) = link {
                sum = sum.wrapping_add(digest(&entry.key) ^ digest(&entry.value));
                link = &entry.next;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_keeps_what_was_set_while_it_grows() {
        let mut store = Store { table: Vector::zeroed(1), len: 0 };
        let mut buffer = [0; 24];
        (0..500).for_each(|number| store.set(key(number, &mut buffer), string(number, 20)));
        (0..500).step_by(2).for_each(|number| store.delete(key(number, &mut buffer)));
        store.append(b"key:499", b"more");
        assert_eq!(store.len, 250);
        assert!(store.get(b"key:498").is_none());
        assert_eq!(store.get(b"key:497"), Some(&*string(497, 20)));
        assert!(store.get(b"key:499").is_some_and(|value| value.ends_with(b"more")));
    }
}
