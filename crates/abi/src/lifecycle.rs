//! What happens when the library is loaded, at `fork`, and when the process ends.
//!
//! ```text
//!   loaded ──▶ at_load: the environment is read, if it was not; fork handlers; the scavenger
//!   fork   ──▶ heapwright_malloc::fork
//!   exit   ──▶ at_exit: the report
//! ```
//!
//! Calls of `malloc` come before the one and after the other; the heap needs neither.

use heapwright_malloc::fork;

use crate::{Heap, exit_report, scavenger};

#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = at_load;

#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = at_exit;

extern "C" fn at_load() {
    Heap::start();
    fork::register();
    exit_report::prepare();
    // After the heap's own fork handlers: its lock is new in a child when this one is called there.
    scavenger::prepare();
}

extern "C" fn at_exit() {
    exit_report::write();
}

/// Has whoever is linked also link this file's two entries: from an archive the linker takes only
/// what somebody names.
pub(crate) fn keep_linked() {
    core::hint::black_box((&AT_LOAD, &AT_EXIT));
}
