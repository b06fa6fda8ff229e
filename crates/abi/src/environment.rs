//! The environment: the variables `HEAPWRIGHT_*`, read once into a [`Config`].
//!
//! | variable | values | default |
//! |---|---|---|
//! | `HEAPWRIGHT_BREAK` | `reserved`, `program` | `reserved` |
//! | `HEAPWRIGHT_FIT` | `first`, `second`, `next`, `best`, `worst`, `good` | `good` |
//! | `HEAPWRIGHT_SCAVENGER` | `1`, `0` | `0` |
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
        let mut config = Config::new();
        each_variable(&mut |name, value| match name {
            b"BREAK" => config = with_break(config, value),
            b"FIT" => config = with_fit(config, value),
            b"SCAVENGER" if !matches!(value, b"0" | b"1") => {
                warn(name, value, "is unknown; it is 0 or 1, and now 0");
            }
            // Those are read elsewhere: by the scavenger, the report and the library's tests.
            b"SCAVENGER" | b"STATS" | b"LIBRARY_DIR" => (),
            _ => warn(name, value, "is unknown and ignored"),
        });
        config
    }

    /// Nothing: the constructor registers the fork handlers. Here the C library may be in the
    /// midst of registering somebody else's, and hold the lock for it.
    fn started() {}
}

/// Whether `HEAPWRIGHT_SCAVENGER` asks for the thread.
#[cold]
pub(crate) fn wants_scavenger() -> bool {
    let mut wanted = false;
    each_variable(&mut |name, value| {
        if name == b"SCAVENGER" {
            wanted = value == b"1";
        }
    });
    wanted
}

/// The value of `HEAPWRIGHT_STATS`.
#[cold]
pub(crate) fn stats_path() -> Option<&'static [u8]> {
    let mut path = None;
    each_variable(&mut |name, value| {
        if name == b"STATS" && !value.is_empty() && path.is_none() {
            path = Some(value);
        }
    });
    path
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

/// Says in one line on standard error what became of a variable. What somebody else wrote is cut
/// short, so that the line keeps its end.
#[cold]
#[inline(never)]
pub(crate) fn warn(name: &[u8], value: &[u8], what: &str) {
    const SHOWN_BYTES_MAX: usize = 64;
    let cut = |text| <[u8]>::get(text, ..SHOWN_BYTES_MAX).unwrap_or(text);
    let mut line = Message::<320>::new();
    line.text("heapwright: HEAPWRIGHT_").shown(cut(name)).text("=").shown(cut(value));
    line.text(" ").text(what).text("\n").write_to(STANDARD_ERROR);
}

/// Passes the variables whose names begin with `HEAPWRIGHT_` to `visit`, by the rest of their
/// names.
#[cold]
#[inline(never)]
fn each_variable(visit: &mut dyn FnMut(&'static [u8], &'static [u8])) {
    let entries = if sys::is_privileged() { Entries::NONE } else { Entries::of_process() };
    for entry in entries {
        let Some(entry) = entry.strip_prefix(b"HEAPWRIGHT_") else { continue };
        let end = entry.iter().position(|&byte| byte == b'=');
        if let Some((name, [_, value @ ..])) = end.and_then(|end| entry.split_at_checked(end)) {
            visit(name, value);
        }
    }
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
