//! What this crate asks of the platform: a few calls, and the machine code of the C++ operators.

mod linux;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{
    is_bound_to, jump_to, jump_to_without_size, new_aligned, new_or_throw, new_unaligned,
    weak_symbol,
};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{
    is_bound_to, jump_to, jump_to_without_size, new_aligned, new_or_throw, new_unaligned,
    weak_symbol,
};

pub(crate) use linux::{
    append, at_fork_in_child, is_privileged, page_size, process_id, sleep_one_second, start_thread,
    symbol_of, symbol_of_process, write_to_stream,
};
