//! What a census counts, and its table.

use std::sync::Mutex;

use heapwright_arena::{Arena, CountByType, CountByTypeAndSite};
use heapwright_new::value;

struct Texture([u8; 100]);
struct Sprite;

#[test]
fn a_census_counts_what_lives_what_lived_and_the_most() {
    let mut arena = Arena::counting(CountByType::new());
    for _ in 0..3 {
        arena.create(value(Texture([0; 100]))).unwrap();
    }
    arena.scope(|scope| {
        for _ in 0..2 {
            scope.create(value(Texture([1; 100]))).unwrap();
            scope.create(value(Sprite)).unwrap();
        }
        scope.create_array(10, |_| value(7_u64)).unwrap();
        assert_eq!(arena.census().report().unwrap().live(), 3 + 2 + 2 + 10);
    });
    let report = arena.census().report().unwrap();
    let row = report.rows()[0];
    assert!(row.type_name.ends_with("Texture"), "{report}");
    assert_eq!((row.live, row.peak, row.total, row.live_bytes()), (3, 5, 5, 300));
    assert_eq!((report.live(), report.live_bytes()), (3, 300));
    assert!(arena.live::<Texture>().all(|texture| texture.0 == [0; 100]));
    arena.reset();
    assert_eq!(arena.census().report().unwrap().live(), 0);
}

#[test]
fn objects_and_elements_of_one_type_are_counted_together() {
    let mut arena = Arena::counting(CountByType::new());
    arena.create(value(1_u8)).unwrap();
    arena.reset();
    arena.create_array(1, |_| value(2_u8)).unwrap();
    let report = arena.census().report().unwrap();
    assert_eq!(report.rows().len(), 1);
    assert_eq!((report.rows()[0].peak, report.rows()[0].total), (1, 2), "{report}");
}

#[test]
fn a_failed_constructor_is_not_counted() {
    let arena = Arena::counting(CountByType::new());
    assert!(arena.create(Err::<u32, _>("no")).is_err());
    assert_eq!(arena.census().report().unwrap().live(), 0);
}

#[test]
fn sites_are_lines_of_the_program() {
    let arena = Arena::counting(CountByTypeAndSite::new());
    for _ in 0..2 {
        arena.create(value(1_u64)).unwrap();
    }
    let line = line!() + 1;
    arena.create(value(2_u64)).unwrap();
    let report = arena.census().report().unwrap();
    let sites: Vec<_> =
        report.rows().iter().map(|row| (row.site.unwrap().line(), row.live)).collect();
    assert_eq!(sites, [(line - 3, 2), (line, 1)]);
    let table = report.to_string();
    assert!(table.contains(&format!("{}:{line}:", file!())), "{table}");
    assert!(table.starts_with("live objects: 1 type, 3 objects, 24 B\n"), "{table}");
}

#[test]
fn the_end_of_an_arena_is_reported_with_what_lived() {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let census =
        || CountByType::new().at_end(|report| TOLD.lock().unwrap().push(report.to_string()));
    drop(Arena::counting(census()));
    assert_eq!(*TOLD.lock().unwrap(), [""; 0], "nothing lived");
    let arena = Arena::counting(census());
    arena.create(value([0_u8; 2048])).unwrap();
    arena.scope(|scope| scope.create(value(1_u64)).map(|_| ())).unwrap();
    drop(arena);
    let told = TOLD.lock().unwrap();
    assert_eq!(told.len(), 1);
    let expected =
        "live objects: 1 type, 1 object, 2.0 KiB\n  [u8; 2048]         1  (peak 1)  2.0 KiB\n";
    assert_eq!(told[0], expected);
}
