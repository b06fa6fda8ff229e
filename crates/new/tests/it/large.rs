//! In place means in place: objects larger than the stack, in a build without optimisation.

use core::convert::Infallible;
use std::fs;
use std::process::Command;

use heapwright_new::{
    NewError, Owned, OwnedArray, PinInit, array_from_fn, fill, init, pin_init, value, zeroed,
};

const STACK_BYTES: usize = 64 << 10;

struct Matrix100MiB {
    rows: usize,
    cells: [u8; 100 << 20],
}

/// Runs `body` on a thread with a small stack.
fn on_a_small_stack<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, body).unwrap().join().unwrap()
    })
}

#[test]
fn a_hundred_mebibytes_are_built_on_a_stack_of_64_kibibytes() {
    let rows = on_a_small_stack(|| {
        let m: Result<Owned<Matrix100MiB>, NewError<Infallible>> = Owned::try_new_with(
            init!(Matrix100MiB { rows <- value(4096), cells <- zeroed() } ? Infallible),
        );
        let m = m.unwrap();
        assert!(m.cells.iter().step_by(4096).all(|&cell| cell == 0));
        m.rows
    });
    assert_eq!(rows, 4096);
}

#[test]
fn nested_pinned_and_arrays_of_large_objects_are_built_in_place() {
    struct Two {
        first: Matrix100MiB,
        rest: [[u8; 1 << 20]; 16],
    }
    on_a_small_stack(|| {
        let matrix = || init!(Matrix100MiB { rows <- value(1), cells <- fill(7) });
        let two = init!(Two { first <- matrix(), rest <- array_from_fn(|_| zeroed()) });
        let two = Owned::try_new_with(two).unwrap();
        assert_eq!((two.first.cells[100], two.rest[15][99]), (7, 0));

        let pinned =
            pin_init!(Matrix100MiB { rows <- value(2), cells <- zeroed() }).then_pin(|matrix| {
                assert_eq!(matrix.rows, 2);
                Ok(())
            });
        assert_eq!(Owned::try_pin_with(pinned).unwrap().cells[1], 0);

        let rows = OwnedArray::<[u8; 1 << 20]>::try_from_fn(4, |_| zeroed()).unwrap();
        assert_eq!(rows[3][5], 0);
    });
}

/// Set in the process that this test starts to be alone in it.
const ALONE: &str = "HEAPWRIGHT_NEW_TEST_ALONE";

#[test]
fn a_large_object_takes_no_more_memory_than_its_size() {
    const BYTES: usize = 64 << 20;
    struct Large([u8; BYTES]);
    if std::env::var_os(ALONE).is_none() {
        let test = "large::a_large_object_takes_no_more_memory_than_its_size";
        let program = std::env::current_exe().expect("a test has a path");
        let mut alone = Command::new(program);
        let output = alone.args(["--exact", test]).env(ALONE, "1").output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let before = peak_bytes();
    let large = Owned::try_new_with(init!(Large { 0 <- fill(7) })).unwrap();
    assert_eq!(large.0[BYTES - 1], 7);
    let grown = peak_bytes() - before;
    assert!((BYTES..BYTES + (2 << 20)).contains(&grown), "{grown} bytes for {BYTES}");
}

/// The most memory that this process ever had, by the kernel's account.
fn peak_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux has it");
    let kibibytes = line.split_whitespace().nth(1).and_then(|word| word.parse::<usize>().ok());
    kibibytes.expect("it is a number") << 10
}
