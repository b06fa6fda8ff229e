//! What is in blocks: zeros where promised, and contents that survive a resize.

use allocator_api2::alloc::Allocator;

use super::Promises;
use super::keeper::{Keeper, NewBytes, layout};

/// Sizes around the places where heaps change their mind: nothing, a granule, a page, beyond.
const SIZES: [usize; 12] = [0, 1, 8, 15, 16, 17, 100, 511, 4096, 4097, 20_000, 70_000];

/// Zeroed memory is zero to the end of the block, fresh and after dirty memory came back.
pub(super) fn zeroed_memory_is_zero(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let sizes = SIZES.into_iter().chain([promises.size_max]);
    for size in sizes.filter(|size| *size <= promises.size_max) {
        for align in [1, 16, 256] {
            let fresh = keeper.allocate_zeroed(layout(size, align))?;
            let dirty = keeper.allocate(layout(size, align))?;
            keeper.deallocate_all([fresh, dirty])?;
            // The keeper fills every block, so whatever comes back now was written to.
            let first = keeper.allocate_zeroed(layout(size, align))?;
            let second = keeper.allocate_zeroed(layout(size / 2, align))?;
            keeper.deallocate_all([first, second])?;
        }
    }
    Ok(())
}

/// Growing keeps every byte of the old layout, in place or moved.
pub(super) fn grow_keeps_contents(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    grow_between_all(promises, allocator, NewBytes::Anything)
}

/// Growing zeroed keeps the old bytes and zeroes the new ones.
pub(super) fn grow_zeroed_keeps_and_zeroes(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    grow_between_all(promises, allocator, NewBytes::Zero)
}

fn grow_between_all(
    promises: &Promises,
    allocator: &dyn Allocator,
    new_bytes: NewBytes,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    for old in SIZES {
        for new in SIZES.into_iter().filter(|new| old <= *new && *new <= promises.size_max) {
            // Free memory before and behind the block, and a dirty block where it may move to.
            let before = keeper.allocate(layout(new, 16))?;
            let block = keeper.allocate(layout(old, 16))?;
            let behind = keeper.allocate(layout(new, 16))?;
            keeper.deallocate(behind)?;
            let in_place = keeper.grow(block, layout(new, 16), new_bytes)?;
            let blocking = keeper.allocate(layout(32, 16))?;
            keeper.deallocate(before)?;
            let moved = keeper.grow(in_place, layout(2 * new + 1, 16), new_bytes)?;
            keeper.deallocate_all([blocking, moved])?;
        }
    }
    Ok(())
}

/// Shrinking keeps every byte of the new layout.
pub(super) fn shrink_keeps_contents(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    for old in SIZES.into_iter().filter(|old| *old <= promises.size_max) {
        for new in SIZES.into_iter().filter(|new| *new <= old) {
            let block = keeper.allocate(layout(old, 16))?;
            let behind = keeper.allocate(layout(24, 16))?;
            let shrunk = keeper.shrink(block, layout(new, 16))?;
            // What was cut off is free now, and its next owner must not disturb the rest.
            let reused = keeper.allocate(layout(old - new, 16))?;
            keeper.deallocate_all([shrunk, behind, reused])?;
        }
    }
    Ok(())
}

/// A resize may raise or lower the alignment, and keeps contents all the same.
pub(super) fn resize_changes_alignment(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let aligns = [1, 8, 16, 32, 256, 4096, promises.align_max];
    for old in aligns {
        for new in aligns {
            // An odd neighbour keeps the block from being aligned by luck.
            let odd = keeper.allocate(layout(40, 8))?;
            let block = keeper.allocate(layout(200, old))?;
            let grown = keeper.grow(block, layout(300, new), NewBytes::Anything)?;
            let same = keeper.grow(grown, layout(300, old), NewBytes::Zero)?;
            let shrunk = keeper.shrink(same, layout(150, new))?;
            let same = keeper.shrink(shrunk, layout(150, old))?;
            keeper.deallocate_all([odd, same])?;
        }
    }
    Ok(())
}

/// Two vectors that grow in turn keep their contents, though each blocks the other's way.
pub(super) fn growing_side_by_side_keeps_contents(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let mut keeper = Keeper::new(allocator);
    let mut left = keeper.allocate(layout(8, 8))?;
    let mut right = keeper.allocate(layout(8, 8))?;
    let mut size = 8;
    while size < promises.size_max {
        size += size / 2 + 8;
        left = keeper.grow(left, layout(size, 8), NewBytes::Anything)?;
        right = keeper.grow(right, layout(size, 8), NewBytes::Zero)?;
        keeper.check(&left)?;
    }
    keeper.deallocate_all([left, right])
}
