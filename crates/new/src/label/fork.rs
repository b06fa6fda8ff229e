//! The locks of labels over a `fork`.
//!
//! ```text
//!   prepare: the heap ─▶ JOINING ─▶ slots of every label ─▶ table of Checked   parent, child: back
//! ```
//!
//! A child has the thread alone that forked: a lock that another one held would be held for ever.
//! So the thread that forks takes them all, and nobody is in the midst of anything.
//!
//! A label joins the list of labels before its slots are used, and none joins while `JOINING` is
//! held: so whoever uses slots is in the list.

#[cfg(feature = "malloc")]
pub(super) use heapwright_malloc::fork::holds_fork_locks;

use super::spin::Spin;

/// Who holds this may put a label into the list.
pub(super) static JOINING: Spin<()> = Spin::new(());

/// Has the locks held over every `fork` from now on.
#[cfg(feature = "malloc")]
#[inline]
pub(super) fn hold_over_forks() {
    use heapwright_malloc::fork::ForkLocks;

    static LOCKS: ForkLocks = ForkLocks::new(hold_all, release_all);
    LOCKS.join();
}

#[cfg(feature = "malloc")]
fn hold_all() {
    JOINING.hold();
    super::registry::all().for_each(|label| label.slots.hold());
    super::checked::hold_table();
}

#[cfg(feature = "malloc")]
fn release_all() {
    super::checked::release_table();
    super::registry::all().for_each(|label| label.slots.release());
    JOINING.release();
}

/// Without Heapwright's malloc, this crate knows of no `fork`.
#[cfg(not(feature = "malloc"))]
pub(super) const fn hold_over_forks() {}

#[cfg(not(feature = "malloc"))]
pub(super) const fn holds_fork_locks() -> bool {
    false
}
