//! What is in the heap, area by area, and a check of its invariants.

use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

use crate::process_heap::{ProcessHeap, with_started_heap};
use crate::slab::Slab;
use crate::slice::{Kind, Line, SLICE_BYTES, Slice};
use crate::{Corruption, sys};

/// A run of slices, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Area {
    /// A slab of one size class.
    Slab {
        /// Where it begins.
        address: usize,
        /// Its size in bytes.
        bytes: usize,
        /// The bytes of each slot.
        slot_bytes: usize,
        /// The slots that fit.
        capacity: usize,
        /// The slots that were ever handed out, from the start on.
        carved: usize,
        /// The slots in use. Those that threads hold ready, or send home, count as used.
        live: usize,
    },
    /// A block of its own.
    Large {
        /// Where it begins.
        address: usize,
        /// The bytes of its slices.
        bytes: usize,
        /// The bytes that its holder may use.
        usable_bytes: usize,
    },
    /// Free slices.
    Free {
        /// Where they begin.
        address: usize,
        /// Their bytes.
        bytes: usize,
        /// The bytes of them that may hold memory of the system, at the most.
        dirty_bytes: usize,
    },
}

/// Passes every area of the process's heap to `visit`, in the order of addresses.
///
/// The heap is locked meanwhile: `visit` must not allocate from it, or it waits for itself. Other
/// threads go on with the slabs that they have, so figures of theirs are of one moment each.
pub fn walk(visit: &mut dyn FnMut(Area)) {
    with_started_heap(|process| process.walk(&mut |_, area| visit(area)));
}

/// Checks every invariant of the process's heap, by a walk during which it is locked.
///
/// # Errors
///
/// [`Corruption`] names the first invariant found broken: somebody wrote where nothing was theirs.
pub fn verify() -> Result<(), Corruption> {
    with_started_heap(|process| process.verify()).unwrap_or(Ok(()))
}

impl ProcessHeap {
    /// Passes every area and its first slice to `visit`.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(Slice, Area)) {
        let tables = self.spans.tables();
        let end = self.spans.region.end();
        let mut number = 1;
        while number < end {
            // SAFETY: not 0, and below the end.
            let first = unsafe { Slice::new(number) };
            let line = tables.line(first);
            let length = length_of(line);
            if let Some(area) = self.area(first, line) {
                visit(first, area);
            }
            number += length.max(1);
        }
    }

    fn area(&self, first: Slice, line: &Line) -> Option<Area> {
        let tables = self.spans.tables();
        let address = tables.address(first).addr().get();
        let bytes = length_of(line) as usize * SLICE_BYTES;
        Some(match line.kind() {
            Kind::Slab => {
                let slab = Slab::at(tables, first)?;
                let carved = u32::from(line.carved.load(Relaxed)).min(slab.class.capacity());
                Area::Slab {
                    address,
                    bytes,
                    slot_bytes: slab.class.slot_bytes(),
                    capacity: slab.class.capacity() as usize,
                    carved: carved as usize,
                    // A thread that runs changes its figures one by one.
                    live: slab.live().min(carved) as usize,
                }
            }
            Kind::Large => Area::Large { address, bytes, usable_bytes: line.bytes.load(Relaxed) },
            Kind::Free => {
                let dirty_bytes = line.dirty.get() as usize * SLICE_BYTES;
                Area::Free { address, bytes, dirty_bytes }
            }
            Kind::None | Kind::FreeEnd => return None,
        })
    }

    fn verify(&self) -> Result<(), Corruption> {
        let mut outcome = Ok(());
        let (mut free_count, mut live, mut free_end) = (0, 0, None);
        self.walk(&mut |first, area| {
            let found = self.verify_area(first, area, free_end);
            outcome = outcome.and(found);
            match area {
                Area::Free { address, bytes, .. } => {
                    free_count += 1;
                    free_end = Some(address + bytes);
                }
                Area::Slab { bytes, .. } | Area::Large { bytes, .. } => live += bytes / SLICE_BYTES,
            }
        });
        outcome?;
        let mut found = 0;
        self.spans.visit_free(&mut |_| {
            found += 1;
            found <= free_count
        });
        if found != free_count {
            return Err(Corruption::Index { expected: free_count, found });
        }
        let expected = self.spans.live() as usize;
        if live == expected { Ok(()) } else { Err(Corruption::Count { expected, found: live }) }
    }

    fn verify_area(
        &self,
        first: Slice,
        area: Area,
        free_end: Option<usize>,
    ) -> Result<(), Corruption> {
        let tables = self.spans.tables();
        let line = tables.line(first);
        match area {
            Area::Free { address, .. } => {
                let length = line.length.get();
                // SAFETY: the last slice of the span, which was walked.
                let last = tables.line(unsafe { first.add(length.wrapping_sub(1)) });
                let agrees = last.length.get() == length
                    && (length == 1 || last.kind() == Kind::FreeEnd)
                    && line.dirty.get() <= length;
                if !agrees {
                    return Err(Corruption::Tags { address });
                }
                if free_end == Some(address) {
                    return Err(Corruption::NotJoined { address });
                }
            }
            Area::Slab { address, .. } => {
                // Of another thread's slab the figures may be of two moments.
                let is_ours = ptr::eq(tables.owner(first).load(Relaxed), sys::heap());
                let carved = u32::from(line.carved.load(Relaxed));
                let is_whole = Slab::at(tables, first)
                    .is_some_and(|slab| slab.live() <= carved && carved <= slab.class.capacity());
                if is_ours && !is_whole {
                    return Err(Corruption::Slab { address });
                }
            }
            Area::Large { address, bytes, usable_bytes } => {
                if usable_bytes > bytes {
                    return Err(Corruption::Tags { address });
                }
            }
        }
        Ok(())
    }
}

/// The slices of what begins at a line, 1 where nothing does.
fn length_of(line: &Line) -> u32 {
    match line.kind() {
        Kind::Slab | Kind::Large | Kind::Free => line.length.get(),
        Kind::None | Kind::FreeEnd => 1,
    }
}
