//! `Storage`: exactly the bytes of a `T`.

use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::Placed;
use crate::Init;

/// Room for one `T`, of its size and alignment and nothing more: C++'s
/// `std::aligned_storage<sizeof(T), alignof(T)>::type`, which C++23 deprecates.
///
/// It does not know whether an object lives in it. The handle does, and destroys it; where the
/// handle is forgotten the object leaks.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Storage, value};
///
/// struct MyData {
///     number: i32,
/// }
///
/// impl MyData {
///     fn new(number: i32) -> Self {
///         Self { number }
///     }
///
///     fn add(&mut self, more: i32) {
///         self.number += more;
///     }
/// }
///
/// let mut data = Storage::<MyData>::new(); // on the stack, uninitialised
/// let mut p = data.emplace(value(MyData::new(2)))?; // constructs in `data`, allocates nothing
/// p.add(1);
/// assert_eq!(p.number, 3);
/// drop(p); // runs the destructor; there is no way to `delete` it
/// # Ok::<(), core::convert::Infallible>(())
/// ```
///
/// A handle does not outlive its storage:
///
/// ```compile_fail,E0505
/// use heapwright_new::{Storage, value};
///
/// let mut data = Storage::<String>::new();
/// let p = data.emplace(value(String::new())).unwrap();
/// let moved = data;
/// drop(p);
/// ```
#[repr(transparent)]
pub struct Storage<T> {
    bytes: MaybeUninit<T>,
}

impl<T> Storage<T> {
    /// Room for an object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::Storage;
    ///
    /// let storage = Storage::<[u64; 4]>::new();
    /// assert_eq!(size_of_val(&storage), 32); // no flag beside it
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: MaybeUninit::uninit() }
    }

    /// Builds an object in these bytes.
    ///
    /// # Errors
    ///
    /// The constructor's; then nothing lives here.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Storage, init, value, zeroed};
    ///
    /// struct Frame {
    ///     id: u32,
    ///     pixels: [u8; 4096],
    /// }
    ///
    /// let mut storage = Storage::new();
    /// let frame = storage.emplace(init!(Frame { id <- value(7), pixels <- zeroed() }))?;
    /// assert_eq!((frame.id, frame.pixels[4095]), (7, 0));
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[inline]
    pub fn emplace<I: Init<T>>(&mut self, init: I) -> Result<Placed<'_, T>, I::Error> {
        let object = NonNull::from(&mut self.bytes).cast::<T>();
        // SAFETY: the bytes are for a `T`, and borrowed by this function alone.
        unsafe { init.pin_init_at(object.as_ptr()) }?;
        // SAFETY: built just now; the bytes are borrowed as long as the handle lives.
        Ok(unsafe { Placed::from_raw(object) })
    }
}

impl<T> Default for Storage<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Storage<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Storage").finish_non_exhaustive()
    }
}
