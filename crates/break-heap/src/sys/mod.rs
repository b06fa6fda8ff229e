//! What the breaks ask of the system: the only system calls of this crate.
//!
//! ```text
//!   program_break ──▶ program_break_at, move_program_break, address_space_max, data_max
//!   reserved_break ─▶ reserve, commit, decommit, release
//!   both ───────────▶ page_size, discard
//! ```
//!
//! Every function leaves `errno` as it was. One file a platform; the choice is made here.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub(crate) use linux::{
    address_space_max, commit, data_max, decommit, discard, move_program_break, page_size,
    program_break_at, release, reserve,
};

#[cfg(not(target_os = "linux"))]
compile_error!(
    "heapwright-break knows the breaks of Linux only: \
     take it with `default-features = false` for `FixedBreak`"
);
