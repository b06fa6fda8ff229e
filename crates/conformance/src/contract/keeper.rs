//! The keeper: an allocator whose every answer is checked.
//!
//! Each block goes into the shadow, is filled with its pattern to its whole length, and is
//! checked before it is resized or given back. The checks of the contract are then only the
//! questions.

use core::alloc::Layout;
use core::hint::black_box;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use crate::pattern;
use crate::shadow::Shadow;

/// A live block, filled with the pattern of `id`.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) payload: NonNull<[u8]>,
    pub(super) layout: Layout,
    id: u64,
}

impl Block {
    /// The same block, passed on under another size that fits it.
    pub(super) fn with_size(self, size: usize) -> Self {
        Self { layout: layout(size, self.layout.align()), ..self }
    }

    fn start(&self) -> NonNull<u8> {
        self.payload.cast()
    }
}

/// A layout of the checks' own making.
pub(super) fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("the checks ask for valid layouts")
}

/// Whether a grown block's new bytes must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewBytes {
    Anything,
    Zero,
}

/// An allocator whose every answer is checked.
pub(super) struct Keeper<'a> {
    allocator: &'a dyn Allocator,
    shadow: Shadow,
    next_id: u64,
}

impl<'a> Keeper<'a> {
    pub(super) const fn new(allocator: &'a dyn Allocator) -> Self {
        Self { allocator, shadow: Shadow::new(), next_id: 0 }
    }

    /// A block, filled; a refusal is an error.
    pub(super) fn allocate(&mut self, layout: Layout) -> Result<Block, String> {
        self.try_allocate(layout)?.ok_or_else(|| format!("{layout:?} was refused"))
    }

