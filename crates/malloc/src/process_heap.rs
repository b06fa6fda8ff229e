//! The heap of the process: what all threads share, made on first use and locked for every visit.
//!
//! ```text
//!   thread heaps ──▶ slabs ─┐
//!   large blocks ───────────┴▶ ProcessHeap { spans, pool }   behind the lock of heap_lock.rs
//!                                              └▶ region: a break and two tables
//! ```
//!
//! A thread comes here for a slab at a time, a few hundred slots, and for blocks that are larger
//! than a slot can be.

use heapwright_break::{ProcessBreak, ProgramBreak, ReservedBreak};

use crate::exit;
use crate::heap_lock::{try_visit, visit};
use crate::pool::Pool;
use crate::region::Run;
use crate::size_class::SizeClass;
use crate::slab::Slab;
use crate::slice::{Kind, Slice};
use crate::span::Spans;
use crate::sys::ExitKey;
use crate::thread_heap::ThreadHeap;
use crate::{BreakKind, Config, Startup};

/// What all threads share. It stands in a `static` and is made in its place: moved, it would touch
/// more memory than a small program needs.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ProcessHeap {
    is_started: bool,
    pub(crate) exit_key: Option<ExitKey>,
    /// Large blocks whose pages were moved there.
    pub(crate) moved_count: u32,
    pub(crate) pool: Pool,
    // Last, and its index last in it, of which most is never touched.
    pub(crate) spans: Spans,
}

impl ProcessHeap {
    /// The heap before the first call of the process.
    pub(crate) const NOT_STARTED: Self = Self {
        is_started: false,
        spans: Spans::NONE,
        pool: Pool::NONE,
        exit_key: None,
        moved_count: 0,
    };

    pub(crate) fn break_kind(&self) -> BreakKind {
        self.spans.region.break_kind()
    }

    /// The heap, once it was made.
    fn started(&mut self) -> Option<&mut Self> {
        self.is_started.then_some(self)
    }

    pub(crate) fn start(&mut self, config: Config) {
        let source = match config.break_kind() {
            BreakKind::Reserved => {
                ProcessBreak::Reserved(ReservedBreak::new(ReservedBreak::CAPACITY_BYTES_DEFAULT))
            }
            // SAFETY: nobody else moves the break at the same time: whoever chose this kind
            // promised it (`Config::on_program_break`).
            BreakKind::Program => ProcessBreak::Program(unsafe { ProgramBreak::new() }),
        };
        self.spans.start(source, config.fit);
        self.pool.start();
        self.exit_key = exit::key();
        self.is_started = true;
    }
}

/// Locks the heap for `work`, which must not come back here: it would wait for itself.
#[inline]
pub(crate) fn with_heap<S: Startup, R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> R {
    loop {
        if let Some(heap) = visit().started() {
            return work(heap);
        }
        start::<S>();
    }
}

/// Locks the heap for `work` if there is one.
pub(crate) fn with_started_heap<R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> Option<R> {
    visit().started().map(work)
}

/// Locks the heap for `work` if there is one, and nobody holds the lock for long.
pub(crate) fn try_with_started_heap<R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> Option<R> {
    const ATTEMPTS_MAX: usize = 100;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(mut heap) = try_visit() {
            return heap.started().map(work);
        }
        crate::sys::sleep_one_millisecond();
    }
    None
}

/// Makes the heap, where no other thread was faster.
#[cold]
#[inline(never)]
fn start<S: Startup>() {
    let mut heap = visit();
    if heap.started().is_some() {
        return;
    }
    heap.start(S::config());
    drop(heap);
    S::started();
}

/// A new slab for `heap`. `None` where there is no memory.
#[inline(never)]
pub(crate) fn take_slab(heap: &ThreadHeap, class: SizeClass) -> Option<Slab> {
    with_started_heap(|process| {
        let run = process.spans.take(class.slices()).ok()?.run;
        heap.tables.set(process.spans.tables());
        heap.limit.set(process.spans.region.end() as usize);
        let slab = heap.make_slab(run.first, class);
        slab.line().set_kind(Kind::Slab);
        Some(slab)
    })
    .flatten()
}

/// Takes back the slices of a slab, whose entries have no owner any more.
#[inline(never)]
pub(crate) fn give_slices(first: Slice, count: u32) {
    with_started_heap(|process| process.spans.give(Run { first, count }));
}

/// Has `heap` know all slices that there are now.
#[cold]
pub(crate) fn refresh(heap: &ThreadHeap) {
    with_started_heap(|process| {
        heap.tables.set(process.spans.tables());
        heap.limit.set(process.spans.region.end() as usize);
    });
}
