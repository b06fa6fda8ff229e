//! Death tests: a forked child that must end in a stated way, with stated words.
//!
//! ```text
//!   parent ─ fork ─┬─ child: standard error ─▶ pipe; body; _exit(0)
//!                  └─ reads the pipe to its end, waits ─▶ Death { ending, output }
//! ```
//!
//! The child is a copy with one thread. It leaves by `_exit`, so nothing of the parent's runs
//! twice; an alarm ends one that hangs; it writes no core file.

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::panic::catch_unwind;

use crate::panic_message::panic_message;

/// How long a child may take, in seconds.
const CHILD_SECONDS_MAX: u32 = 60;
/// The exit status of a child whose body panicked, as Rust's own.
const STATUS_PANICKED: i32 = 101;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It left with this status: 0 where the body returned, 101 where it panicked.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

/// How a child ended, and what it wrote to standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// How it ended.
    pub ending: Ending,
    /// All that it wrote to standard error.
    pub output: String,
}

impl fmt::Display for Death {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}, standard error:\n{}", self.ending, self.output)
    }
}

/// Runs `body` in a forked child and returns how that ended.
///
/// Other threads of the caller do not exist in the child, so `body` must not wait for a lock
/// that one of them may hold; glibc's malloc is ready for this, as is every heap that promises
/// to go on after `fork`.
///
/// # Panics
///
/// Where the system refuses a pipe or a process.
#[must_use]
pub fn in_child(body: impl FnOnce()) -> Death {
    let (reading, writing) = pipe().expect("the system grants a pipe");
    // SAFETY: the child calls no more than this function does, and leaves by `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", io::Error::last_os_error()),
        0 => {
            drop(reading);
            be_the_child(&writing, body)
        }
        child => {
            drop(writing);
            let mut output = Vec::new();
            let read = File::from(reading).read_to_end(&mut output);
            let ending = wait(child);
            read.expect("a pipe can be read");
            Death { ending, output: String::from_utf8_lossy(&output).into_owned() }
        }
    }
}

/// Runs `body` in a child and checks that `signal` ends it after one line that holds every one
/// of `words`.
///
/// # Panics
///
/// Where it ends otherwise, or says more, less, or something else.
pub fn dies_with(signal: i32, words: &[&str], body: impl FnOnce()) {
    let death = in_child(body);
    assert_eq!(death.ending, Ending::Signalled(signal), "the child: {death}");
    assert_eq!(death.output.lines().count(), 1, "one line was due: {death}");
    assert!(death.output.ends_with('\n'), "the line has no end: {death}");
    for word in words {
        assert!(death.output.contains(word), "{word:?} is missing: {death}");
    }
}

/// Runs `body` in a child and checks that it returns.
///
/// # Panics
///
/// Where it does not, with what the child wrote.
pub fn lives(body: impl FnOnce()) {
    let death = in_child(body);
    assert_eq!(death.ending, Ending::Exited(0), "the child: {death}");
}

/// The child's side: never returns to the parent's code.
fn be_the_child(writing: &OwnedFd, body: impl FnOnce()) -> ! {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a valid value for the duration of the call.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core) };
    // SAFETY: `alarm` takes any number.
    unsafe { libc::alarm(CHILD_SECONDS_MAX) };
    // SAFETY: both descriptors are open; the old standard error is closed by this.
    unsafe { libc::dup2(writing.as_raw_fd(), libc::STDERR_FILENO) };
    // The child ends in any case, so nothing that a panic left half done is seen.
    let status = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => 0,
        Err(panic) => {
            // The test harness keeps a panic's words in memory, which dies with the child.
            write_to_standard_error(panic_message(&*panic));
            STATUS_PANICKED
        }
    };
    // SAFETY: `_exit` has no conditions.
    unsafe { libc::_exit(status) }
}

/// Writes to the descriptor itself: no lock, no buffer, no harness.
pub fn write_to_standard_error(text: &str) {
    // SAFETY: the text is valid for reads of its length. A short write loses words only.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for the two descriptors. Closed on exec, so that a program
    // started by another test does not hold our pipe open.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open and ours alone.
    let reading = unsafe { OwnedFd::from_raw_fd(ends[0]) };
    // SAFETY: the descriptor is open and ours alone.
    let writing = unsafe { OwnedFd::from_raw_fd(ends[1]) };
    Ok((reading, writing))
}

fn wait(child: libc::pid_t) -> Ending {
    let mut status = 0;
    loop {
        // SAFETY: `status` is valid for writes, and `child` is our child and not waited for yet.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } == child {
            break;
        }
        let error = io::Error::last_os_error();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted, "waitpid: {error}");
        std::thread::sleep(Duration::from_millis(1));
    }
    if libc::WIFSIGNALED(status) {
        Ending::Signalled(libc::WTERMSIG(status))
    } else {
        Ending::Exited(libc::WEXITSTATUS(status))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_body_that_returns_lives_and_its_words_are_read() {
        let death = in_child(|| write_to_standard_error("some words"));
        assert_eq!(death, Death { ending: Ending::Exited(0), output: "some words".to_owned() });
    }

    #[test]
    fn a_panic_is_an_exit_with_its_message() {
        let death = in_child(|| panic!("so it ended"));
        assert_eq!(death.ending, Ending::Exited(STATUS_PANICKED));
        assert!(death.output.contains("so it ended"), "{death}");
    }

    #[test]
    fn an_abort_after_one_line_is_what_dies_with_wants() {
        dies_with(libc::SIGABRT, &["heap:", "0x10"], || {
            write_to_standard_error("heap: double free of 0x10\n");
            std::process::abort();
        });
    }

    #[test]
    fn dies_with_fails_on_survival_on_other_signals_and_on_other_words() {
        let fails =
            |body: fn()| catch_unwind(|| dies_with(libc::SIGABRT, &["double free"], body)).is_err();
        assert!(fails(|| write_to_standard_error("double free\n")));
        assert!(fails(|| {
            write_to_standard_error("double free\n");
            // SAFETY: the signal ends the child.
            unsafe { libc::raise(libc::SIGKILL) };
        }));
        assert!(fails(|| {
            write_to_standard_error("something else\n");
            std::process::abort();
        }));
        assert!(fails(|| {
            write_to_standard_error("double free\nand one line more\n");
            std::process::abort();
        }));
        assert!(!fails(|| {
            write_to_standard_error("double free\n");
            std::process::abort();
        }));
    }
}
