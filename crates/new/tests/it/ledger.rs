//! An allocator that knows every block, sees each layout again when it goes back, and refuses on
//! demand.

use core::alloc::Layout;
use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use std::collections::HashMap;

use allocator_api2::alloc::{AllocError, Allocator, Global};

use crate::objects::Faults;

/// Blocks by address, and what may refuse the next one.
pub(crate) struct Ledger<'faults> {
    blocks: RefCell<HashMap<usize, Layout>>,
    faults: Option<&'faults Faults>,
    allocations: Cell<usize>,
}

impl<'faults> Ledger<'faults> {
    /// Never refuses.
    pub(crate) fn new() -> Ledger<'static> {
        Ledger { blocks: RefCell::default(), faults: None, allocations: Cell::new(0) }
    }

    /// Refuses where the faults say so.
    pub(crate) fn refusing(faults: &'faults Faults) -> Self {
        Self { blocks: RefCell::default(), faults: Some(faults), allocations: Cell::new(0) }
    }

    /// Blocks that did not come back.
    pub(crate) fn live(&self) -> usize {
        self.blocks.borrow().len()
    }

    /// Blocks that went out.
    pub(crate) fn allocations(&self) -> usize {
        self.allocations.get()
    }

    /// The layout of the only block that is out.
    pub(crate) fn only_layout(&self) -> Layout {
        let blocks = self.blocks.borrow();
        assert_eq!(blocks.len(), 1, "one block is out");
        *blocks.values().next().expect("there is one")
    }
}

impl Drop for Ledger<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.live(), 0, "blocks did not come back");
        }
    }
}

// SAFETY: the blocks are the global allocator's.
unsafe impl Allocator for Ledger<'_> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        assert_ne!(layout.size(), 0, "what has no size needs no memory");
        if self.faults.is_some_and(Faults::refuses) {
            return Err(AllocError);
        }
        let block = Global.allocate(layout)?;
        let known = self.blocks.borrow_mut().insert(block.cast::<u8>().addr().get(), layout);
        assert_eq!(known, None, "a block is out already");
        self.allocations.set(self.allocations.get() + 1);
        Ok(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let known = self.blocks.borrow_mut().remove(&block.addr().get());
        assert_eq!(known, Some(layout), "a block comes back once, as it went out");
        // SAFETY: it is of the global allocator, for this layout.
        unsafe { Global.deallocate(block, layout) };
    }
}
