//! What an arena shares with its scopes: sources that are kept warm, and the census.
//!
//! ```text
//!   arena ── scope ── scope        the census counts for all of them
//!     │        │        │
//!     └── warm sources: taken when a scope begins, back when it ends
//! ```

use alloc::vec::Vec;
use core::cell::Cell;
use core::ptr::NonNull;

use crate::census::Census;
use crate::source::{Source, Spawn};

/// What is shared, or where it is.
///
/// # Invariants
///
/// 1. What `Elder` leads to is a `Head` that outlives this: that of an arena whose scope this
///    arena is of.
pub(crate) enum Family<C, S> {
    Head(Head<C, S>),
    Elder(NonNull<Head<C, S>>),
}

/// What is shared.
pub(crate) struct Head<C, S> {
    census: C,
    /// Sources without blocks in use.
    warm: Cell<Vec<S>>,
}

impl<C: Census, S: Source> Family<C, S> {
    #[inline]
    pub(crate) const fn new(census: C) -> Self {
        Self::Head(Head { census, warm: Cell::new(Vec::new()) })
    }

    #[inline]
    fn head(&self) -> &Head<C, S> {
        match self {
            Self::Head(head) => head,
            // SAFETY: invariant 1.
            Self::Elder(head) => unsafe { head.as_ref() },
        }
    }

    #[inline]
    pub(crate) fn census(&self) -> &C {
        &self.head().census
    }

    /// Whether this is the family's own arena, and no scope.
    pub(crate) const fn is_head(&self) -> bool {
        matches!(self, Self::Head(_))
    }

    /// The family of a scope.
    ///
    /// # Safety
    ///
    /// It is dropped before this one, which does not move meanwhile.
    #[inline]
    pub(crate) unsafe fn of_scope(&self) -> Self {
        // INVARIANT: 1 is the caller's condition.
        Self::Elder(NonNull::from(self.head()))
    }

    /// A source for a scope: a warm one, where there is one.
    #[inline]
    pub(crate) fn take(&self, like: &S) -> S
    where
        S: Spawn,
    {
        let mut warm = self.head().warm.take();
        let source = warm.pop();
        self.head().warm.set(warm);
        source.unwrap_or_else(|| like.spawn())
    }

    /// Keeps a source without blocks in use, where there is memory to know it by.
    #[inline]
    pub(crate) fn keep(&self, mut source: S)
    where
        S: Spawn,
    {
        source.renew();
        let mut warm = self.head().warm.take();
        if warm.try_reserve(1).is_ok() {
            warm.push(source);
        }
        self.head().warm.set(warm);
    }
}
