//! What the benchmarks share. The benchmarks themselves are the programs beside `src/`, one file
//! a question; `docs/benchmarks.md` says how to run them and what they showed.
//!
//! - [`arena`], [`allocators`]: the memory, and who serves requests out of it
//! - [`player`]: random requests of the workloads that talc publishes
//! - [`script`]: requests fixed beforehand, for the table of fits
//! - [`measure`], [`callgrind`]: time in rounds, instructions by difference
//! - [`recorder`]: what criterion measured, as a table of ratios
//! - [`table`]: how figures are shown
//!
//! What `cargo xtask bench peers` runs, which compares whole programs:
//!
//! - [`plan`], [`process`]: workloads, how much of them, and what a process knows of itself
//! - [`programs`]: Rust programs for allocators that are chosen by `#[global_allocator]`; those
//!   for libraries are in `workloads/`

pub mod allocators;
pub mod arena;
pub mod callgrind;
pub mod measure;
#[cfg(feature = "peers")]
mod peers;
pub mod plan;
pub mod player;
pub mod process;
pub mod programs;
pub mod recorder;
pub mod script;
pub mod table;
