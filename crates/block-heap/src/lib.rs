//! One heap over any break: headers, boundary tags, six fit policies, split, coalesce, resize,
//! walk, verify.
//!
//! ```text
//!   ├ header ┼ payload ───┼ header ┼ next ┼ previous ┼ ... ┼ tag ┼ header ┼ ...  top ┤ break
//!   └─ in use ────────────┴─ free ─────────────────────────────────┴─ ...
//! ```
//!
//! [`BlockHeap`] takes memory from a [`Break`](heapwright_break::Break) and divides it into
//! blocks. Its second parameter picks free blocks: one of the six in [`fit`]. [`Locked`] puts it
//! behind a lock and makes it a `GlobalAlloc` and an `Allocator`.
//!
//! Reading order: `block/header.rs`, `block/mod.rs`, `block/tag.rs` (a block), `span.rs` (the
//! memory), `fit` (which block), `heap.rs`, `block/split.rs`, `block/coalesce.rs`, `resize.rs`,
//! `relocate.rs`, `growth.rs` (what happens to it), `walk.rs`, `verify.rs`, `stats.rs` (looking
//! at it).
#![no_std]

mod block;
mod config;
mod error;
pub mod fit;
mod growth;
mod heap;
mod locked;
mod misuse;
mod relocate;
mod resize;
mod span;
mod stats;
mod sys;
mod verify;
mod walk;

pub use block::{BLOCK_BYTES_MIN, GRANULE, HEADER_BYTES};
pub use config::Config;
pub use error::AllocError;
pub use heap::BlockHeap;
pub use locked::{Guard, Locked};
pub use misuse::{Line, Misuse};
pub use stats::{Fragmentation, Stats};
pub use verify::Corruption;
pub use walk::{Block, BlockState, Walk};
