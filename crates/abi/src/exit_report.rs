//! The report of `HEAPWRIGHT_STATS`: one line of figures at the end of every process.
//!
//! The line is appended to the file by one `write`, so that processes that end at once do not mix
//! theirs. It is made of words `key=value`, in this order:
//!
//! | key | meaning |
//! |---|---|
//! | `pid`, `program` | the process and its short name |
//! | `break`, `fit` | the configuration, as `HEAPWRIGHT_BREAK` and `HEAPWRIGHT_FIT` spell it |
//! | the names of `figures.rs` | the figures of the heap, and the calls |
//!
//! A process that ends without `exit`, as by `_exit` or a signal, writes no line. A relative path
//! is seen from the directory the process ends in. Where the file cannot be written, the process
//! says so in one line on standard error.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use heapwright_malloc::message::Message;
use heapwright_malloc::{Stats, try_stats};

use crate::{environment, figures, sys};

/// More than Linux takes, so that a path that is cut off names no other file.
const PATH_BYTES_MAX: usize = 4096 + 1;
const NAME_BYTES_MAX: usize = 64;

/// Copies, because a program may overwrite its environment and its arguments.
static PATH: Kept<PATH_BYTES_MAX> = Kept::new();
static NAME: Kept<NAME_BYTES_MAX> = Kept::new();

/// Keeps the path and the program's name, while the C library's are untouched.
pub(crate) fn prepare() {
    if let Some(path) = environment::stats_path() {
        keep(&NAME.bytes, program_name());
        keep(&PATH.bytes, path);
    }
}

/// Writes the line, where one is asked for.
pub(crate) fn write() {
    // Most processes are asked for none: they end here, and touch no more of the stack.
    if PATH.is_kept() {
        write_to_path();
    }
}

#[cold]
#[inline(never)]
fn write_to_path() {
    let mut path = [0; PATH_BYTES_MAX];
    let path = copy(&PATH.bytes, &mut path);
    let Some(stats) = try_stats() else { return };
    let mut line = Message::new();
    describe(&stats, &mut line);
    if !sys::append(path, line.as_bytes()) {
        environment::warn(b"STATS", path.to_bytes(), "cannot be written; there is no report");
    }
}

fn describe(stats: &Stats, line: &mut Message<1024>) {
    let mut name = [0; NAME_BYTES_MAX];
    let name = copy(&NAME.bytes, &mut name);
    line.text("pid=").number(sys::process_id()).text(" program=").word(name.to_bytes());
    line.text(" break=").text(stats.break_kind.name()).text(" fit=").text(stats.fit.name());
    line.figures(&figures::of(stats), [" ", "=", ""]).text("\n");
}

/// The short name of the program.
fn program_name() -> &'static [u8] {
    unsafe extern "C" {
        // The C library's `char *program_invocation_short_name`; atomic, because others may set it.
        safe static program_invocation_short_name: AtomicPtr<c_char>;
    }
    let name = program_invocation_short_name.load(Ordering::Relaxed);
    if name.is_null() {
        return b"?";
    }
    // SAFETY: the C library points it at the end of the first argument, a string.
    unsafe { CStr::from_ptr(name) }.to_bytes()
}

/// A string that was kept from the start for the end, with a zero byte behind it.
struct Kept<const BYTES: usize> {
    bytes: [AtomicU8; BYTES],
}

impl<const BYTES: usize> Kept<BYTES> {
    const fn new() -> Self {
        Self { bytes: [const { AtomicU8::new(0) }; BYTES] }
    }

    fn is_kept(&self) -> bool {
        self.bytes.first().is_some_and(|first| first.load(Ordering::Relaxed) != 0)
    }
}

/// Keeps what fits of `text`. The last place stays zero.
#[cold]
#[inline(never)]
fn keep(places: &[AtomicU8], text: &[u8]) {
    let places = places.iter().take(places.len().saturating_sub(1));
    for (place, &byte) in places.zip(text) {
        place.store(byte, Ordering::Relaxed);
    }
}

/// What was kept, in a buffer that has room for it.
#[cold]
#[inline(never)]
fn copy<'b>(places: &[AtomicU8], buffer: &'b mut [u8]) -> &'b CStr {
    for (place, byte) in places.iter().zip(&mut *buffer) {
        *byte = place.load(Ordering::Relaxed);
    }
    CStr::from_bytes_until_nul(buffer).unwrap_or_default()
}
