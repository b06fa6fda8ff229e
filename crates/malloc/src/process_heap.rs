//! The one heap of the process: made on first use, and locked for every call.
//!
//! ```text
//!   visit ─┬─ None                                      before the first call
//!          └─ Some(ProcessHeap { blocks, calls, config })   from then on, for ever
//! ```
//!
//! This is all that the faces know of what is behind them.

use heapwright_block::BlockHeap;
use heapwright_block::fit::AnyFit;
use heapwright_break::{ProcessBreak, ProgramBreak, ReservedBreak};

use crate::heap_lock::{try_visit, visit};
use crate::{BreakKind, Calls, Config, Startup};

/// The heap behind the faces.
pub(crate) struct ProcessHeap {
    pub(crate) blocks: BlockHeap<ProcessBreak, AnyFit>,
    pub(crate) calls: Calls,
    pub(crate) config: Config,
}

impl ProcessHeap {
    fn new(config: Config) -> Self {
        let source = match config.break_kind() {
            BreakKind::Reserved => {
                ProcessBreak::Reserved(ReservedBreak::new(ReservedBreak::CAPACITY_BYTES_DEFAULT))
            }
            // SAFETY: nobody else moves the break at the same time: whoever chose this kind
            // promised it (`Config::on_program_break`).
            BreakKind::Program => ProcessBreak::Program(unsafe { ProgramBreak::new() }),
        };
        let block_config = heapwright_block::Config {
            grow_bytes_min: config.grow_bytes_min,
            trim_bytes_min: config.trim_bytes_min,
            ..heapwright_block::Config::new()
        };
        Self {
            blocks: BlockHeap::with_any_fit(source, block_config, config.fit),
            calls: Calls::ZERO,
            config,
        }
    }
}

/// Locks the heap for `work`, which must not come back here: it would wait for itself.
#[inline]
pub(crate) fn with_heap<S: Startup, R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> R {
    loop {
        if let Some(heap) = &mut *visit() {
            return work(heap);
        }
        start::<S>();
    }
}

/// Locks the heap for `work` if there is one.
pub(crate) fn with_started_heap<R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> Option<R> {
    visit().as_mut().map(work)
}

/// Locks the heap for `work` if there is one, and nobody holds the lock for long.
pub(crate) fn try_with_started_heap<R>(work: impl FnOnce(&mut ProcessHeap) -> R) -> Option<R> {
    const ATTEMPTS_MAX: usize = 100;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(mut heap) = try_visit() {
            return heap.as_mut().map(work);
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
    if heap.is_some() {
        return;
    }
    *heap = Some(ProcessHeap::new(S::config()));
    drop(heap);
    S::started();
}
