//! What is counted of each type, and the list of all types that were counted.
//!
//! ```text
//!   FIRST ──▶ label of Packet ──▶ label of Order ──▶ …     each joins when it is first used
//! ```

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use super::TypeLabel;
use super::fork::{JOINING, hold_over_forks, holds_fork_locks};

/// The labels that joined, newest first.
static FIRST: AtomicPtr<TypeLabel> = AtomicPtr::new(ptr::null_mut());

/// Counts of one type. Each is exact; two of them may be of different moments.
#[derive(Debug)]
pub(super) struct Counts {
    born_count: AtomicUsize,
    died_count: AtomicUsize,
    live_bytes: AtomicUsize,
    peak_bytes: AtomicUsize,
}

impl Counts {
    pub(super) const fn new() -> Self {
        Self {
            born_count: AtomicUsize::new(0),
            died_count: AtomicUsize::new(0),
            live_bytes: AtomicUsize::new(0),
            peak_bytes: AtomicUsize::new(0),
        }
    }

    pub(super) fn born(&self, count: usize, bytes: usize) {
        self.born_count.fetch_add(count, Ordering::Relaxed);
        let live = self.live_bytes.fetch_add(bytes, Ordering::Relaxed).wrapping_add(bytes);
        // A new peak is rare, and to ask costs less than to write.
        if live > self.peak_bytes.load(Ordering::Relaxed) {
            self.peak_bytes.fetch_max(live, Ordering::Relaxed);
        }
    }

    pub(super) fn died(&self, count: usize, bytes: usize) {
        // Released to `live_count`, which must not see this end and not the beginning.
        self.died_count.fetch_add(count, Ordering::Release);
        self.live_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn live_count(&self) -> usize {
        let died_count = self.died_count.load(Ordering::Acquire);
        self.born_count.load(Ordering::Relaxed).wrapping_sub(died_count)
    }

    pub(super) fn live_bytes(&self) -> usize {
        self.live_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn peak_bytes(&self) -> usize {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn total_count(&self) -> usize {
        self.born_count.load(Ordering::Relaxed)
    }
}

/// A label's place in the list.
///
/// # Invariants
///
/// 1. Both are written while `JOINING` is held, `next` once and before the label can be reached.
#[derive(Debug)]
pub(super) struct Link {
    has_joined: AtomicBool,
    next: AtomicPtr<TypeLabel>,
}

impl Link {
    pub(super) const fn new() -> Self {
        Self { has_joined: AtomicBool::new(false), next: AtomicPtr::new(ptr::null_mut()) }
    }
}

impl TypeLabel {
    /// Counts objects that were made.
    pub(super) fn born(&'static self, count: usize, bytes: usize) {
        self.join();
        self.counts.born(count, bytes);
    }

    /// Counts objects that ended.
    pub(super) fn died(&self, count: usize, bytes: usize) {
        self.counts.died(count, bytes);
    }

    /// Puts the label into the list, where it is not there yet.
    #[inline]
    pub(super) fn join(&'static self) {
        // Who sees it set sees the label in the list, or somebody who holds `JOINING` meanwhile.
        if !self.link.has_joined.load(Ordering::Relaxed) {
            self.join_late();
        }
    }

    #[cold]
    fn join_late(&'static self) {
        hold_over_forks();
        if holds_fork_locks() {
            // Nobody else may use a label that has not joined, and it can join after the fork.
            return;
        }
        JOINING.with(|()| {
            if self.link.has_joined.swap(true, Ordering::Relaxed) {
                return;
            }
            // INVARIANT: 1 holds: `JOINING` is held, and nothing leads here yet.
            self.link.next.store(FIRST.load(Ordering::Relaxed), Ordering::Relaxed);
            FIRST.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
        });
    }
}

/// The labels that joined.
#[cfg(feature = "malloc")]
pub(super) fn all() -> impl Iterator<Item = &'static TypeLabel> {
    core::iter::successors(follow(&FIRST), |label| follow(&label.link.next))
}

/// The label that a link leads to.
fn follow(link: &AtomicPtr<TypeLabel>) -> Option<&'static TypeLabel> {
    // SAFETY: null, or a label in a static, of which nothing is ever lent exclusively.
    unsafe { link.load(Ordering::Acquire).as_ref() }
}

/// The labels of all types of which an object was made under a label. Made by [`labels`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Labels, Owned, TypeLabel, label, labels};
///
/// fn largest(labels: Labels) -> Option<&'static TypeLabel> {
///     labels.max_by_key(|label| label.live_bytes())
/// }
///
/// struct Small([u8; 10]);
/// struct Large([u8; 1000]);
/// label!(Small);
/// label!(Large);
///
/// let small = Owned::try_new_in(Small([0; 10]), ByType::<Small>::default())?;
/// let large = Owned::try_new_in(Large([0; 1000]), ByType::<Large>::default())?;
/// assert!(largest(labels()).is_some_and(|label| label.name().ends_with("::Large")));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug, Clone)]
pub struct Labels {
    next: Option<&'static TypeLabel>,
}

/// The labels of all types of which an object was ever made under a label, newest first.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Owned, TypeLabel, label, labels};
///
/// struct Row([u8; 64]);
/// label!(Row);
///
/// let row = Owned::try_new_in(Row([0; 64]), ByType::<Row>::default())?;
/// assert_eq!(labels().map(TypeLabel::live_bytes).sum::<usize>(), 64);
/// drop(row);
/// // At the end: nothing may be left.
/// assert!(labels().all(|label| label.live_count() == 0));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[must_use]
pub fn labels() -> Labels {
    Labels { next: follow(&FIRST) }
}

impl Iterator for Labels {
    type Item = &'static TypeLabel;

    fn next(&mut self) -> Option<&'static TypeLabel> {
        loop {
            let label = self.next?;
            self.next = follow(&label.link.next);
            // A label joins before its first object is made, which may fail.
            if label.total_count() != 0 {
                return Some(label);
            }
        }
    }
}

/// All labels as a table. Made by [`label_table`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, LabelTable, Owned, label, label_table};
///
/// struct Order([u64; 2]);
/// label!(Order);
///
/// let table: LabelTable = label_table(); // counts are read when it is shown
/// assert!(!table.to_string().contains("::Order"));
/// let order = Owned::try_new_in(Order([7, 100]), ByType::<Order>::default())?;
/// assert!(table.to_string().contains("::Order"));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LabelTable(());

/// All labels as a table, to be shown.
///
/// # Examples
///
/// ```
/// use heapwright_new::{ByType, Owned, label, label_table};
///
/// struct Packet([u8; 100]);
/// label!(Packet);
///
/// let packet = Owned::try_new_in(Packet([0; 100]), ByType::<Packet>::default())?;
/// let table = label_table().to_string();
/// assert!(table.lines().next().unwrap().starts_with("type"));
/// assert!(table.contains("::Packet"));
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[must_use]
pub const fn label_table() -> LabelTable {
    LabelTable(())
}

impl fmt::Display for LabelTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = labels().map(|label| label.name().len()).max().unwrap_or(0);
        let width = longest.max("type".len());
        writeln!(
            formatter,
            "{:width$}  {:>9}  {:>12}  {:>12}  {:>9}",
            "type", "live", "live bytes", "peak bytes", "total"
        )?;
        for label in labels() {
            writeln!(
                formatter,
                "{:width$}  {:>9}  {:>12}  {:>12}  {:>9}",
                label.name(),
                label.live_count(),
                label.live_bytes(),
                label.peak_bytes(),
                label.total_count()
            )?;
        }
        Ok(())
    }
}
