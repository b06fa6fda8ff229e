//! What one heap cannot serve now: its memory is at its end, and comes back.

use allocator_api2::alloc::Allocator;

use super::Promises;
use super::keeper::{Block, Keeper, layout};

/// Small enough for many, large enough that a heap of a few mebibytes is full soon.
const BLOCK_SIZE: usize = 1000;

/// A full heap refuses, loses nothing, reuses what is freed, and holds as much the second time.
pub(super) fn leaves_the_heap_usable(
    promises: &Promises,
    allocator: &dyn Allocator,
) -> Result<(), String> {
    let Some(bytes_max) = promises.bytes_max else {
        return Ok(());
    };
    let mut keeper = Keeper::new(allocator);
    let mut blocks = fill_up(&mut keeper, bytes_max)?;
    let first_count = blocks.len();
    let Some(last) = blocks.pop() else {
        return Err("not one block was granted".to_owned());
    };
    keeper.refused_resize(&last, layout(bytes_max, 16))?;
    keeper.deallocate(last)?;
    blocks.push(keeper.allocate(layout(BLOCK_SIZE, 16))?);
    keeper.deallocate_all(blocks)?;

    let again = fill_up(&mut keeper, bytes_max)?;
    if again.len() < first_count {
        return Err(format!("{first_count} blocks at first, only {} later", again.len()));
    }
    // Every second one first: the rest of the frees join blocks on both sides.
    let (odd, even): (Vec<_>, Vec<_>) =
        again.into_iter().enumerate().partition(|(index, _)| index % 2 == 1);
    keeper.deallocate_all(odd.into_iter().chain(even).map(|(_, block)| block))?;
    let large = keeper.allocate(layout(promises.size_max, 16))?;
    keeper.deallocate(large)
}

fn fill_up(keeper: &mut Keeper<'_>, bytes_max: usize) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    while let Some(block) = keeper.try_allocate(layout(BLOCK_SIZE, 16))? {
        blocks.push(block);
        if blocks.len() * BLOCK_SIZE > bytes_max {
            return Err(format!("more than {bytes_max} bytes are live and nothing was refused"));
        }
    }
    Ok(blocks)
}
