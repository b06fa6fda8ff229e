//! Why an object could not be made: no memory, no room, or its constructor said no.
//!
//! ```text
//!   new        NewError<E>   = Alloc(BadAlloc)       | Construct(E)
//!   placement  PlaceError<E> = Storage(StorageError) | Construct(E)
//! ```
//!
//! `E` is the constructor's own error. Whichever it is, no object and no memory is left behind.

use core::alloc::Layout;
use core::convert::Infallible;

use thiserror::Error;

/// Why there is no memory for an object.
///
/// # Examples
///
/// ```
/// use heapwright_new::{BadAlloc, OwnedArray};
///
/// let refused = OwnedArray::<u64>::try_new_uninit(usize::MAX).unwrap_err();
/// assert_eq!(refused, BadAlloc::BadArrayNewLength { len: usize::MAX, element_bytes: 8 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadAlloc {
    /// The allocator refused, and no new-handler helped.
    #[error("no memory for {size} bytes aligned to {align}")]
    Exhausted {
        /// The size asked for, in bytes.
        size: usize,
        /// The alignment asked for, in bytes.
        align: usize,
    },
    /// No array can have so many elements: its size would exceed `isize::MAX`. C++ throws
    /// `std::bad_array_new_length`.
    #[error("an array of {len} elements of {element_bytes} bytes each is too long")]
    BadArrayNewLength {
        /// The number of elements asked for.
        len: usize,
        /// The size of one, in bytes.
        element_bytes: usize,
    },
}

impl BadAlloc {
    /// An allocator refused `layout`.
    ///
    /// # Examples
    ///
    /// In an allocating function of one's own:
    ///
    /// ```
    /// use core::{alloc::Layout, ptr::NonNull};
    /// use heapwright_new::{Allocator, BadAlloc, polymorphic::NullAllocator};
    ///
    /// fn buffer<A: Allocator>(layout: Layout, allocator: A) -> Result<NonNull<[u8]>, BadAlloc> {
    ///     allocator.allocate(layout).map_err(|_| BadAlloc::exhausted(layout))
    /// }
    /// let refused = buffer(Layout::new::<u64>(), NullAllocator).unwrap_err();
    /// assert_eq!(refused.to_string(), "no memory for 8 bytes aligned to 8");
    /// ```
    #[must_use]
    pub const fn exhausted(layout: Layout) -> Self {
        Self::Exhausted { size: layout.size(), align: layout.align() }
    }
}

/// Why `new` made no object: there was no memory, or the constructor failed.
///
/// # Examples
///
/// ```
/// use heapwright_new::{NewError, Owned};
///
/// let error = Owned::try_new_with("seven".parse::<u32>()).unwrap_err();
/// assert!(matches!(error, NewError::Construct(_)));
/// assert_eq!(error.to_string(), "the constructor failed: invalid digit found in string");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NewError<E> {
    /// There is no memory.
    #[error(transparent)]
    Alloc(#[from] BadAlloc),
    /// There was memory, which went back; the constructor failed.
    #[error("the constructor failed: {0}")]
    Construct(#[source] E),
}

impl<E> NewError<E> {
    /// The same failure, with the constructor's error made into another one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Owned;
    ///
    /// let width = Owned::try_new_with("wide".parse::<u32>());
    /// let error = width.unwrap_err().map_construct(|_| "no width");
    /// assert_eq!(error.to_string(), "the constructor failed: no width");
    /// ```
    pub fn map_construct<F>(self, change: impl FnOnce(E) -> F) -> NewError<F> {
        match self {
            Self::Alloc(refused) => NewError::Alloc(refused),
            Self::Construct(error) => NewError::Construct(change(error)),
        }
    }
}

impl NewError<Infallible> {
    /// What is left where the constructor cannot fail.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::polymorphic::NullAllocator;
    /// use heapwright_new::{BadAlloc, NewError, Owned, zeroed};
    ///
    /// fn page() -> Result<Owned<[u8; 4096], NullAllocator>, BadAlloc> {
    ///     Owned::try_new_with_in(zeroed(), NullAllocator).map_err(NewError::into_bad_alloc)
    /// }
    /// assert_eq!(page().unwrap_err(), BadAlloc::Exhausted { size: 4096, align: 1 });
    /// ```
    #[must_use]
    pub fn into_bad_alloc(self) -> BadAlloc {
        match self {
            Self::Alloc(refused) => refused,
            Self::Construct(never) => match never {},
        }
    }
}

/// Why storage cannot hold an object.
///
/// # Examples
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::{PlaceError, StorageError, place, value};
///
/// let mut bytes = [MaybeUninit::uninit(); 4];
/// let error = place(&mut bytes, value([0_u8; 8])).unwrap_err();
/// assert_eq!(error, PlaceError::Storage(StorageError::TooSmall { has: 4, needed: 8 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// It has too few bytes.
    #[error("storage of {has} bytes cannot hold {needed}")]
    TooSmall {
        /// The bytes that are there.
        has: usize,
        /// The bytes that are needed, with those that only align.
        needed: usize,
    },
    /// Its first byte lies at no multiple of the alignment that the type needs.
    #[error("storage aligned to {has} bytes cannot hold what is aligned to {needed}")]
    Misaligned {
        /// The largest power of two that divides the address.
        has: usize,
        /// The alignment of the type, in bytes.
        needed: usize,
    },
    /// An object lives in it, or is being built.
    #[error("the storage is taken")]
    Occupied,
}

/// Why placement made no object: the storage cannot hold it, or the constructor failed.
///
/// # Examples
///
/// ```
/// use heapwright_new::{PlaceError, place};
/// use core::mem::MaybeUninit;
///
/// let read = |bytes: &mut [MaybeUninit<u8>], text: &str| match place(bytes, text.parse::<u8>()) {
///     Ok(number) => format!("got {}", *number),
///     Err(PlaceError::Storage(_)) => String::from("more room"),
///     Err(PlaceError::Construct(_)) => String::from("another number"),
/// };
/// let mut byte = [MaybeUninit::uninit()];
/// assert_eq!(read(&mut byte, "7"), "got 7");
/// assert_eq!(read(&mut byte, "777"), "another number");
/// assert_eq!(read(&mut [], "7"), "more room");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PlaceError<E> {
    /// The storage cannot hold the object.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It could, but the constructor failed.
    #[error("the constructor failed: {0}")]
    Construct(#[source] E),
}

/// Why a slice could not be copied into an array: the lengths differ.
///
/// # Examples
///
/// ```
/// use heapwright_new::{LengthMismatch, NewError, Owned, copy_from};
///
/// fn key(text: &[u8]) -> Result<Owned<[u8; 16]>, NewError<LengthMismatch>> {
///     Owned::try_new_with(copy_from(text))
/// }
/// let Err(NewError::Construct(short)) = key(b"secret") else { panic!("six are not sixteen") };
/// assert_eq!(short.expected - short.found, 10);
/// assert_eq!(short.to_string(), "6 elements cannot fill an array of 16");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{found} elements cannot fill an array of {expected}")]
pub struct LengthMismatch {
    /// The number of elements of the array.
    pub expected: usize,
    /// The number of elements to be copied.
    pub found: usize,
}
