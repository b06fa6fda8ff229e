//! The two breaks of a process as one type, for whoever chooses at run time.

use core::ptr::NonNull;

use crate::{Break, BreakError, Growth, ProgramBreak, ReservedBreak};

/// A [`ProgramBreak`] or a [`ReservedBreak`], chosen at run time.
///
/// # Examples
///
/// ```
/// use heapwright_break::{Break, ProcessBreak, ReservedBreak};
///
/// let mut source = ProcessBreak::Reserved(ReservedBreak::new(1 << 20));
/// assert_eq!(source.grow(1)?.gap_bytes, 0);
/// # Ok::<(), heapwright_break::BreakError>(())
/// ```
#[derive(Debug)]
pub enum ProcessBreak {
    // First, so that one in a `static` that has no memory yet is all zeros.
    /// Address space of its own.
    Reserved(ReservedBreak),
    /// The process's own break.
    Program(ProgramBreak),
}

// SAFETY: every method is that of the break inside, which keeps the guarantees.
unsafe impl Break for ProcessBreak {
    fn start(&self) -> Option<NonNull<u8>> {
        match self {
            Self::Program(source) => source.start(),
            Self::Reserved(source) => source.start(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Program(source) => source.len(),
            Self::Reserved(source) => source.len(),
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Program(source) => source.capacity(),
            Self::Reserved(source) => source.capacity(),
        }
    }

    fn page_size(&self) -> usize {
        match self {
            Self::Program(source) => source.page_size(),
            Self::Reserved(source) => source.page_size(),
        }
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        match self {
            Self::Program(source) => source.grow(bytes),
            Self::Reserved(source) => source.grow(bytes),
        }
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        match self {
            // SAFETY: the caller's conditions are those of the break inside.
            Self::Program(source) => unsafe { source.shrink(bytes) },
            // SAFETY: as above.
            Self::Reserved(source) => unsafe { source.shrink(bytes) },
        }
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        match self {
            // SAFETY: the caller's conditions are those of the break inside.
            Self::Program(source) => unsafe { source.discard(pages) },
            // SAFETY: as above.
            Self::Reserved(source) => unsafe { source.discard(pages) },
        }
    }
}
