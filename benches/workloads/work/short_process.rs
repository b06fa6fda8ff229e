//! Processes that start, allocate a little and end, one after the other.
//!
//! What counts is how long an allocator takes to load and to begin, and what it touches before
//! the first block. Each child writes its peak to its standard output, a pipe to this process; the
//! largest one is the workload's.

use core::{ffi::CStr, ptr};
use std::{
    io::{PipeReader, PipeWriter, Read, Write},
    os::fd::AsRawFd,
};

use fastrand::Rng;
use heapwright_benches::{
    plan::{Plan, Workload},
    process,
};

use crate::{block::Block, mapped::Mapped};

/// The argument by which a child knows what to do.
pub(crate) const CHILD: &str = "short-process-child";
const CHILD_C: &CStr = c"short-process-child";
/// The file itself may have been built anew meanwhile.
const PROGRAM: &CStr = c"/proc/self/exe";

/// Processes at scale 1.
const PROCESSES: usize = 250;
const BLOCKS: usize = 200;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "short-process",
    like: "processes that start, allocate 200 blocks up to 1 KiB and end, one after the other",
    run,
};

/// What a child does.
pub(crate) fn child() {
    let mut rng = Rng::with_seed(0x7368_6f72);
    let mut blocks: [Option<Block>; BLOCKS] = core::array::from_fn(|index| {
        let make = if index % 8 == 0 { Block::zeroed } else { Block::allocate };
        Some(make(rng.usize(16..=1024), index as u64))
    });
    for (index, block) in blocks.iter_mut().enumerate().step_by(2) {
        let tag = block.take().map(|mut block| {
            block.resize(rng.usize(16..=2048));
            block.free()
        });
        assert_eq!(tag, Some(index as u64), "the content changed");
    }
    let told = std::io::stdout().write_all(&process::peak_rss_kib().to_le_bytes());
    told.expect("the parent listens");
}

fn run(plan: &Plan) -> u64 {
    let processes = plan.scaled(PROCESSES);
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let arguments = Mapped::new(3, |index| match index {
        0 => PROGRAM.as_ptr(),
        1 => CHILD_C.as_ptr(),
        _ => ptr::null(),
    });
    (0..processes).for_each(|_| run_child(&arguments, &mut reader, &writer));
    processes as u64
}

/// By `fork`, and not by `posix_spawn`, for the reason told in `launch.rs`.
fn run_child(arguments: &[*const libc::c_char], reader: &mut PipeReader, writer: &PipeWriter) {
    // SAFETY: this process has one thread; the child makes three system calls and no others.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        // SAFETY: the pipe is open, and becomes the standard output.
        unsafe { libc::dup2(writer.as_raw_fd(), libc::STDOUT_FILENO) };
        // SAFETY: C strings, the array of them ended by null.
        unsafe { libc::execv(PROGRAM.as_ptr(), arguments.as_ptr()) };
        // SAFETY: ends this process, whatever its state.
        unsafe { libc::_exit(127) }
    }
    let mut status = 0;
    // SAFETY: `status` is valid for a write.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert!(waited == child && status == 0, "a child ended with status {status}");
    let mut peak_kib = [0; 8];
    reader.read_exact(&mut peak_kib).expect("a child that ends well has told its peak");
    process::note_child_peak(u64::from_le_bytes(peak_kib));
}
