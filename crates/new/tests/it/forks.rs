//! `fork` while other threads use labels: the parent goes on, and so does the child.
#![cfg(feature = "malloc")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use heapwright_conformance::misuse::{Ending, in_child};
use heapwright_malloc::{ProcessMalloc, fork};
use heapwright_new::{Checked, Isolated, Label, Owned, label, label_table, value};

struct Session(u64);
label!(Session);

/// A life of one object in slots of its type, and of one whose address is checked.
fn live_once(number: u64) {
    let session = Owned::try_new_in(Session(number), Isolated::<Session>::default()).unwrap();
    assert_eq!(session.0, number);
    let checked = Checked::<Session>::default();
    let pointer = checked.new_with(value(Session(number))).unwrap();
    // SAFETY: made just now, and not used afterwards.
    unsafe { checked.delete(pointer) };
}

#[test]
fn children_of_a_process_whose_threads_use_labels_go_on() {
    const FORKS: u64 = 200;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..2 {
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    live_once(number);
                }
            });
        }
        let mut endings = (0..FORKS).map(|number| in_child(|| live_once(number)).ending);
        let is_well = endings.all(|ending| ending == Ending::Exited(0));
        is_over.store(true, Ordering::Relaxed);
        assert!(is_well, "a child did not go on");
    });
}

#[test]
fn the_handlers_of_others_may_use_labels() {
    struct First(#[expect(dead_code, reason = "it has a size")] u64);
    label!(First);
    let first = || {
        let first = Isolated::<First, _>::new(ProcessMalloc);
        Owned::try_new_in(First(0), first).unwrap()
    };
    live_once(1);
    // In a process of its own, whose other threads would wait.
    let death = in_child(|| {
        thread::scope(|scope| {
            // There is a second thread, so that the locks are taken.
            let (to_second, in_second) = std::sync::mpsc::channel::<()>();
            scope.spawn(move || in_second.recv());
            // SAFETY: `parent` is called below.
            unsafe { fork::prepare() };
            assert!(fork::holds_fork_locks());
            live_once(2);
            let object = first();
            // SAFETY: `prepare` was called above.
            unsafe { fork::parent() };
            assert!(!fork::holds_fork_locks());
            drop((object, first(), to_second));
        });
        live_once(3);
        assert_eq!(First::label().total_count(), 2);
        assert!(label_table().to_string().contains("First"));
    });
    assert_eq!(death.ending, Ending::Exited(0), "{death}");
}
