#![no_std]
//! The raw break heap: where memory comes from, as one span with a movable end.

mod break_heap;
mod error;

pub use break_heap::{Break, Growth};
pub use error::BreakError;
