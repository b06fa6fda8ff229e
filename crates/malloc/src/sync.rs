//! The atomics of the protocol between threads. Its model has others in a module of this name.

pub(crate) use core::sync::atomic::{AtomicPtr, Ordering};
