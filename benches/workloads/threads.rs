//! Threads by `pthread_create` alone.
//!
//! The standard library's threads allocate some bookkeeping and map a signal stack each; here a
//! thread costs what it costs a C program, and what is left is the allocator's own share.
//!
//! ```text
//!   at_once(2, work)     work(0) ─┬─ sum      relay(2, 3, work)   (0,0) → (0,1) → (0,2) ─┬─ sum
//!                        work(1) ─┘                               (1,0) → (1,1) → (1,2) ─┘
//!                                                 each thread starts the next one, then ends
//! ```

use core::{ffi::c_void, mem::MaybeUninit, ptr};
use std::sync::{Condvar, Mutex};

use heapwright_benches::plan::THREADS_MAX;

use crate::mapped::Mapped;

/// The most threads that [`at_once`] runs: producers and as many consumers.
const AT_ONCE_MAX: usize = 2 * THREADS_MAX;

/// What one thread of [`at_once`] does.
struct Job<'a> {
    work: &'a (dyn Fn(usize) -> u64 + Sync),
    index: usize,
    sum: u64,
}

/// Runs `work(0)`, `work(1)`, … each in a thread of its own, and adds up what they answer.
pub(crate) fn at_once(count: usize, work: impl Fn(usize) -> u64 + Sync) -> u64 {
    assert!(count <= AT_ONCE_MAX, "too many threads");
    let work: &(dyn Fn(usize) -> u64 + Sync) = &work;
    let mut jobs: [Job<'_>; AT_ONCE_MAX] =
        core::array::from_fn(|index| Job { work, index, sum: 0 });
    let mut threads = [None; AT_ONCE_MAX];
    for (job, thread) in jobs.iter_mut().zip(&mut threads).take(count) {
        // The job outlives its thread, which is joined below.
        *thread = Some(start(run_job, ptr::from_mut(job).cast()));
    }
    for thread in threads.into_iter().flatten() {
        join(thread);
    }
    jobs[..count].iter().fold(0, |sum, job| sum.wrapping_add(job.sum))
}

extern "C" fn run_job(job: *mut c_void) -> *mut c_void {
    // SAFETY: `at_once` hands each thread one job, keeps it until the thread has ended, and does
    // not look at it before.
    let job = unsafe { &mut *job.cast::<Job<'_>>() };
    job.sum = (job.work)(job.index);
    ptr::null_mut()
}

/// A chain of threads of [`relay`].
struct Chain<'a> {
    work: &'a (dyn Fn(usize, usize) -> u64 + Sync),
    finish: &'a Finish,
    index: usize,
    generation: usize,
    generation_count: usize,
    sum: u64,
}

/// Runs `work(index, generation)` for each of `count` chains and each generation. Every thread
/// starts its successor and ends, so that each generation of a chain is a new thread, while the
/// thread before it may still be ending.
pub(crate) fn relay(
    count: usize,
    generation_count: usize,
    work: impl Fn(usize, usize) -> u64 + Sync,
) -> u64 {
    let finish = Finish { running: Mutex::new(count), is_over: Condvar::new() };
    let mut chains = Mapped::new(count, |index| {
        let (work, finish) = (&work, &finish);
        Chain { work, finish, index, generation: 0, generation_count, sum: 0 }
    });
    for chain in chains.iter_mut() {
        detach(start(run_chain, ptr::from_mut(chain).cast()));
    }
    let running = finish.running.lock().expect("nobody panics with the lock");
    let over = finish.is_over.wait_while(running, |running| *running > 0);
    drop(over.expect("nobody panics with the lock"));
    chains.iter().fold(0, |sum, chain| sum.wrapping_add(chain.sum))
}

struct Finish {
    running: Mutex<usize>,
    is_over: Condvar,
}

extern "C" fn run_chain(pointer: *mut c_void) -> *mut c_void {
    // SAFETY: the chain is used by one thread at a time: this one, until it starts its successor
    // as the last thing; `relay` keeps it until `running` is 0.
    let chain = unsafe { &mut *pointer.cast::<Chain<'_>>() };
    let sum = (chain.work)(chain.index, chain.generation);
    chain.sum = chain.sum.wrapping_add(sum);
    chain.generation += 1;
    if chain.generation < chain.generation_count {
        detach(start(run_chain, pointer));
        return ptr::null_mut();
    }
    let finish = chain.finish;
    // Held while notifying: `finish` lives no longer than `relay` waits for the lock.
    let mut running = finish.running.lock().expect("nobody panics with the lock");
    *running -= 1;
    finish.is_over.notify_all();
    drop(running);
    ptr::null_mut()
}

type Body = extern "C" fn(*mut c_void) -> *mut c_void;

fn start(body: Body, argument: *mut c_void) -> libc::pthread_t {
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `thread` is valid for a write, the attributes are the default ones, and each caller
    // keeps the argument for as long as the body uses it.
    let error = unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), body, argument) };
    assert!(error == 0, "cannot start a thread: error {error}");
    // SAFETY: written by the successful call.
    unsafe { thread.assume_init() }
}

fn join(thread: libc::pthread_t) {
    // SAFETY: the thread was started here, and is joined once.
    let error = unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    assert!(error == 0, "cannot join a thread: error {error}");
}

fn detach(thread: libc::pthread_t) {
    // SAFETY: the thread was started just now, and is not joined.
    let error = unsafe { libc::pthread_detach(thread) };
    assert!(error == 0, "cannot detach a thread: error {error}");
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_thread_runs_once_and_its_answer_counts() {
        assert_eq!(at_once(8, |index| 1 << index), 0xff);
    }

    #[test]
    fn a_relay_runs_each_generation_after_the_one_before() {
        let next: [AtomicUsize; 3] = Default::default();
        let sum = relay(3, 20, |index, generation| {
            assert_eq!(next[index].fetch_add(1, Ordering::Relaxed), generation);
            1
        });
        assert_eq!(sum, 60);
    }
}
