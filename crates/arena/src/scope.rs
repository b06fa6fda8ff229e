//! Scopes: arenas inside of an arena, for what is needed no longer than a call.
//!
//! ```text
//!   arena    ├─ a ─ b ────────────────────────────── c ─┤    may create meanwhile
//!   scope            ├─ d ─ e ─┤ e, d destroyed, its memory stays warm for the next scope
//! ```
//!
//! A scope has a source of its own, so the arena outside can be used while it lasts, and what is
//! created inside may refer to what is outside, in its destructor too.

use core::mem::ManuallyDrop;
use core::ptr;

use crate::Arena;
use crate::census::Census;
use crate::mode::Mode;
use crate::source::Spawn;

/// A scope's arena. Dropped, at its end or by a panic, it destroys the objects and gives the source
/// back to the family.
struct Scope<'a, M: Mode, C: Census, S: Spawn> {
    arena: ManuallyDrop<Arena<'a, M, C, S>>,
}

impl<M: Mode, C: Census, S: Spawn> Drop for Scope<'_, M, C, S> {
    #[inline]
    fn drop(&mut self) {
        /// Gives the source of an empty arena back, also where a destructor panicked.
        struct Ended<'a, 'env, M: Mode, C: Census, S: Spawn>(&'a mut Arena<'env, M, C, S>);

        impl<M: Mode, C: Census, S: Spawn> Drop for Ended<'_, '_, M, C, S> {
            #[inline]
            fn drop(&mut self) {
                // SAFETY: valid for reads; the arena is neither used nor dropped after this, and
                // owns nothing else: it is no head of a family, and has no runs.
                let source = unsafe { ptr::read(&raw const self.0.source) };
                self.0.family.keep(source);
            }
        }

        Ended(&mut self.arena).0.reset();
    }
}

impl<M: Mode, C: Census, S: Spawn> Arena<'_, M, C, S> {
    /// Lends `work` an arena of its own, and destroys what it created there at its end.
    ///
    /// The memory stays warm for the next scope. Objects outside can be used and created in the
    /// meantime, and those inside may refer to them; nothing inside leaves the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::{NewError, array_from_fn, value};
    ///
    /// let arena = Arena::new();
    /// let total = arena.create(value(vec![0_u64]))?;
    /// for frame in 1..=3 {
    ///     arena.scope(|scope| {
    ///         let batch = scope.create(array_from_fn::<_, _, 256>(|_| value(frame)))?;
    ///         total[0] += batch.iter().sum::<u64>();
    ///         Ok::<(), NewError<_>>(())
    ///     })?;
    /// }
    /// assert_eq!(total[0], 256 * (1 + 2 + 3));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    ///
    /// ```compile_fail
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let leaves = arena.scope(|scope| scope.alloc(value(7)).unwrap());
    /// ```
    #[inline]
    pub fn scope<'a, R>(&'a self, work: impl FnOnce(&Arena<'a, M, C, S>) -> R) -> R {
        let source = self.family.take(&self.source);
        // SAFETY: the scope ends before this call does, and this arena is borrowed as long.
        let family = unsafe { self.family.of_scope() };
        let arena = ManuallyDrop::new(Arena::with_family(source, family));
        let scope = Scope { arena };
        work(&scope.arena)
    }
}
