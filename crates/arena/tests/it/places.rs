//! Where objects lie: aligned, apart, in their final place from the start.

use core::cell::Cell;
use core::convert::Infallible;

use heapwright_arena::{Arena, CountByType, Local};
use heapwright_new::{Init, NewError, PinInit, array_from_fn, init, value, zeroed};

#[test]
fn objects_without_a_size_are_created_and_destroyed() {
    use core::cell::Cell;
    thread_local!(static DESTROYED: Cell<u32> = const { Cell::new(0) });
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DESTROYED.set(DESTROYED.get() + 1);
        }
    }
    #[repr(align(64))]
    struct AlignedNothing;

    let mut arena = Arena::new();
    for _ in 0..10_000 {
        arena.create(value(Nothing)).unwrap();
        let aligned = arena.alloc(value(AlignedNothing)).unwrap();
        assert!((&raw const *aligned).addr().is_multiple_of(64));
    }
    assert!(arena.reserved_bytes() < 1024, "{arena:?}");
    assert_eq!(arena.live::<Nothing>().count(), 10_000);
    arena.reset();
    assert_eq!(DESTROYED.get(), 10_000);
}

#[test]
fn slices_and_strings_of_no_length_are_fine() {
    let arena = Arena::new();
    assert_eq!(arena.alloc_slice::<u64>(&[]).unwrap(), []);
    assert_eq!(arena.alloc_str("").unwrap(), "");
    assert!(arena.create_array(0, |_| value(String::new())).unwrap().is_empty());
}

#[test]
fn an_object_larger_than_the_stack_is_built_in_its_place() {
    const LEN: usize = 100 << 20;
    struct Matrix {
        rows: u32,
        cells: [u8; LEN],
    }
    let work = || {
        let arena = Arena::new();
        let matrix = init!(Matrix { rows <- value(7), cells <- zeroed() });
        let matrix = arena.create(matrix)?;
        matrix.cells[LEN - 1] = 1;
        Ok::<_, NewError<Infallible>>((matrix.rows, matrix.cells[LEN - 2]))
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(work).unwrap();
    assert_eq!(thread.join().unwrap().unwrap(), (7, 0));
}

#[test]
fn arrays_are_built_element_by_element() {
    let arena = Arena::new();
    let squares = array_from_fn::<_, _, 1000>(|index| value(index * index));
    assert_eq!(arena.alloc(squares).unwrap()[999], 998_001);
}

#[test]
fn used_bytes_follow_what_is_built() {
    let mut arena = Arena::with_capacity(1 << 16).unwrap();
    assert_eq!(arena.used_bytes(), 0);
    let reserved = arena.reserved_bytes();
    arena.alloc(zeroed::<[u8; 1000]>()).unwrap();
    assert_eq!((arena.used_bytes(), arena.reserved_bytes()), (1000, reserved));
    arena.reset();
    assert_eq!((arena.used_bytes(), arena.reserved_bytes()), (0, reserved));
}

#[test]
fn objects_of_one_type_in_a_row_share_what_is_kept_about_them() {
    let arena = Arena::new();
    for _ in 0..1000 {
        arena.create(value(String::new())).unwrap();
    }
    let kept = arena.used_bytes() - 1000 * size_of::<String>();
    assert!(kept < 1000, "{kept} bytes kept about 1000 strings");
}

/// So many bytes that are all alike, which its destructor finds so.
struct Bytes<const N: usize>([u8; N]);

thread_local! {
    static ENDED: Cell<usize> = const { Cell::new(0) };
}

impl<const N: usize> Drop for Bytes<N> {
    fn drop(&mut self) {
        assert!(self.0.iter().all(|byte| usize::from(*byte) == N));
        ENDED.set(ENDED.get() + 1);
    }
}

fn check_runs_of<const N: usize>() {
    let alike = || value(Bytes([u8::try_from(N).unwrap(); N]));
    let mut arena = Arena::<Local, CountByType>::counting(CountByType::new());
    ENDED.set(0);
    for len in 1..10 {
        for _ in 0..len {
            arena.create(alike()).unwrap();
        }
        arena.create_array(len, |_| alike()).unwrap();
        arena.create(alike()).unwrap();
        // One whose constructor comes between it and the run that it would have joined.
        let parent = alike().with_error::<NewError<Infallible>>();
        let parent = parent.then(|_| arena.create(value(String::new())).map(drop));
        arena.create(parent).unwrap();
    }
    assert_eq!(arena.live::<Bytes<N>>().count(), 45 + 18, "those of arrays are not visited");
    let report = arena.census().report().unwrap();
    let live = report.rows().iter().filter(|row| row.type_name.contains("Bytes"));
    assert_eq!(live.map(|row| row.live).sum::<usize>(), 45 + 45 + 18);
    arena.reset();
    assert_eq!(ENDED.get(), 45 + 45 + 18);
    assert_eq!(arena.census().report().unwrap().live(), 0);
}

#[test]
fn runs_of_objects_of_any_size_end_at_their_oldest() {
    check_runs_of::<0>();
    check_runs_of::<1>();
    check_runs_of::<3>();
    check_runs_of::<7>();
    check_runs_of::<8>();
    check_runs_of::<9>();
    check_runs_of::<24>();
    check_runs_of::<33>();
}
