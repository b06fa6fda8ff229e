//! Objects that the arena does not destroy: without a destructor, or with a handle that does.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::slice;

use heapwright_new::{BadAlloc, Init, NewError, Placed};

use super::{Arena, refused};
use crate::census::Census;
use crate::mode::Mode;
use crate::source::Source;

impl<M: Mode, C: Census, S: Source> Arena<'_, M, C, S> {
    #[inline]
    fn block(&self, layout: Layout) -> Result<NonNull<u8>, BadAlloc> {
        self.source.allocate(layout).ok_or_else(|| refused(layout))
    }

    /// Builds an object without a destructor.
    ///
    /// A type with one is refused when the program is built: see [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// Siblings in a circle:
    ///
    /// ```
    /// use core::cell::Cell;
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// struct Node<'a> {
    ///     next: Cell<Option<&'a Node<'a>>>,
    /// }
    ///
    /// let arena = Arena::new();
    /// let node = || value(Node { next: Cell::new(None) });
    /// let (first, second) = (&*arena.alloc(node())?, &*arena.alloc(node())?);
    /// first.next.set(Some(second));
    /// second.next.set(Some(first));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    ///
    /// ```compile_fail,E0080
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// Arena::new().alloc(value(String::new())); // its destructor would never run
    /// ```
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "each call builds another object")]
    pub fn alloc<T, I: Init<T>>(&self, init: I) -> Result<&mut T, NewError<I::Error>> {
        const {
            assert!(!core::mem::needs_drop::<T>(), "the type has a destructor: `create` it");
        }
        let object = self.build_unlisted(init)?;
        // SAFETY: built just now, and lent no longer than the arena.
        Ok(unsafe { &mut *object.as_ptr() })
    }

    /// Copies a slice.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    ///
    /// let arena = Arena::new();
    /// let mut stack = vec![3, 1, 2]; // used again for the next path
    /// let path = arena.alloc_slice(&stack)?;
    /// stack.clear();
    /// path.sort_unstable();
    /// assert_eq!(path, [1, 2, 3]);
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "each call makes another slice")]
    pub fn alloc_slice<T: Copy>(&self, slice: &[T]) -> Result<&mut [T], BadAlloc> {
        let block = self.block(Layout::for_value(slice))?.cast::<T>().as_ptr();
        // SAFETY: there is room for the slice, apart from it.
        unsafe { block.copy_from_nonoverlapping(slice.as_ptr(), slice.len()) };
        // SAFETY: written just now, and lent no longer than the arena.
        Ok(unsafe { slice::from_raw_parts_mut(block, slice.len()) })
    }

    /// Copies a string.
    ///
    /// # Errors
    ///
    /// [`BadAlloc`] where there is no memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    ///
    /// let arena = Arena::new();
    /// let mut line = String::from("let count = 1");
    /// let keyword: &str = arena.alloc_str(&line[..3])?;
    /// line.clear(); // for the next line
    /// assert_eq!(keyword, "let");
    /// # Ok::<(), heapwright_new::BadAlloc>(())
    /// ```
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "each call makes another string")]
    pub fn alloc_str(&self, string: &str) -> Result<&mut str, BadAlloc> {
        let bytes = self.alloc_slice(string.as_bytes())?;
        // SAFETY: a copy of a string.
        Ok(unsafe { core::str::from_utf8_unchecked_mut(bytes) })
    }

    /// Builds an object that the handle destroys when it goes; its memory stays the arena's.
    ///
    /// It may refer to siblings. Forgotten, it is never destroyed.
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// struct Report<'a>(&'a str);
    /// impl Drop for Report<'_> {
    ///     fn drop(&mut self) {
    ///         assert_eq!(self.0, "a sibling");
    ///     }
    /// }
    ///
    /// let arena = Arena::new();
    /// let sibling = arena.alloc_str("a sibling")?;
    /// let report = arena.own(value(Report(sibling)))?;
    /// drop(report);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub fn own<T, I: Init<T>>(&self, init: I) -> Result<Placed<'_, T>, NewError<I::Error>> {
        let object = self.build_unlisted(init)?;
        // SAFETY: built just now; its memory stays as long as the arena is borrowed.
        Ok(unsafe { Placed::from_raw(object) })
    }

    #[inline]
    fn build_unlisted<T, I: Init<T>>(&self, init: I) -> Result<NonNull<T>, NewError<I::Error>> {
        let block = self.block(Layout::new::<T>())?;
        let object = block.cast::<T>();
        // SAFETY: a block for a `T` that is nobody else's.
        match unsafe { init.pin_init_at(object.as_ptr()) } {
            Ok(()) => Ok(object),
            Err(error) => {
                // SAFETY: handed out above; nothing lives there.
                unsafe { self.source.give_back(block, Layout::new::<T>()) };
                Err(NewError::Construct(error))
            }
        }
    }
}
