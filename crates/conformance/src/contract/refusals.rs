//! What no heap can serve: sizes and alignments next to the end of the number range.
//!
//! A heap that adds its overhead without care wraps here and grants a small block for a huge
//! request, which is the oldest of all heap overflows.

use core::alloc::Layout;
use core::hint::black_box;

use allocator_api2::alloc::Allocator;

use super::Promises;
use super::keeper::{Keeper, layout};

/// Distances below the largest size: each byte near it, then a granule, pages and more.
const DISTANCES: [usize; 14] =
    [0, 1, 2, 7, 8, 9, 15, 16, 17, 4095, 4096, 1 << 16, 1 << 30, 1 << 40];
/// Alignments whose largest sizes are asked for.
const ALIGNS: [usize; 8] = [1, 8, 16, 64, 4096, 1 << 16, 1 << 30, 1 << 46];
/// Alignments of which an address space of 47 bits has no multiple but 0.
const ALIGNS_HUGE: [usize; 3] = [1 << 48, 1 << 61, 1 << 62];

/// Every layout whose size is next to the largest possible.
fn huge_layouts() -> impl Iterator<Item = Layout> {
    ALIGNS.into_iter().flat_map(|align| {
        let largest = isize::MAX.unsigned_abs() - (align - 1);
        DISTANCES.into_iter().map(move |distance| layout(largest - distance, align))
    })
}

/// A size that no machine has is refused, by both ways to allocate.
pub(super) fn huge_sizes_are_refused(
    _: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    huge_layouts().try_for_each(|huge| refused(allocator, huge))?;
    usable(allocator)
}

/// An alignment that no address but 0 has is refused.
pub(super) fn huge_alignments_are_refused(
    _: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    for align in ALIGNS_HUGE {
        refused(allocator, layout(1, align))?;
        refused(allocator, layout(4096, align))?;
    }
    // The largest alignment that a layout can have, which only size 0 goes with. A block of no
    // bytes needs no memory, so it may be granted.
    let mut keeper = Keeper::new(allocator);
    if let Some(block) = keeper.try_allocate(layout(0, 1 << 63))? {
        keeper.deallocate(block)?;
    }
    usable(allocator)
}

/// A refused resize leaves the block as it was: contents, place, and the right to free it.
pub(super) fn a_refused_resize_changes_nothing(
    _: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    for size in [0, 1, 100, 5000] {
        let block = keeper.allocate(layout(size, 16))?;
        for huge in huge_layouts() {
            keeper.refused_resize(&block, huge)?;
        }
        if size > 1 {
            for align in ALIGNS_HUGE {
                keeper.refused_resize(&block, layout(size / 2, align))?;
            }
        }
        // A block that was given back all the same would be handed out now.
        let others = [keeper.allocate(block.layout)?, keeper.allocate(block.layout)?];
        keeper.deallocate(block)?;
        keeper.deallocate_all(others)?;
    }
    usable(allocator)
}

fn refused(allocator: &dyn Allocator, huge: Layout) -> Result<(), String> {
    // The optimiser may drop an allocation that is not used, and assume that it succeeds.
    let granted = black_box(allocator.allocate(huge)).is_ok();
    if granted || black_box(allocator.allocate_zeroed(huge)).is_ok() {
        return Err(format!("{huge:?} was granted"));
    }
    Ok(())
}

/// Checks that the refusals left a heap that serves.
fn usable(allocator: &dyn Allocator) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let blocks = [1, 100, 5000].map(|size| keeper.allocate(layout(size, 16)));
    for block in blocks {
        keeper.deallocate(block?)?;
    }
    Ok(())
}
