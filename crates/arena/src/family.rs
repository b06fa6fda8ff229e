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
    /// A source without blocks in use: that of the scope that ended last. Where there is one scope
    /// at a time, it is the only one.
    warm: Cell<Option<S>>,
    /// More of them, where there were scopes in scopes.
    others: Cell<Vec<S>>,
}

impl<C: Census, S: Source> Family<C, S> {
    #[inline]
    pub(crate) const fn new(census: C) -> Self {
        Self::Head(Head { census, warm: Cell::new(None), others: Cell::new(Vec::new()) })
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
        self.head().warm.take().unwrap_or_else(|| self.head().take_other(like))
    }

    /// Keeps a source without blocks in use, where there is memory to know it by.
    #[inline]
    pub(crate) fn keep(&self, mut source: S)
    where
        S: Spawn,
    {
        source.renew();
        if let Some(before) = self.head().warm.replace(Some(source)) {
            self.head().keep_other(before);
        }
    }
}

impl<C, S> Head<C, S> {
    #[cold]
    fn take_other(&self, like: &S) -> S
    where
        S: Spawn,
    {
        let mut others = self.others.take();
        let source = others.pop();
        self.others.set(others);
        source.unwrap_or_else(|| like.spawn())
    }

    #[cold]
    fn keep_other(&self, source: S) {
        let mut others = self.others.take();
        if others.try_reserve(1).is_ok() {
            others.push(source);
        }
        self.others.set(others);
    }
}
