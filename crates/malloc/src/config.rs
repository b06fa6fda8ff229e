//! What the process's heap is told when it is made, and who tells it.

use heapwright_block::fit::AnyFit;

use crate::fork;

/// Where the process's heap gets its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakKind {
    /// Address space of its own, beside whatever else moves the program break.
    Reserved,
    /// The program break of the process.
    Program,
}

impl BreakKind {
    /// The name, as `HEAPWRIGHT_BREAK` spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Program => "program",
        }
    }
}

/// What the process's heap is told when it is made, and never again.
///
/// # Examples
///
/// ```
/// use heapwright_malloc::{AnyFit, BreakKind, Config};
///
/// let mut config = Config::new();
/// config.fit = AnyFit::Best;
/// assert_eq!(config.break_kind(), BreakKind::Reserved);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Which free span is taken for slabs and large blocks.
    pub fit: AnyFit,
    break_kind: BreakKind,
}

impl Config {
    /// Good fit over a reserved break.
    #[must_use]
    pub const fn new() -> Self {
        Self { fit: AnyFit::Good, break_kind: BreakKind::Reserved }
    }

    /// The same over the program break.
    ///
    /// # Safety
    ///
    /// No other code of the process ever moves the program break at the same time as this heap:
    /// nobody else calls `brk` or `sbrk` while another thread allocates, and no other `malloc` of
    /// the process grows by them.
    #[must_use]
    pub const unsafe fn on_program_break(self) -> Self {
        Self { break_kind: BreakKind::Program, ..self }
    }

    /// Where the memory comes from.
    #[must_use]
    pub const fn break_kind(&self) -> BreakKind {
        self.break_kind
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Who is asked for the configuration when the heap is made, by the first call of the process.
///
/// Libraries allocate before any constructor runs, so there is no earlier moment. Where several
/// faces with different startups are used, the first caller's decides for all, and every later
/// one is ignored. In a program whose `#[global_allocator]` is [`Malloc`](crate::Malloc) that is
/// always [`DefaultStartup`]: the standard library allocates before `main`.
pub trait Startup {
    /// The configuration. Called once at most, while the heap is locked: it must not allocate
    /// from this heap.
    fn config() -> Config;

    /// Called once at most, right after the heap was made, and while it is not locked.
    ///
    /// By default it has the C library call the [`fork`] handlers.
    fn started() {
        fork::register();
    }
}

/// [`Config::new`], and fork handlers on first use.
#[derive(Debug, Clone, Copy)]
pub struct DefaultStartup;

impl Startup for DefaultStartup {
    fn config() -> Config {
        Config::new()
    }
}
