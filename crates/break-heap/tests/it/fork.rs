//! Runs a test in a forked child: its limits, its program break and its crashes are its own.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
}

/// Seconds after which a child that hangs is killed.
const PATIENCE: u32 = 60;

/// Runs `test` in a child, which has one thread, and fails where it fails.
pub(crate) fn in_child(test: impl FnOnce()) {
    assert_eq!(end_of_child(test), End::Exited(0), "the child failed, see its message");
}

/// Runs `test` in a child and answers how the child ended.
pub(crate) fn end_of_child(test: impl FnOnce()) -> End {
    // SAFETY: the child runs the test and ends by `_exit`, so that no destructor or exit handler
    // of the parent's other threads runs in it.
    match unsafe { libc::fork() } {
        -1 => panic!("fork failed: {}", std::io::Error::last_os_error()),
        0 => run_and_exit(test),
        child => wait_for(child),
    }
}

fn run_and_exit(test: impl FnOnce()) -> ! {
    // SAFETY: the call has no conditions.
    unsafe { libc::alarm(PATIENCE) };
    let code = match catch_unwind(AssertUnwindSafe(test)) {
        Ok(()) => 0,
        Err(reason) => {
            let text = reason.downcast_ref::<String>().map(String::as_str);
            let text = text.or(reason.downcast_ref::<&str>().copied()).unwrap_or("(no message)");
            report(text);
            101
        }
    };
    // SAFETY: the call has no conditions.
    unsafe { libc::_exit(code) }
}

/// Prints by the system call: the test harness captures what `eprintln` prints, and loses it
/// with the child.
fn report(text: &str) {
    let line = format!("in the child: {text}\n");
    // SAFETY: the pointer and the length are those of a live string.
    unsafe { libc::write(2, line.as_ptr().cast(), line.len()) };
}

fn wait_for(child: libc::pid_t) -> End {
    let mut status = 0;
    // SAFETY: `status` is valid for the write.
    let outcome = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(outcome, child);
    if libc::WIFSIGNALED(status) {
        End::Signalled(libc::WTERMSIG(status))
    } else {
        End::Exited(libc::WEXITSTATUS(status))
    }
}
