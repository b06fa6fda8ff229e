//! What a user of `heapwright-new` relies on.
//!
//! ```text
//!   objects    objects that log their ends, and fail or panic on demand
//!   ledger     an allocator that knows every block and layout, and refuses on demand
//! ```

mod alone;
mod arrays;
mod boxes;
mod classes;
mod failure;
mod fields;
mod forks;
mod handlers;
mod labels;
mod large;
mod ledger;
mod objects;
mod owned;
mod pinned;
mod placement;
mod polymorphic;
mod raw_face;
mod trees;
mod values;
