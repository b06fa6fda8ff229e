//! Broken allocators: each fault must be caught, or the suite proves nothing.
//!
//! ```text
//!   Mutant { arena, fault } ─▶ a sound allocator with one wrong answer ─▶ the promise it breaks
//! ```
//!
//! The sound part is in `arena.rs`. Every wrong answer stays inside the arena's own memory, so
//! that looking at it is no fault of the suite.

use core::alloc::Layout;
use core::cell::RefCell;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};
use heapwright_conformance::contract::{Promises, ZeroSize, broken_promises};
use heapwright_conformance::script::{Operation, Profile, generate, minimise, run_caught};
use heapwright_conformance::subject::OverAllocator;

use crate::arena::{Arena, CAPACITY, Found};

/// What a mutant does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    ForgetsAlignmentAbove16,
    IsOneByteOff,
    Overlaps,
    OverstatesTheExcess,
    IsOneByteShort,
    NeverZeroes,
    ZeroesAllButTheLastByte,
    LosesContentsOnGrow,
    LosesTheLastByteOnGrow,
    NeverZeroesOnGrow,
    LosesContentsOnShrink,
    FreesTooMuchOnShrink,
    ForgetsAlignmentOnResize,
    WrapsHugeSizes,
    IgnoresHugeAlignments,
    FreesOnRefusedResize,
    ScribblesOnRefusedResize,
    SharesSizeZero,
    ScribblesBehindOnFree,
    PanicsOnHugeSizes,
    NeverReuses,
    RefusesForEverAfterTheFirst,
}

use Fault::*;

/// Every fault beside the promise that it breaks.
const FAULTS: [(Fault, &str); 22] = [
    (ForgetsAlignmentAbove16, "every alignment is kept"),
    (IsOneByteOff, "every alignment is kept"),
    (Overlaps, "blocks do not overlap"),
    (OverstatesTheExcess, "blocks do not overlap"),
    (IsOneByteShort, "every size is granted whole"),
    (NeverZeroes, "zeroed memory is zero"),
    (ZeroesAllButTheLastByte, "zeroed memory is zero"),
    (LosesContentsOnGrow, "grow keeps contents"),
    (LosesTheLastByteOnGrow, "grow keeps contents"),
    (NeverZeroesOnGrow, "grow_zeroed keeps and zeroes"),
    (LosesContentsOnShrink, "resize changes alignment"),
    (FreesTooMuchOnShrink, "shrink keeps contents"),
    (ForgetsAlignmentOnResize, "resize changes alignment"),
    (WrapsHugeSizes, "huge sizes are refused"),
    (IgnoresHugeAlignments, "huge alignments are refused"),
    (FreesOnRefusedResize, "a refused resize changes nothing"),
    (ScribblesOnRefusedResize, "a refused resize changes nothing"),
    (SharesSizeZero, "size zero is a block"),
    (ScribblesBehindOnFree, "blocks are freed in any order"),
    (PanicsOnHugeSizes, "huge sizes are refused"),
    (NeverReuses, "exhaustion leaves the heap usable"),
    (RefusesForEverAfterTheFirst, "exhaustion leaves the heap usable"),
];

const PROMISES: Promises = Promises {
    align_max: 64 << 10,
    size_max: 64 << 10,
    zero_size: ZeroSize::Distinct,
    bytes_max: Some(CAPACITY),
};