    /// A block, filled, or `None` where the allocator refuses.
    pub(super) fn try_allocate(&mut self, layout: Layout) -> Result<Option<Block>, String> {
        // The optimiser may drop an allocation that is not used, and assume that it succeeds.
        match black_box(self.allocator.allocate(layout)) {
            Ok(payload) => self.accept(payload, layout).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A block that was zero to its end, filled; a refusal is an error.
    pub(super) fn allocate_zeroed(&mut self, layout: Layout) -> Result<Block, String> {
        let payload = black_box(self.allocator.allocate_zeroed(layout))
            .map_err(|_| format!("zeroed {layout:?} was refused"))?;
        // SAFETY: the allocator's memory is valid (`Allocator`), and it says that it is zeroed.
        let nonzero = unsafe { pattern::first_nonzero(payload.cast(), payload.len()) };
        if let Some(offset) = nonzero {
            return Err(format!("byte {offset} of zeroed {layout:?} is not zero"));
        }
        self.accept(payload, layout)
    }

    /// Checks a block and gives it back.
    pub(super) fn deallocate(&mut self, block: Block) -> Result<(), String> {
        self.check(&block)?;
        self.forget(&block)?;
        // SAFETY: the block is live, and its layout fits it.
        unsafe { self.allocator.deallocate(block.start(), block.layout) };
        Ok(())
    }

    /// Checks and gives back all of `blocks`, in their order.
    pub(super) fn deallocate_all(
        &mut self,
        blocks: impl IntoIterator<Item = Block>,
    ) -> Result<(), String> {
        blocks.into_iter().try_for_each(|block| self.deallocate(block))
    }

    /// Grows a block by `grow` or `grow_zeroed`; a refusal is an error.
    pub(super) fn grow(
        &mut self,
        block: Block,
        new: Layout,
        new_bytes: NewBytes,
    ) -> Result<Block, String> {
        self.check(&block)?;
        let (start, old) = (block.start(), block.layout);
        let grown = match new_bytes {
            // SAFETY: the block is live, `old` fits it, and the callers grow.
            NewBytes::Anything => unsafe { self.allocator.grow(start, old, new) },
            // SAFETY: as above.
            NewBytes::Zero => unsafe { self.allocator.grow_zeroed(start, old, new) },
        };
        let payload = grown.map_err(|_| format!("growing {old:?} to {new:?} was refused"))?;
        self.forget(&block)?;
        check_kept(&block, payload, old.size())?;
        if new_bytes == NewBytes::Zero {
            check_new_bytes(&block, payload)?;
        }
        self.accept(payload, new)
    }

    /// Shrinks a block; a refusal is an error.
    pub(super) fn shrink(&mut self, block: Block, new: Layout) -> Result<Block, String> {
        self.check(&block)?;
        let old = block.layout;
        // SAFETY: the block is live, `old` fits it, and the callers shrink.
        let shrunk = unsafe { self.allocator.shrink(block.start(), old, new) };
        let payload = shrunk.map_err(|_| format!("shrinking {old:?} to {new:?} was refused"))?;
        self.forget(&block)?;
        check_kept(&block, payload, new.size())?;
        self.accept(payload, new)
    }

    /// Asks for a resize that must be refused, and checks that the block is as it was.
    pub(super) fn refused_resize(&mut self, block: &Block, new: Layout) -> Result<(), String> {
        let (start, old) = (block.start(), block.layout);
        // The optimiser may drop an allocation that is not used, and assume that it succeeds.
        let granted = if new.size() < old.size() {
            // SAFETY: the block is live, `old` fits it, and `new` is smaller.
            black_box(unsafe { self.allocator.shrink(start, old, new) }).is_ok()
        } else {
            // SAFETY: the block is live, `old` fits it, and `new` is not smaller.
            let grown = black_box(unsafe { self.allocator.grow(start, old, new) }).is_ok();
            // SAFETY: as above; a `grow` that was granted wrongly is not followed by another.
            grown || black_box(unsafe { self.allocator.grow_zeroed(start, old, new) }).is_ok()
        };
        if granted {
            return Err(format!("resizing {old:?} to {new:?} was granted"));
        }
        self.check(block).map_err(|what| format!("after a refused resize to {new:?}: {what}"))
    }

    /// Checks that a block holds its pattern to its whole length.
    pub(super) fn check(&self, block: &Block) -> Result<(), String> {
        check_kept(block, block.payload, block.payload.len())
            .map_err(|what| format!("a live block changed: {what}"))
    }

    fn accept(&mut self, payload: NonNull<[u8]>, layout: Layout) -> Result<Block, String> {
        self.shadow.allocate(payload, layout).map_err(|violation| format!("{violation:x?}"))?;
        let id = self.next_id;
        self.next_id += 1;
        // SAFETY: the allocator's memory is valid (`Allocator`), and by the shadow no other
        // live block shares it.
        unsafe { pattern::fill(payload, id) };
        Ok(Block { payload, layout, id })
    }

    fn forget(&mut self, block: &Block) -> Result<(), String> {
        let forgotten = self.shadow.deallocate(block.start());
        forgotten.map(|_| ()).map_err(|violation| format!("{violation:x?}"))
    }
}

/// Checks that the first `len` bytes at `payload` are those that `block` was filled with.
fn check_kept(block: &Block, payload: NonNull<[u8]>, len: usize) -> Result<(), String> {
    if payload.len() < len {
        return Err(format!("{len} bytes were to be kept, and the block has {}", payload.len()));
    }
    // SAFETY: the allocator's memory is valid (`Allocator`), and this much of it was filled.
    match unsafe { pattern::first_damage(payload.cast(), len, block.id) } {
        Some(offset) => Err(format!("byte {offset} of {len} of {:?} was lost", block.layout)),
        None => Ok(()),
    }
}

/// Checks what `grow_zeroed` says of the bytes after the old layout: up to the old block's true
/// end each is kept or zero, and from there to the new block's true end each is zero.
fn check_new_bytes(block: &Block, payload: NonNull<[u8]>) -> Result<(), String> {
    // SAFETY: the allocator's memory is valid, initialised by the zeroing, and not shared.
    let bytes = unsafe { payload.as_ref() };
    let old_end = block.payload.len().min(bytes.len());
    let mut kept = vec![0; old_end];
    // SAFETY: the vector is exclusively ours.
    unsafe { pattern::fill(NonNull::from(&mut kept[..]), block.id) };
    for offset in block.layout.size()..bytes.len() {
        let allowed = bytes[offset] == 0 || (offset < old_end && bytes[offset] == kept[offset]);
        if !allowed {
            return Err(format!(
                "byte {offset} of {} is neither zero nor kept after growing {:?}",
                bytes.len(),
                block.layout
            ));
        }
    }
    Ok(())
}
