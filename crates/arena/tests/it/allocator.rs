//! Collections in an arena, by both lines of the allocator trait.

use heapwright_arena::Arena;
use heapwright_arena::source::{Chunks, Region};
use heapwright_malloc::Malloc;
use heapwright_new::{Owned, value};

#[test]
fn vectors_grow_in_their_place() {
    let arena = Arena::new();
    let mut numbers = allocator_api2::vec::Vec::new_in(&arena);
    for number in 0..10_000_u32 {
        numbers.push(number);
    }
    assert!(numbers.iter().copied().eq(0..10_000));
    numbers.truncate(10);
    numbers.shrink_to_fit();
    assert!(numbers.iter().copied().eq(0..10));
}

#[test]
fn hash_maps_live_in_an_arena() {
    let arena = Arena::new();
    let mut ages = hashbrown::HashMap::new_in(&arena);
    for number in 0..1000_u32 {
        ages.insert(number, number.to_string());
    }
    assert!((0..1000).all(|number| ages[&number] == number.to_string()));
}

#[test]
fn objects_of_new_live_in_an_arena() {
    let arena = Arena::new();
    let owned = Owned::try_new_in(String::from("owned"), &arena).unwrap();
    assert_eq!(*owned, "owned");
}

#[test]
fn every_source_serves_collections() {
    let chunks = Arena::over(Chunks::new(Malloc));
    let reserved = Arena::over(Region::new(heapwright_break::ReservedBreak::new(1 << 20)));
    let mut first = allocator_api2::vec::Vec::new_in(&chunks);
    let mut second = allocator_api2::vec::Vec::new_in(&reserved);
    for number in 0..5000_u64 {
        first.push(number);
        second.push(number);
        chunks.create(value(number.to_string())).unwrap();
    }
    assert_eq!(first, second);
    second.extend_from_slice(&[0; 5000]);
    assert_eq!(second.len(), 10_000);
}
