//! `fork` while other threads allocate: the parent goes on, and so does the child.

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use heapwright_malloc::fork::{self, ForkLocks};

use crate::exchange::{exchange, take_all};

/// What a child does with its copy of the heap, beginning with `first`. It must end by itself.
fn child(first: fn()) -> ! {
    // SAFETY: no conditions; a deadlock ends the child by a signal.
    unsafe { libc::alarm(10) };
    first();
    let blocks: Vec<Vec<usize>> = (0..2000).map(|size| vec![size; size % 300]).collect();
    let is_whole = blocks.iter().enumerate().all(|(at, block)| block.iter().all(|&n| n == at));
    drop(blocks);
    let code = i32::from(!is_whole || heapwright_malloc::verify().is_err());
    // SAFETY: no conditions; std's own end is not for a forked thread of a test.
    unsafe { libc::_exit(code) }
}

fn exit_code_of_a_child(first: fn()) -> Option<i32> {
    // SAFETY: the child calls nothing but the allocator, `alarm` and `_exit`.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        child(first);
    }
    let mut status = 0;
    // SAFETY: `status` is valid for the write.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status))
}

#[test]
fn handlers_that_are_registered_twice_are_called_once() {
    heapwright_malloc::fork::register();
    heapwright_malloc::fork::register();
    // SAFETY: no conditions; a deadlock ends the test by a signal.
    unsafe { libc::alarm(60) };
    assert_eq!(exit_code_of_a_child(|| ()), Some(0));
    // SAFETY: no conditions.
    unsafe { libc::alarm(0) };
    heapwright_malloc::verify().unwrap();
}

#[test]
fn locks_that_joined_are_held_over_a_fork() {
    static IS_HELD: AtomicBool = AtomicBool::new(false);
    static LOCKS: ForkLocks = ForkLocks::new(
        || assert!(!IS_HELD.swap(true, Ordering::Relaxed)),
        || assert!(IS_HELD.swap(false, Ordering::Relaxed)),
    );
    // A second thread, so that they are taken.
    let (to_second, in_second) = std::sync::mpsc::channel::<()>();
    let second = thread::spawn(move || in_second.recv());
    LOCKS.join();
    LOCKS.join();
    // SAFETY: `parent` is called below.
    unsafe { fork::prepare() };
    let was_held = IS_HELD.load(Ordering::Relaxed) && fork::holds_fork_locks();
    // SAFETY: `prepare` was called above.
    unsafe { fork::parent() };
    // Not whether they are free: another test may fork by now.
    assert!(was_held && !fork::holds_fork_locks());
    assert_eq!(exit_code_of_a_child(|| assert!(!IS_HELD.load(Ordering::Relaxed))), Some(0));
    drop(to_second);
    assert!(second.join().is_ok());
}

#[test]
fn children_of_a_process_whose_threads_allocate_go_on() {
    const FORKS: usize = 100;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for seed in 1..=3 {
            let is_over = &is_over;
            scope.spawn(move || {
                let mut kept: Vec<Vec<u8>> = Vec::new();
                for round in 0_usize.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    kept.push(vec![1; round * seed % 500]);
                    if kept.len() > 50 {
                        kept.swap_remove(round % 50);
                    }
                }
            });
        }
        let failure = (0..FORKS).map(|_| exit_code_of_a_child(|| ())).find(|code| *code != Some(0));
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(failure, None);
    });
    heapwright_malloc::verify().unwrap();
}

/// The child frees blocks of heaps whose threads it has not, and which were being sent home.
#[test]
fn children_of_a_process_whose_threads_free_each_others_blocks_go_on() {
    const FORKS: usize = 100;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for seed in 1..=3 {
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    exchange(seed, 100);
                }
            });
        }
        let in_the_child = || {
            take_all();
            exchange(4, 1000);
            take_all();
        };
        let mut codes = (0..FORKS).map(|_| exit_code_of_a_child(in_the_child));
        let failure = codes.find(|code| *code != Some(0));
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(failure, None);
    });
    take_all();
    heapwright_malloc::verify().unwrap();
}