#[test]
fn the_sound_allocator_breaks_no_promise() {
    let broken = broken_promises(PROMISES, || Mutant::new(Nothing));
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn every_mutant_breaks_the_promise_that_names_its_fault() {
    for (fault, promise) in FAULTS {
        let broken = broken_promises(PROMISES, || Mutant::new(fault));
        let caught = broken.iter().any(|broken| broken.promise == promise);
        assert!(caught, "{fault:?} does not break {promise:?}, but {broken:#?}");
    }
}

#[test]
fn scripts_catch_every_mutant_that_they_can_and_the_sound_one_passes() {
    // What the rest do wrong shows only where a heap is full, or in what a subject cannot ask:
    // distinct empty blocks, `grow_zeroed`, and alignments that nothing has.
    let beyond_scripts = [
        NeverZeroesOnGrow,
        SharesSizeZero,
        NeverReuses,
        RefusesForEverAfterTheFirst,
        IgnoresHugeAlignments,
    ];
    for (fault, _) in FAULTS.into_iter().chain([(Nothing, "")]) {
        let caught = failing_script(fault).is_some();
        let expected = fault != Nothing && !beyond_scripts.contains(&fault);
        assert_eq!(caught, expected, "{fault:?}");
    }
}

#[test]
fn a_failing_script_becomes_as_short_as_its_fault() {
    let two_steps = |fault| {
        let failing = failing_script(fault).expect("the mutant is caught");
        minimise(&failing, &mut |script| fails(fault, script)).len() <= 2
    };
    assert!(two_steps(LosesContentsOnGrow));
    assert!(two_steps(IsOneByteShort));
    assert!(two_steps(OverstatesTheExcess));
}

/// The first script that shows the fault, where one of a few seeds does.
fn failing_script(fault: Fault) -> Option<Vec<Operation>> {
    let mut scripts =
        (0..3).flat_map(|seed| Profile::ALL.map(|profile| generate(profile, seed, 400)));
    scripts.find(|script| fails(fault, script))
}

fn fails(fault: Fault, script: &[Operation]) -> bool {
    run_caught(|| OverAllocator(Mutant::new(fault)), script).is_err()
}

struct Mutant {
    fault: Fault,
    arena: RefCell<Arena>,
}

impl Mutant {
    fn new(fault: Fault) -> Self {
        Self { fault, arena: RefCell::new(Arena::new()) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// What the mutant takes `layout` to be.
    fn misread(&self, layout: Layout) -> Layout {
        let (mut size, mut align) = (layout.size(), layout.align());
        let huge = size > CAPACITY;
        if huge && self.is(WrapsHugeSizes) {
            size = size.wrapping_mul(2).wrapping_add(4096) % 4096; // A header too much.
        }
        assert!(!huge || !self.is(PanicsOnHugeSizes), "attempt to add with overflow");
        if align > 1 << 47 && self.is(IgnoresHugeAlignments) {
            align = 16;
        }
        if align > 16 && self.is(ForgetsAlignmentAbove16) {
            align = 16;
        }
        Layout::from_size_align(size, align).expect("smaller than a layout")
    }

    /// What the mutant says of a block that it took.
    fn misstate(&self, found: Found, layout: Layout) -> NonNull<[u8]> {
        let (start, len) = (found.start, found.len);
        if self.is(IsOneByteOff) && layout.align() > 1 {
            // SAFETY: the arena has room behind its last block.
            return NonNull::slice_from_raw_parts(unsafe { start.add(1) }, layout.size());
        }
        let said = match self.fault {
            OverstatesTheExcess => len + 1,
            IsOneByteShort => layout.size().saturating_sub(1),
            WrapsHugeSizes => layout.size(),
            _ => len,
        };
        NonNull::slice_from_raw_parts(start, said)
    }

    /// Moves a block to one of layout `new` and copies `kept` bytes of it.
    unsafe fn relocate(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
        kept: usize,
    ) -> Result<NonNull<[u8]>, AllocError> {
        let fresh = self.allocate(new).inspect_err(|_| match self.fault {
            // SAFETY: as below, though much too early.
            FreesOnRefusedResize => unsafe { self.deallocate(payload, old) },
            // SAFETY: the block is live and, with the margin, not empty.
            ScribblesOnRefusedResize => unsafe { payload.write(0) },
            _ => {}
        })?;
        // SAFETY: both blocks lie in the arena, with room for what the mutant thinks they hold.
        unsafe { payload.copy_to(fresh.cast(), kept) };
        // SAFETY: the caller's block, whose contents are copied.
        unsafe { self.deallocate(payload, old) };
        Ok(fresh)
    }

    fn misplaced(&self, layout: Layout) -> Layout {
        let align = if self.is(ForgetsAlignmentOnResize) { 1 } else { layout.align() };
        Layout::from_size_align(layout.size(), align).expect("a smaller alignment is valid")
    }
}

// SAFETY: it is no sound allocator, and that is the point: but all that it hands out is memory
// of its arena, which lives as long as the mutant.
unsafe impl Allocator for Mutant {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let mut arena = self.arena.borrow_mut();
        if self.is(RefusesForEverAfterTheFirst) && arena.has_refused() {
            return Err(AllocError);
        }
        if self.is(Overlaps)
            && let Some(inside) = arena.inside_newest(layout)
        {
            return Ok(inside);
        }
        if self.is(SharesSizeZero) && layout.size() == 0 {
            return Ok(NonNull::slice_from_raw_parts(arena.shared(layout.align()), 0));
        }
        let found = arena.allocate(self.misread(layout)).ok_or(AllocError)?;
        Ok(self.misstate(found, layout))
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let block = self.allocate(layout)?;
        let len = match self.fault {
            NeverZeroes => 0,
            ZeroesAllButTheLastByte => block.len().saturating_sub(1),
            WrapsHugeSizes => block.len().min(4096),
            _ => block.len(),
        };
        // SAFETY: the block lies in the arena.
        unsafe { block.cast::<u8>().write_bytes(0, len) };
        Ok(block)
    }

    unsafe fn deallocate(&self, payload: NonNull<u8>, _: Layout) {
        let mut arena = self.arena.borrow_mut();
        if self.is(ScribblesBehindOnFree)
            && let Some(behind) = arena.behind(payload)
        {
            // SAFETY: the arena has room behind its last block.
            unsafe { behind.write(0) };
        }
        if !self.is(NeverReuses) {
            arena.deallocate(payload);
        }
    }

    unsafe fn grow(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        let kept = match self.fault {
            LosesContentsOnGrow => 0,
            LosesTheLastByteOnGrow => old.size().saturating_sub(1),
            _ => old.size(),
        };
        // SAFETY: the caller's block.
        unsafe { self.relocate(payload, old, self.misplaced(new), kept) }
    }

    unsafe fn grow_zeroed(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        // SAFETY: the caller's block.
        let block = unsafe { self.relocate(payload, old, self.misplaced(new), old.size()) }?;
        if !self.is(NeverZeroesOnGrow) {
            let new_bytes = block.len().saturating_sub(old.size());
            // SAFETY: the block reaches this far at least.
            let behind = unsafe { block.cast::<u8>().add(old.size().min(block.len())) };
            // SAFETY: `new_bytes` is what is left of the block.
            unsafe { behind.write_bytes(0, new_bytes) };
        }
        Ok(block)
    }

    unsafe fn shrink(
        &self,
        payload: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        if old.align() == new.align() {
            let cut = if self.is(FreesTooMuchOnShrink) { 8 } else { 0 };
            let found = self.arena.borrow_mut().shrink(payload, new.size().saturating_sub(cut));
            let len = found.map_or(0, |found| found.len).max(new.size());
            return Ok(NonNull::slice_from_raw_parts(payload, len));
        }
        let kept = if self.is(LosesContentsOnShrink) { 0 } else { new.size() };
        // SAFETY: the caller's block.
        unsafe { self.relocate(payload, old, self.misplaced(new), kept) }
    }
}
