//! What cannot be provoked from outside: the end of a slot's generations, and of all indices.

use alloc::vec::Vec;

use allocator_api2::alloc::Global;
use heapwright_new::BadAlloc;

use super::super::directory::{CHUNKS, SLOTS_MAX};
use super::{Key, Pool};

/// Sets the generation of the slot in which the key's object lives, and returns its key now.
fn age<T>(pool: &mut Pool<T, Global>, key: Key<T>, generation: u32) -> Key<T> {
    pool.storage.find(key).unwrap().set_generation(generation);
    Key::new(key.index(), generation)
}

#[test]
fn a_slot_that_is_worn_out_is_used_no_more_and_its_keys_stay_stale() {
    let mut pool = Pool::new_in(Global);
    let young = pool.insert(0).unwrap();
    let capacity = pool.capacity();
    let mut keys = Vec::from([young]);
    let mut key = age(&mut pool, young, u32::MAX - 4);
    for number in 1..=3 {
        assert_eq!(pool.get(key), Some(&(number - 1)));
        keys.push(key);
        pool.remove(key).unwrap();
        key = pool.insert(number).unwrap();
    }
    // Its generations were u32::MAX − 4, − 2, and the last; then the object is in another slot.
    assert_eq!(keys[3].generation(), u32::MAX);
    assert_ne!(key.index(), young.index());
    assert!(keys.iter().all(|stale| !pool.contains(*stale)));
    assert_eq!(pool.capacity(), capacity - 1);
    assert_eq!(pool.len(), 1);
    assert!(pool.iter().eq([(key, &3)]));
    // Also when all others are in use, it stays out.
    let others: Vec<_> = (0..2 * capacity).map(|_| pool.insert(9).unwrap()).collect();
    assert!(others.iter().all(|other| other.index() != young.index()));
    assert!(keys.iter().all(|stale| !pool.contains(*stale)));
}

#[test]
fn the_slot_that_was_freed_last_is_used_first_however_many_are_free() {
    let mut pool = Pool::new_in(Global);
    let keys: Vec<_> = (0..100).map(|number| pool.insert(number).unwrap()).collect();
    let mut freed = Vec::new();
    for (round, keys) in keys.chunks(10).enumerate() {
        for key in keys.iter().rev() {
            pool.remove(*key).unwrap();
            freed.push(key.index());
        }
        for _ in 0..round {
            assert_eq!(pool.insert(0).unwrap().index(), freed.pop().unwrap());
        }
    }
    while let Some(index) = freed.pop() {
        assert_eq!(pool.insert(0).unwrap().index(), index);
    }
    assert!(pool.insert(0).unwrap().index() > 99, "all slots are in use");
}

#[test]
fn clear_and_drain_wear_slots_out_as_remove_does() {
    for empty in [Pool::clear as fn(&mut Pool<u32, Global>), |pool| drop(pool.drain())] {
        let mut pool = Pool::new_in(Global);
        let key = pool.insert(1).unwrap();
        let last = age(&mut pool, key, u32::MAX);
        empty(&mut pool);
        assert_eq!(pool.get(last), None);
        let next = pool.insert(2).unwrap();
        assert_ne!(next.index(), last.index());
        assert_eq!(pool.values().copied().collect::<Vec<_>>(), [2]);
    }
}

#[test]
fn the_last_index_is_followed_by_an_error_and_not_by_the_first() {
    let slots = CHUNKS * SLOTS_MAX as usize;
    let mut pool = Pool::new_in(Global);
    // Chunks of the largest size, as `reserve` makes them: no index is left out.
    pool.reserve(slots).unwrap();
    assert_eq!(pool.capacity(), slots);
    let refused = pool.reserve(slots + 1 - pool.len()).unwrap_err();
    assert_eq!(core::mem::discriminant(&refused), too_long());
    let keys: Vec<_> = (0..slots).map(|number| pool.insert(number).unwrap()).collect();
    let refused = pool.insert(0).unwrap_err();
    assert_eq!(core::mem::discriminant(&refused), too_long());
    assert!(keys.iter().enumerate().all(|(number, key)| pool.get(*key) == Some(&number)));
    assert!(pool.keys().eq(keys.iter().copied()));
    // A slot that comes back can be used again.
    pool.remove(keys[7]).unwrap();
    assert!(pool.insert(0).is_ok());
    assert!(pool.insert(0).is_err());
}

fn too_long() -> core::mem::Discriminant<BadAlloc> {
    core::mem::discriminant(&BadAlloc::BadArrayNewLength { len: 0, element_bytes: 0 })
}

#[test]
fn a_key_from_any_bits_is_answered_and_never_by_memory_of_others() {
    let mut pool = Pool::new_in(Global);
    let keys: Vec<Key<usize>> = (0..100).map(|number| pool.insert(number).unwrap()).collect();
    pool.remove(keys[3]);
    let indices = (0..4096_u64).chain([1 << 30, (1 << 31) - 1, 1 << 31, u64::from(u32::MAX)]);
    for index in indices {
        for generation in [0, 1, 2, 3, u64::from(u32::MAX)] {
            let Some(key) = Key::<usize>::from_bits(generation << 32 | index) else { continue };
            assert_eq!(pool.get(key).is_some(), pool.keys().any(|live| live == key));
        }
    }
    assert_eq!(Key::<usize>::from_bits(2 << 32), None, "no object has an even generation");
    assert_eq!(Key::<usize>::from_bits(1 << 32 | 1 << 31), None, "no slot has such an index");
}
