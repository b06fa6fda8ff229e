//! What this crate asks of the platform: to end with a last word, and to fetch a cache line early.

#[cfg(feature = "libc")]
mod abort;
mod prefetch;

#[cfg(feature = "libc")]
pub(crate) use self::abort::abort_with;
pub(crate) use self::prefetch::prefetch;
