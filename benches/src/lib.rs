//! What the benchmarks share. The benchmarks themselves are the programs beside `src/`, one file
//! a question; `docs/benchmarks.md` says how to run them and what they showed.
//!
//! - [`arena`], [`allocators`]: the memory, and who serves requests out of it
//! - [`player`]: random requests of the workloads that talc publishes
//! - [`script`]: requests fixed beforehand, for the table of fits
//! - [`measure`], [`callgrind`]: time in rounds, instructions by difference
//! - [`recorder`]: what criterion measured, as a table of ratios
//! - [`table`]: how figures are shown

pub mod allocators;
pub mod arena;
pub mod callgrind;
pub mod measure;
#[cfg(feature = "peers")]
mod peers;
pub mod player;
pub mod recorder;
pub mod script;
pub mod table;
