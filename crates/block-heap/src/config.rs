//! What a heap is told when it is made, and never again.

use crate::Misuse;

/// How a heap grows, trims and answers misuse.
///
/// # Examples
///
/// ```
/// use heapwright_block::Config;
///
/// let config = Config { grow_bytes_min: 1 << 20, ..Config::new() };
/// assert_eq!(config.trim_bytes_min, usize::MAX);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// The least the heap asks of its source at a time, in bytes, so that small requests do not
    /// move the break one by one. Where the source refuses it, the heap asks for what it needs.
    pub grow_bytes_min: usize,
    /// The size of the free top, in bytes, from which `deallocate` lowers the break by itself,
    /// down to a top of `grow_bytes_min`. `usize::MAX`: only `trim` lowers it.
    pub trim_bytes_min: usize,
    /// Called with what was found when the user broke the heap: must not return, and must not
    /// use the heap.
    pub on_misuse: fn(Misuse) -> !,
}

impl Config {
    /// Grows by 64 KiB at least, trims only when told to, and stops the process on misuse: with
    /// the feature `libc` by one line on standard error and `abort`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            grow_bytes_min: 64 << 10,
            trim_bytes_min: usize::MAX,
            on_misuse: crate::misuse::default_on_misuse,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
