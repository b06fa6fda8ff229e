//! What is in the heap, area by area, and a check of its invariants.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;

use crate::process_heap::{ProcessHeap, with_started_heap};
use crate::size_class::SizeClass;
use crate::slab::Slab;
use crate::slice::{Kind, Line, SLICE_BYTES, Slice};
use crate::thread_heap::{ThreadHeap, thread_heap};
use crate::{Corruption, slow};

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

    pub(crate) fn verify(&self) -> Result<(), Corruption> {
        let mut outcome = thread_heap().verify_bins();
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
                let is_ours = tables.owner(first).get().is_first_of(thread_heap());
                let Some(slab) = Slab::at(tables, first).filter(|_| is_ours) else {
                    return Ok(());
                };
                let carved = u32::from(line.carved.load(Relaxed));
                if slab.live() > carved || carved > slab.class.capacity() {
                    return Err(Corruption::Slab { address });
                }
                if !slab.has_whole_free_list() {
                    return Err(Corruption::FreeSlots { address });
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

impl ThreadHeap {
    /// Whether the bins of this thread's heap lead through slots of slabs of their classes, as many
    /// at least as were freed into them (invariants 1 and 2).
    fn verify_bins(&self) -> Result<(), Corruption> {
        let mut pushed_bytes = 0;
        for class in SizeClass::all() {
            let mut next = NonNull::new(self.bin(class).get());
            // A chain from a slab, and what was freed in front of it.
            let slots_max = class.capacity() + u32::from(class.bin_slots());
            let mut slots = 0;
            while let Some(slot) = next {
                let is_slot = slow::own_slab(slot)
                    .is_some_and(|slab| slab.class == class && slab.has_slot_at(slot));
                if !is_slot || slots == slots_max {
                    return Err(Corruption::FreeSlots { address: slot.addr().get() });
                }
                slots += 1;
                // SAFETY: the slots of a bin lead to each other by their first words.
                next = NonNull::new(unsafe { slot.cast::<*mut u8>().read() });
            }
            let pushed = self.pushed(class).get();
            pushed_bytes += usize::from(pushed) * class.slot_bytes();
            if slots < u32::from(pushed) {
                return Err(Corruption::FreeSlots { address: ptr::from_ref(self).addr() });
            }
        }
        if pushed_bytes != self.pushed_bytes() {
            return Err(Corruption::FreeSlots { address: ptr::from_ref(self).addr() });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Run;
    use crate::thread_heap::thread_heap;
    use crate::{Config, free, malloc};

    /// Slices in use and free, in turn: `U 2, F 3, U 1, F`.
    fn heap() -> (ProcessHeap, Run) {
        let mut process = ProcessHeap::NOT_STARTED;
        process.start(Config::new());
        let sizes = [40_000, 60_000, 20_000 + (32 << 10)];
        let [_, middle, _] = sizes.map(|size| process.take_large(size, 1).unwrap());
        process.give_large(middle.block);
        assert_eq!(process.verify(), Ok(()));
        let mut free = None;
        process.walk(&mut |first, area| {
            if let Area::Free { bytes, .. } = area {
                let count = u32::try_from(bytes / SLICE_BYTES).unwrap();
                free.get_or_insert(Run { first, count });
            }
        });
        (process, free.unwrap())
    }

    #[test]
    fn tags_that_do_not_agree_are_found() {
        let (process, free) = heap();
        // SAFETY: the last slice of the span.
        let last = unsafe { free.first.add(free.count - 1) };
        process.spans.tables().line(last).length.set(free.count - 1);
        assert!(matches!(process.verify(), Err(Corruption::Tags { .. })));
    }

    #[test]
    fn more_dirty_slices_than_a_span_has_are_found() {
        let (process, free) = heap();
        process.spans.tables().line(free.first).dirty.set(free.count + 1);
        assert!(matches!(process.verify(), Err(Corruption::Tags { .. })));
    }

    #[test]
    fn free_neighbours_that_were_not_joined_are_found() {
        let (process, free) = heap();
        let tables = process.spans.tables();
        // The span is said to end a slice earlier, where another one begins.
        // SAFETY: the last slice of the span.
        let last = unsafe { free.first.add(free.count - 1) };
        // SAFETY: the one before, of three at least.
        let before = unsafe { last.sub(1) };
        tables.line(free.first).length.set(free.count - 1);
        tables.line(free.first).dirty.set(0);
        tables.line(before).set_kind(Kind::FreeEnd);
        tables.line(before).length.set(free.count - 1);
        tables.line(last).set_kind(Kind::Free);
        tables.line(last).length.set(1);
        tables.line(last).dirty.set(0);
        assert!(matches!(process.verify(), Err(Corruption::NotJoined { .. })));
    }

    #[test]
    fn a_free_span_that_no_index_knows_is_found() {
        let (process, free) = heap();
        process.spans.tables().line(free.first).set_kind(Kind::Large);
        process.spans.tables().line(free.first).bytes.store(1, Relaxed);
        assert!(matches!(process.verify(), Err(Corruption::Index { .. })));
    }

    #[test]
    fn slices_that_are_in_use_and_not_counted_are_found() {
        let (mut process, _) = heap();
        let large = process.take_large(100_000, 1).unwrap();
        let number = u32::try_from(process.spans.tables().number(large.block.as_ptr())).unwrap();
        // SAFETY: the block begins there.
        let line = process.spans.tables().line(unsafe { Slice::new(number) });
        line.set_kind(Kind::None);
        assert!(matches!(process.verify(), Err(Corruption::Count { .. })));
    }

    #[test]
    fn a_free_list_that_leads_elsewhere_is_found() {
        let blocks = [(); 3].map(|()| malloc(700).unwrap());
        // SAFETY: freed once.
        unsafe { free(blocks[0]) };
        // SAFETY: freed once.
        unsafe { free(blocks[1]) };
        assert_eq!(verify(), Ok(()));
        let link = blocks[1].cast::<Option<NonNull<u8>>>();
        // SAFETY: a free slot, which can be read.
        let kept = unsafe { link.read() };
        for broken in [None, Some(blocks[1]), Some(NonNull::from(&blocks).cast())] {
            // SAFETY: none; this is the misuse.
            unsafe { link.write(broken) };
            assert!(matches!(verify(), Err(Corruption::FreeSlots { .. })), "{broken:?}");
        }
        // SAFETY: as it was.
        unsafe { link.write(kept) };
        assert_eq!(verify(), Ok(()));
    }

    #[test]
    fn a_bin_that_leads_elsewhere_is_found() {
        let [first, second] = [(); 2].map(|()| malloc(3000).unwrap());
        for block in [first, second] {
            // SAFETY: freed once.
            unsafe { free(block) };
        }
        assert_eq!(verify(), Ok(()));
        let link = second.cast::<NonNull<u8>>();
        // SAFETY: a free slot, which can be read.
        let kept = unsafe { link.read() };
        let inside = kept.map_addr(|address| address.saturating_add(16));
        for broken in [second, inside, NonNull::from(&link).cast()] {
            // SAFETY: none; this is the misuse.
            unsafe { link.write(broken) };
            assert!(matches!(verify(), Err(Corruption::FreeSlots { .. })), "{broken:?}");
        }
        // SAFETY: as it was.
        unsafe { link.write(kept) };
        assert_eq!(verify(), Ok(()));
    }

    #[test]
    fn a_bin_that_is_shorter_than_it_says_is_found() {
        let block = malloc(5000).unwrap();
        // SAFETY: freed once.
        unsafe { free(block) };
        assert_eq!(verify(), Ok(()));
        let heap = thread_heap();
        let bin = heap.bin(SizeClass::of(5000));
        let kept = bin.replace(ptr::null_mut());
        assert!(matches!(verify(), Err(Corruption::FreeSlots { .. })));
        bin.set(kept);
        let class = SizeClass::of(5000);
        let count = heap.pushed(class).replace(0);
        assert!(matches!(verify(), Err(Corruption::FreeSlots { .. })));
        heap.pushed(class).set(count);
        assert_eq!(verify(), Ok(()));
    }

    #[test]
    fn bins_hold_no_more_than_their_budget() {
        let mut held_bytes_peak = 0;
        for class in SizeClass::all() {
            let blocks = [(); 40].map(|()| malloc(class.slot_bytes()).unwrap());
            for block in blocks {
                // SAFETY: freed once.
                unsafe { free(block) };
                assert!(thread_heap().pushed(class).get() < class.bin_slots());
                held_bytes_peak = held_bytes_peak.max(thread_heap().pushed_bytes());
            }
            assert_eq!(verify(), Ok(()));
        }
        assert!((1..=256 << 10).contains(&held_bytes_peak), "{held_bytes_peak}");
    }

    #[test]
    fn more_slots_in_use_than_a_slab_has_are_found() {
        let block = malloc(900).unwrap();
        let tables = thread_heap().tables.get();
        let number = u32::try_from(tables.number(block.as_ptr())).unwrap();
        let owner = |number| {
            // SAFETY: a slice of the slab, or one before.
            tables.owner(unsafe { Slice::new(number) }).get()
        };
        let first =
            (1..=number).rev().find(|number| owner(*number).is_first_of(thread_heap())).unwrap();
        // SAFETY: the slab begins there.
        let floor = &tables.line(unsafe { Slice::new(first) }).floor;
        let kept = floor.get();
        floor.set(kept.wrapping_add(10_000));
        assert!(matches!(verify(), Err(Corruption::Slab { .. })));
        floor.set(kept);
        assert_eq!(verify(), Ok(()));
        // SAFETY: freed once.
        unsafe { free(block) };
    }
}
