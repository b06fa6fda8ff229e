//! `AlignedStorage`: bytes of a size and an alignment, for any type that fits.

use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::Placed;
use crate::Init;

/// The alignment `ALIGN` as a type. See [`SupportedAlign`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{Align, AlignedStorage, SupportedAlign};
///
/// /// A cache line of whichever size the processor has.
/// fn line<const ALIGN: usize>() -> AlignedStorage<ALIGN, ALIGN>
/// where
///     Align<ALIGN>: SupportedAlign,
/// {
///     AlignedStorage::new()
/// }
/// assert_eq!(align_of_val(&line::<128>()), 128);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Align<const ALIGN: usize>;

mod sealed {
    pub trait Sealed {
        /// What has no size and the alignment.
        type Aligned: Copy;
    }
}

/// The alignments that there are: the powers of two up to 65536.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Align, AlignedStorage, SupportedAlign};
///
/// struct Mailbox<const ALIGN: usize>
/// where
///     Align<ALIGN>: SupportedAlign,
/// {
///     messages: AlignedStorage<256, ALIGN>,
/// }
/// assert_eq!(align_of::<Mailbox<64>>(), 64);
/// ```
///
/// What is no power of two is no alignment:
///
/// ```compile_fail,E0277
/// let storage = heapwright_new::AlignedStorage::<256, 24>::new();
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is no alignment: powers of two up to 65536 are")]
pub trait SupportedAlign: sealed::Sealed {}

macro_rules! supported {
    ($($align:literal $name:ident),+ $(,)?) => { $(
        #[derive(Clone, Copy)]
        #[repr(align($align))]
        #[expect(unnameable_types, reason = "only its alignment matters")]
        pub struct $name;

        impl sealed::Sealed for Align<$align> {
            type Aligned = $name;
        }

        impl SupportedAlign for Align<$align> {}
    )+ };
}

supported! {
    1 Align1, 2 Align2, 4 Align4, 8 Align8, 16 Align16, 32 Align32, 64 Align64, 128 Align128,
    256 Align256, 512 Align512, 1024 Align1024, 2048 Align2048, 4096 Align4096, 8192 Align8192,
    16384 Align16384, 32768 Align32768, 65536 Align65536,
}

/// `SIZE` bytes aligned to `ALIGN`, in which an object of any type that fits can be placed: C++'s
/// `alignas(ALIGN) std::byte storage[SIZE]`.
///
/// Whether a type fits is checked when the program is built (by `cargo build`, not yet by `cargo
/// check`).
///
/// # Examples
///
/// ```
/// use heapwright_new::{AlignedStorage, value};
///
/// let mut storage = AlignedStorage::<64, 16>::new();
/// let number = storage.emplace(value(7_u128))?;
/// assert_eq!(*number, 7);
/// drop(number);
/// let name = storage.emplace(value(String::from("seven")))?;
/// assert_eq!(*name, "seven");
/// # Ok::<(), core::convert::Infallible>(())
/// ```
///
/// ```compile_fail
/// use heapwright_new::{AlignedStorage, value};
///
/// let mut storage = AlignedStorage::<8, 8>::new();
/// let number = storage.emplace(value(7_u128));
/// ```
#[repr(C)]
pub struct AlignedStorage<const SIZE: usize, const ALIGN: usize>
where
    Align<ALIGN>: SupportedAlign,
{
    align: [<Align<ALIGN> as sealed::Sealed>::Aligned; 0],
    bytes: [MaybeUninit<u8>; SIZE],
}

impl<const SIZE: usize, const ALIGN: usize> AlignedStorage<SIZE, ALIGN>
where
    Align<ALIGN>: SupportedAlign,
{
    /// Room for an object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::AlignedStorage;
    ///
    /// let mut page = AlignedStorage::<4096, 4096>::new(); // on the stack, uninitialised
    /// assert!(page.as_bytes_mut().as_ptr().addr().is_multiple_of(4096));
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { align: [], bytes: [const { MaybeUninit::uninit() }; SIZE] }
    }

    /// Builds an object at the start of these bytes.
    ///
    /// # Errors
    ///
    /// The constructor's; then nothing lives here.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{AlignedStorage, Placed, value};
    ///
    /// let mut line = AlignedStorage::<64, 64>::new();
    /// let counter = line.emplace(value(0_u32))?; // alone in its cache line
    /// assert!(Placed::as_ptr(&counter).addr().is_multiple_of(64));
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub fn emplace<T, I: Init<T>>(&mut self, init: I) -> Result<Placed<'_, T>, I::Error> {
        const {
            assert!(size_of::<T>() <= SIZE, "the storage is too small for this type");
            assert!(align_of::<T>() <= ALIGN, "the storage is not aligned enough for this type");
        }
        let object = NonNull::from(&mut self.bytes).cast::<T>();
        // SAFETY: the bytes are borrowed by this function alone, as many as a `T` has, and at a
        // multiple of its alignment, both of which are checked above.
        unsafe { init.pin_init_at(object.as_ptr()) }?;
        // SAFETY: built just now; the bytes are borrowed as long as the handle lives.
        Ok(unsafe { Placed::from_raw(object) })
    }

    /// The bytes, for [`place`](crate::place), [`place_array`](crate::place_array) or a
    /// [`Carver`](crate::Carver).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{AlignedStorage, place, value};
    ///
    /// let mut storage = AlignedStorage::<16, 8>::new();
    /// let (low, high) = storage.as_bytes_mut().split_at_mut(8);
    /// let first = place(low, value(1_u64))?;
    /// let second = place(high, value(2_u64))?;
    /// assert_eq!((*first, *second), (1, 2));
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    pub const fn as_bytes_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.bytes
    }
}

impl<const SIZE: usize, const ALIGN: usize> Default for AlignedStorage<SIZE, ALIGN>
where
    Align<ALIGN>: SupportedAlign,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize, const ALIGN: usize> fmt::Debug for AlignedStorage<SIZE, ALIGN>
where
    Align<ALIGN>: SupportedAlign,
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("AlignedStorage");
        shown.field("size", &SIZE).field("align", &ALIGN).finish()
    }
}
