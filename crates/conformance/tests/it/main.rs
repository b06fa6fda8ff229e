//! The suite on every allocator of the workspace, and on broken ones that it must catch.

mod arena;
mod breaks;
mod fits;
mod locked;
mod malloc;
mod matrix;
mod misused_heap;
mod mutants;
mod properties;
mod sources;
mod trap;
mod trusted;
