//! `workloads launch`: runs a program on a given `malloc`, and says how long it took and how much
//! memory it had at most.
//!
//! ```text
//!   launch [--preload LIBRARY] [--timeout SECONDS] -- PROGRAM ARGUMENTS…
//!
//!   cargo xtask ──posix_spawn──►  launch  ──fork, exec──►  PROGRAM     on LD_PRELOAD=LIBRARY
//!   (large)                       (small)   ◄──wait4────   ends
//! ```
//!
//! Why a process of its own: at `exec` the kernel carries the peak of the memory that the process
//! had before over to the new program (`ru_maxrss`). `posix_spawn` shares the parent's memory
//! until then, so a child of a large process starts with the parent's peak. This process is small,
//! and `fork` copies page tables for written pages only: its child starts with some 100 KiB, which
//! is less than any program here needs. `wait4` counts the program's own children, too: the
//! largest one's peak, and the sum of all times.
//!
//! The last line on standard output is the launcher's; what stands before it is the program's.

use core::{mem::MaybeUninit, ptr, time::Duration};
use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
    time::Instant,
};

use lexopt::prelude::*;

/// What a shell answers for a program that cannot be started.
const NOT_STARTED: i32 = 127;

struct Options {
    preload: Option<OsString>,
    timeout: Duration,
    command: Vec<OsString>,
}

impl Options {
    fn parse(mut arguments: lexopt::Parser) -> Result<Self, lexopt::Error> {
        let mut options =
            Self { preload: None, timeout: Duration::from_secs(120), command: Vec::new() };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("preload") => options.preload = Some(arguments.value()?),
                Long("timeout") => {
                    options.timeout = Duration::from_secs(arguments.value()?.parse()?);
                }
                Value(program) => {
                    options.command.push(program);
                    options.command.extend(arguments.raw_args()?);
                }
                other => return Err(other.unexpected()),
            }
        }
        if options.command.is_empty() {
            return Err("which program?".into());
        }
        Ok(options)
    }
}

/// Runs the program, and prints one line of `key=value` pairs.
pub(crate) fn main(arguments: lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let options = Options::parse(arguments)?;
    block_child_signal();
    let start = Instant::now();
    // SAFETY: this process has one thread, so the child may do whatever a process may.
    let child = unsafe { libc::fork() };
    match child {
        -1 => return Err("cannot fork".into()),
        0 => become_program(&options),
        _ => {}
    }
    let is_late = !ended_within(options.timeout);
    if is_late {
        // SAFETY: the child leads a process group of its own, and was not waited for yet.
        unsafe { libc::kill(-child, libc::SIGKILL) };
    }
    let (status, usage) = wait_for(child);
    let wall = start.elapsed();
    let end = match libc::WIFEXITED(status) {
        _ if is_late => "timeout".to_owned(),
        true => format!("exit:{}", libc::WEXITSTATUS(status)),
        false => format!("signal:{}", libc::WTERMSIG(status)),
    };
    println!(
        "launched seconds={:.6} user_seconds={:.6} system_seconds={:.6} peak_rss_kib={} end={end}",
        wall.as_secs_f64(),
        seconds(usage.ru_utime),
        seconds(usage.ru_stime),
        usage.ru_maxrss
    );
    Ok(ExitCode::SUCCESS)
}

/// In the child: never comes back.
fn become_program(options: &Options) -> ! {
    // SAFETY: makes this process the leader of a group, so that a timeout ends its children too.
    unsafe { libc::setpgid(0, 0) };
    // SAFETY: has the kernel end this process when the launcher ends, as by Ctrl-C.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    change_signal_mask(libc::SIG_UNBLOCK);
    let mut command = Command::new(&options.command[0]);
    command.args(&options.command[1..]);
    match &options.preload {
        Some(library) => command.env("LD_PRELOAD", library),
        None => command.env_remove("LD_PRELOAD"),
    };
    let error = command.exec();
    eprintln!("workloads: cannot run {}: {error}", options.command[0].display());
    std::process::exit(NOT_STARTED)
}

/// So that the child's end is waited for with a limit, and not missed before.
fn block_child_signal() {
    change_signal_mask(libc::SIG_BLOCK);
}

fn change_signal_mask(how: i32) {
    let mask = child_signal();
    // SAFETY: the mask is initialised; the old one is not asked for.
    unsafe { libc::sigprocmask(how, &raw const mask, ptr::null_mut()) };
}

fn child_signal() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `set` is valid for a write.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: `sigemptyset` has initialised it.
    unsafe { libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD) };
    // SAFETY: as before.
    unsafe { set.assume_init() }
}

fn ended_within(limit: Duration) -> bool {
    let set = child_signal();
    let start = Instant::now();
    loop {
        let left = limit.saturating_sub(start.elapsed());
        let left = libc::timespec {
            tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // SAFETY: both point at initialised values; nothing is asked about the signal.
        let signal =
            unsafe { libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const left) };
        if signal == libc::SIGCHLD {
            return true;
        }
        if start.elapsed() >= limit {
            return false;
        }
    }
}

fn wait_for(child: libc::pid_t) -> (i32, libc::rusage) {
    let mut status = 0;
    let mut usage = MaybeUninit::uninit();
    // SAFETY: both are valid for a write.
    let waited = unsafe { libc::wait4(child, &raw mut status, 0, usage.as_mut_ptr()) };
    assert!(waited == child, "the child is there to be waited for");
    // SAFETY: filled by the successful call.
    (status, unsafe { usage.assume_init() })
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 * 1e-6
}
