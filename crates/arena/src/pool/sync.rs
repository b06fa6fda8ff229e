//! The atomics of pools. The model of the list of free slots has others in a module of this name.

pub(super) use core::hint::spin_loop;
pub(super) use core::sync::atomic::{AtomicU32, Ordering};
