//! A block that is full of one mark, which is looked at when it is freed.

use core::ptr::NonNull;

use heapwright_malloc::{free, malloc};

pub(crate) const MEBIBYTE: usize = 1 << 20;

/// A block that may go to another thread.
pub(crate) struct Block(pub(crate) NonNull<u8>);

// SAFETY: blocks of the process's heap belong to no thread.
unsafe impl Send for Block {}

impl Block {
    /// A block whose bytes are all `mark`.
    pub(crate) fn of(size: usize, mark: u8) -> Self {
        let block = malloc(size).unwrap();
        // SAFETY: the block has as many bytes.
        unsafe { block.write_bytes(mark, size) };
        Self(block)
    }

    /// Frees the block, after a look at its bytes.
    pub(crate) fn give_back(self, size: usize, mark: u8) {
        // SAFETY: written when the block was made.
        let bytes = unsafe { core::slice::from_raw_parts(self.0.as_ptr(), size) };
        assert!(bytes.iter().all(|&byte| byte == mark), "size {size}");
        // SAFETY: freed once, as the value is gone.
        unsafe { free(self.0) };
    }
}
