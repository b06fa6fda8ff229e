//! The breaks of the matrix as one type, so that a heap is compiled once a fit and not once a
//! pair.

use core::ptr::NonNull;

use heapwright_break::{Break, BreakError, FixedBreak, Growth, ProgramBreak, ReservedBreak};
use heapwright_conformance::failing_break::FailingBreak;
use heapwright_conformance::gappy_break::GappyBreak;

/// One of the breaks that heaps are tested on.
#[derive(Debug)]
pub(crate) enum Source {
    Fixed(FixedBreak<'static>),
    Reserved(ReservedBreak),
    Program(ProgramBreak),
    Gappy(Box<GappyBreak<ReservedBreak>>),
    Failing(FailingBreak<ReservedBreak>),
}

impl Source {
    /// Whether nobody wrote to a gap, where this break has any.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Gappy(source) => source.check_gaps().map_err(|gap| format!("{gap:x?}")),
            _ => Ok(()),
        }
    }
}

/// The same call on whichever break it is.
macro_rules! forward {
    ($self:ident, $source:ident => $call:expr) => {
        match $self {
            Source::Fixed($source) => $call,
            Source::Reserved($source) => $call,
            Source::Program($source) => $call,
            Source::Gappy($source) => $call,
            Source::Failing($source) => $call,
        }
    };
}

// SAFETY: every guarantee is that of the break inside, which never changes.
unsafe impl Break for Source {
    fn start(&self) -> Option<NonNull<u8>> {
        forward!(self, source => source.start())
    }

    fn len(&self) -> usize {
        forward!(self, source => source.len())
    }

    fn capacity(&self) -> usize {
        forward!(self, source => source.capacity())
    }

    fn page_size(&self) -> usize {
        forward!(self, source => source.page_size())
    }

    fn grow(&mut self, bytes: usize) -> Result<Growth, BreakError> {
        forward!(self, source => source.grow(bytes))
    }

    unsafe fn shrink(&mut self, bytes: usize) -> Result<(), BreakError> {
        // SAFETY: the caller's conditions.
        forward!(self, source => unsafe { source.shrink(bytes) })
    }

    unsafe fn discard(&self, pages: NonNull<[u8]>) {
        // SAFETY: the caller's conditions.
        forward!(self, source => unsafe { source.discard(pages) })
    }
}
