//! Where an arena's memory comes from, and when it may be used again.
//!
//! ```text
//!   allocate ──▶ allocate ──▶ …  ──▶ reset: all of it may be used again
//! ```
//!
//! An arena asks its source for memory and knows nothing else of it.
//!
//! | source | memory from | has `create_pin` and `live` | has scopes |
//! |---|---|---|---|
//! | [`Bump`] | the program's global allocator, by bumpalo | yes | yes |
//! | [`Chunks`] | any [`Allocator`](allocator_api2::alloc::Allocator) | where that is a [`StaticAllocator`](heapwright_new::StaticAllocator) | yes |
//! | [`Region`] | bytes of the caller, or any [`Break`](heapwright_break::Break) | no: [`StaticSource`] says why | no: there is one region, and a scope needs another |

mod bump;
mod chunks;
mod region;
mod window;

use core::alloc::Layout;
use core::ptr::NonNull;

pub use bumpalo::Bump;
pub use chunks::Chunks;
pub use region::Region;

/// Memory handed out piece by piece and taken back all at once.
///
/// # Safety
///
/// An implementation promises:
///
/// - A block is valid for reads and writes of its layout, aligned to it, and apart from all others,
///   until it is given back, until [`reset`](Source::reset), or until the source is dropped.
/// - Moving a source moves no block.
/// - Where one block begins right behind another, the pointer to the one may be led on to the
///   other: they are parts of one allocation.
pub unsafe trait Source {
    /// A block for `layout`; `None` where there is no memory, or a limit is reached. A block of no
    /// bytes takes none.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Takes a block back before the others, where that costs nothing: the one that was handed out
    /// last, mostly.
    ///
    /// # Safety
    ///
    /// `block` came from [`allocate`](Source::allocate) of this source for `layout`, and nobody
    /// uses it any more.
    unsafe fn give_back(&self, block: NonNull<u8>, layout: Layout);

    /// A block with the contents of another one, which is taken back, for a larger layout; in its
    /// place where that can be. `None`, and the block is as before, where there is no memory.
    ///
    /// # Safety
    ///
    /// As [`give_back`](Source::give_back) for `old`, but for a failure; `new` is no smaller.
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        let target = self.allocate(new)?;
        // SAFETY: two blocks, both with as many bytes.
        unsafe { target.copy_from_nonoverlapping(block, old.size()) };
        // SAFETY: the caller's conditions.
        unsafe { self.give_back(block, old) };
        Some(target)
    }

    /// As [`grow`](Source::grow), for a smaller layout.
    ///
    /// # Safety
    ///
    /// As [`grow`](Source::grow), but `new` is no larger.
    unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if block.addr().get().is_multiple_of(new.align()) {
            return Some(block);
        }
        let target = self.allocate(new)?;
        // SAFETY: two blocks, both with as many bytes.
        unsafe { target.copy_from_nonoverlapping(block, new.size()) };
        // SAFETY: the caller's conditions.
        unsafe { self.give_back(block, old) };
        Some(target)
    }

    /// Takes all blocks back. Some memory is kept for those to come.
    ///
    /// # Safety
    ///
    /// Nobody uses any block any more.
    unsafe fn reset(&mut self);

    /// The bytes handed out, with those that only align, and those left over at the end of chunks
    /// that are full.
    fn used_bytes(&self) -> usize;

    /// The bytes held, handed out or not.
    fn reserved_bytes(&self) -> usize;
}

/// A source whose blocks stay where they are even if it is forgotten.
///
/// What is pinned must not lose its memory before it is destroyed. An arena destroys before it
/// resets or drops its source; but nobody need drop an arena. Where a forgotten source leaks its
/// memory, that is as well; where it gives borrowed memory back to its owner, a pinned object
/// would be overwritten alive.
///
/// # Safety
///
/// An implementation promises: the memory of a source that is forgotten, or whose borrow ends
/// without a drop, is never used again.
#[diagnostic::on_unimplemented(
    message = "the memory of `{Self}` is its owner's again when the arena is forgotten",
    note = "pinning needs memory that is leaked with the arena: `Bump`'s is"
)]
pub unsafe trait StaticSource: Source {}

/// A source of which more can be made, for scopes.
pub trait Spawn: Source {
    /// Another source of the same kind, without memory, and without what limits this one.
    fn spawn(&self) -> Self;

    /// Takes away what limits it, before it serves another scope.
    fn renew(&mut self) {}
}
