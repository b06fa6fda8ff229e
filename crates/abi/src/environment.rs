//! The environment: the variables `HEAPWRIGHT_*`, read once into a [`Config`].
//!
//! | variable | values | default |
//! |---|---|---|
//! | `HEAPWRIGHT_BREAK` | `reserved`, `program` | `reserved` |
//! | `HEAPWRIGHT_FIT` | `first`, `second`, `next`, `best`, `worst`, `good` | `good` |
//! | `HEAPWRIGHT_STATS` | the path of a file, see `exit_report.rs` | no file |
//!
//! Any other name or value gives one line on standard error and the default, but for
//! `HEAPWRIGHT_LIBRARY_DIR`, which is none of the library's concern. In a process with
//! raised privileges (set-user-ID and the like) the variables are not read at all.
//!
//! The variables are read from `environ` directly: `getenv` may not be called from `malloc`, and
//! nothing here allocates.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, Ordering};

use heapwright_malloc::message::{Message, STANDARD_ERROR};
use heapwright_malloc::{AnyFit, Config, Startup};

use crate::{lifecycle, sys};

/// Configures the heap by the environment.
pub(crate) struct Environment;

impl Startup for Environment {
    #[cold]
    fn config() -> Config {
        lifecycle::keep_linked();
        variables().fold(Config::new(), |config, (name, value)| match name {
            b"BREAK" => with_break(config, value),
            b"FIT" => with_fit(config, value),
            // Those are read elsewhere: by the report, and by the tests of the library.
            b"STATS" | b"LIBRARY_DIR" => config,
            _ => {
                warn(name, value, "is unknown and ignored");
                config
            }
        })
    }

    /// Nothing: the constructor registers the fork handlers. Here the C library may be in the
    /// midst of registering somebody else's, and hold the lock for it.
    fn started() {}
}

/// The value of `HEAPWRIGHT_STATS`.
pub(crate) fn stats_path() -> Option<&'static [u8]> {
    variables().find(|(name, value)| name == b"STATS" && !value.is_empty()).map(|(_, value)| value)
}

fn with_break(config: Config, value: &[u8]) -> Config {
    match value {
        b"reserved" => config,
        // SAFETY: this library is the process's `malloc`, which is what moves its break; that
        // nobody else does is for the user to know who sets the variable (`heapwright.h`).
        b"program" => unsafe { config.on_program_break() },
        _ => {
            warn(b"BREAK", value, "is unknown; it is reserved or program, and now reserved");
            config
        }
    }
}

fn with_fit(mut config: Config, value: &[u8]) -> Config {
    match AnyFit::ALL.into_iter().find(|fit| fit.name().as_bytes() == value) {
        Some(fit) => {
            config.fit = fit;
            config
        }
        None => {
            warn(
                b"FIT",
                value,
                "is unknown; it is first, second, next, best, worst or good, and now good",
            );
            config
        }
    }
}

/// Says in one line on standard error what became of a variable.
#[cold]
pub(crate) fn warn(name: &[u8], value: &[u8], what: &str) {
    let line = with_shown(Message::<320>::new().text("heapwright: HEAPWRIGHT_"), name).text("=");
    with_shown(line, value).text(" ").text(what).text("\n").write_to(STANDARD_ERROR);
}

/// Adds what somebody else wrote: cut short, so that the line keeps its end, and with `?` for what
/// a terminal would obey.
fn with_shown(line: Message<320>, text: &[u8]) -> Message<320> {
    const SHOWN_BYTES_MAX: usize = 64;
    text.iter()
        .take(SHOWN_BYTES_MAX)
        .fold(line, |line, &byte| line.bytes(&[if byte.is_ascii_control() { b'?' } else { byte }]))
}

/// The variables whose names begin with `HEAPWRIGHT_`, by the rest of their names.
fn variables() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
    let entries = if sys::is_privileged() { Entries::NONE } else { Entries::of_process() };
    entries.filter_map(|entry| {
        let entry = entry.strip_prefix(b"HEAPWRIGHT_")?;
        let end = entry.iter().position(|&byte| byte == b'=')?;
        let (name, value) = entry.split_at_checked(end)?;
        Some((name, value.get(1..)?))
    })
}

/// The strings of `environ`.
///
/// # Invariants
///
/// `next` is null, or points at a pointer of an array that ends with a null pointer; every other
/// one points at a string that ends with a zero byte.
struct Entries {
    next: *const *const c_char,
}

impl Entries {
    // INVARIANT: null.
    const NONE: Self = Self { next: core::ptr::null() };

    fn of_process() -> Self {
        unsafe extern "C" {
            // The C library's `char **environ`; atomic, because others may set it.
            safe static environ: AtomicPtr<*const c_char>;
        }
        // INVARIANT: the C library keeps it so; null before its constructor ran.
        Self { next: environ.load(Ordering::Relaxed) }
    }
}

impl Iterator for Entries {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: it points into the array (the invariant).
        let entry = unsafe { self.next.read() };
        if entry.is_null() {
            return None;
        }
        // SAFETY: the entry was not the last, which is null, so there is another.
        self.next = unsafe { self.next.add(1) };
        // SAFETY: the entry is a string that ends with a zero byte (the invariant), and a
        // process that changes it while its heap starts has not called `main` yet.
        Some(unsafe { CStr::from_ptr(entry) }.to_bytes())
    }
}
