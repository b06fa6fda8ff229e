//! The report of `HEAPWRIGHT_STATS`: one line of figures at the end of every process.
//!
//! The line is appended to the file by one `write`, so that processes that end at once do not mix
//! theirs. It is made of words `key=value`, in this order:
//!
//! | key | meaning |
//! |---|---|
//! | `pid`, `program` | the process and its short name |
//! | `break`, `fit` | the configuration, as `HEAPWRIGHT_BREAK` and `HEAPWRIGHT_FIT` spell it |
//! | `heap_bytes_peak`, `heap_bytes` | from the start of the heap to its break: most, and now |
//! | `live_bytes`, `live_count` | blocks in use |
//! | `free_bytes`, `free_count`, `free_bytes_largest` | free blocks, the top included |
//! | `overhead_permille` | bytes of the blocks in use that are headers, of 1000 |
//! | `external_permille` | 1 − largest free block / all free bytes, of 1000 |
//! | `malloc`, `calloc`, `realloc`, `aligned_alloc`, `free` | calls that reached the heap |
//!
//! A process that ends without `exit`, as by `_exit` or a signal, writes no line. A relative path
//! is seen from the directory the process ends in. Where the file cannot be written, the process
//! says so in one line on standard error.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use heapwright_malloc::message::Message;
use heapwright_malloc::{Stats, try_stats};

use crate::{environment, sys};

/// More than Linux takes, so that a path that is cut off names no other file.
const PATH_BYTES_MAX: usize = 4096 + 1;
const NAME_BYTES_MAX: usize = 64;

/// Copies, because a program may overwrite its environment and its arguments.
static PATH: Kept<PATH_BYTES_MAX> = Kept::new();
static NAME: Kept<NAME_BYTES_MAX> = Kept::new();

/// Keeps the path and the program's name, while the C library's are untouched.
pub(crate) fn prepare() {
    let Some(path) = environment::stats_path() else { return };
    NAME.keep(program_name());
    PATH.keep(path.iter().copied());
}

/// Writes the line, where one is asked for.
pub(crate) fn write() {
    let path = PATH.copy();
    let Ok(path) = CStr::from_bytes_until_nul(&path) else { return };
    if path.is_empty() {
        return;
    }
    let Some(stats) = try_stats() else { return };
    if !sys::append(path, line(&stats).as_bytes()) {
        environment::warn(b"STATS", path.to_bytes(), "cannot be written; there is no report");
    }
}

fn line(stats: &Stats) -> Message<1024> {
    let blocks = &stats.blocks;
    let calls = &stats.calls;
    let name = NAME.copy();
    let name = CStr::from_bytes_until_nul(&name).map_or(&b"?"[..], CStr::to_bytes);
    let line = Message::new().text("pid=").number(sys::process_id()).text(" program=").bytes(name);
    let line = line.text(" break=").text(stats.break_kind.name());
    let line = line.text(" fit=").text(stats.fit.name());
    let figures = [
        ("heap_bytes_peak", blocks.heap_bytes_peak),
        ("heap_bytes", blocks.heap_bytes),
        ("live_bytes", blocks.live_bytes),
        ("live_count", blocks.live_count),
        ("free_bytes", blocks.free_bytes),
        ("free_count", blocks.free_count),
        ("free_bytes_largest", blocks.free_bytes_largest),
        ("overhead_permille", permille(stats.fragmentation.overhead)),
        ("external_permille", permille(stats.fragmentation.external)),
    ];
    let line = figures.iter().fold(line, |line, (key, value)| entry(line, key).size(*value));
    let counts = [
        ("malloc", calls.malloc),
        ("calloc", calls.calloc),
        ("realloc", calls.realloc),
        ("aligned_alloc", calls.aligned_alloc),
        ("free", calls.free),
    ];
    let line = counts.iter().fold(line, |line, (key, value)| entry(line, key).number(*value));
    line.text("\n")
}

fn entry(line: Message<1024>, key: &str) -> Message<1024> {
    line.text(" ").text(key).text("=")
}

fn permille(ratio: f64) -> usize {
    // The cast rounds down and saturates; a ratio is at most 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    let permille = (ratio * 1000.0) as usize;
    permille
}

/// The short name, with whatever would split the line's words replaced.
fn program_name() -> impl Iterator<Item = u8> {
    unsafe extern "C" {
        // The C library's `char *program_invocation_short_name`; atomic, because others may set it.
        safe static program_invocation_short_name: AtomicPtr<c_char>;
    }
    let name = program_invocation_short_name.load(Ordering::Relaxed);
    let name = if name.is_null() {
        c"?"
    } else {
        // SAFETY: the C library points it at the end of the first argument, a string.
        unsafe { CStr::from_ptr(name) }
    };
    name.to_bytes().iter().map(|&byte| if byte.is_ascii_graphic() { byte } else { b'_' })
}

/// A string that was kept from the start for the end.
struct Kept<const BYTES: usize> {
    bytes: [AtomicU8; BYTES],
}

impl<const BYTES: usize> Kept<BYTES> {
    const fn new() -> Self {
        Self { bytes: [const { AtomicU8::new(0) }; BYTES] }
    }

    /// Keeps what fits, with a zero byte at its end.
    fn keep(&self, text: impl Iterator<Item = u8>) {
        let places = self.bytes.iter().take(BYTES.saturating_sub(1));
        for (place, byte) in places.zip(text) {
            place.store(byte, Ordering::Relaxed);
        }
    }

    fn copy(&self) -> [u8; BYTES] {
        let mut copy = [0; BYTES];
        for (place, byte) in copy.iter_mut().zip(&self.bytes) {
            *place = byte.load(Ordering::Relaxed);
        }
        copy
    }
}
