//! `StaticStorage`: room in a `static`, for whoever comes first.

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::{Init, PinInit, PlaceError, StorageError};

/// Room for one `T` in a `static`. The first to build an object there has it for ever; everybody
/// else is told that it is taken. Where a constructor fails or panics, the next one may try.
///
/// # Invariants
///
/// 1. Where `is_taken`, the bytes are those of whoever set it.
///
/// # Examples
///
/// ```
/// use heapwright_new::{PlaceError, StaticStorage, StorageError, value};
///
/// static BUFFER: StaticStorage<[u8; 512]> = StaticStorage::new();
///
/// let buffer: &'static mut [u8; 512] = BUFFER.emplace(value([0; 512])).unwrap();
/// buffer[0] = 1;
/// let second = BUFFER.emplace(value([0; 512])).unwrap_err();
/// assert_eq!(second, PlaceError::Storage(StorageError::Occupied));
/// ```
pub struct StaticStorage<T> {
    is_taken: AtomicBool,
    bytes: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the bytes are used by one thread alone: the one that took them, or, if its constructor
// failed, the one that takes them afterwards. The object is built, lent and kept there, so it need
// not be `Send`.
unsafe impl<T> Sync for StaticStorage<T> {}

/// Gives the storage free again, unless it is forgotten.
struct Taken<'storage>(&'storage AtomicBool);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl<T> StaticStorage<T> {
    /// Room for an object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{StaticStorage, value};
    ///
    /// static ARGUMENTS: StaticStorage<Vec<String>> = StaticStorage::new(); // filled at the start
    ///
    /// let found = std::env::args().collect();
    /// let arguments: &'static [String] = ARGUMENTS.emplace(value(found)).unwrap();
    /// assert!(!arguments.is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: 1 holds of nobody.
        Self { is_taken: AtomicBool::new(false), bytes: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Builds an object, which stays for ever: its destructor does not run.
    ///
    /// # Errors
    ///
    /// [`StorageError::Occupied`] where somebody was faster; else the constructor's.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::StaticStorage;
    ///
    /// static LIMIT: StaticStorage<u32> = StaticStorage::new();
    ///
    /// assert!(LIMIT.emplace("many".parse::<u32>()).is_err()); // is not taken thereby
    /// let limit = LIMIT.emplace("100".parse::<u32>())?;
    /// *limit += 1;
    /// assert_eq!(*limit, 101);
    /// # Ok::<(), heapwright_new::PlaceError<core::num::ParseIntError>>(())
    /// ```
    #[expect(clippy::mut_from_ref, reason = "lent to one caller alone, once for all")]
    pub fn emplace<I: Init<T>>(
        &'static self,
        init: I,
    ) -> Result<&'static mut T, PlaceError<I::Error>> {
        let object = self.emplace_pin(init)?;
        // SAFETY: an `Init` builds what may be moved.
        Ok(unsafe { Pin::get_unchecked_mut(object) })
    }

    /// Builds an object, which stays there for ever: its destructor does not run.
    ///
    /// # Errors
    ///
    /// [`StorageError::Occupied`] where somebody was faster; else the constructor's.
    ///
    /// # Examples
    ///
    /// A task that stays for ever, without a heap:
    ///
    /// ```
    /// use core::future::{Future, Ready, ready};
    /// use core::task::{Context, Poll, Waker};
    /// use heapwright_new::{StaticStorage, value};
    ///
    /// static TASK: StaticStorage<Ready<u32>> = StaticStorage::new();
    ///
    /// let task = TASK.emplace_pin(value(ready(7)))?;
    /// assert_eq!(task.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(7));
    /// # Ok::<(), heapwright_new::PlaceError<core::convert::Infallible>>(())
    /// ```
    #[expect(clippy::mut_from_ref, reason = "lent to one caller alone, once for all")]
    pub fn emplace_pin<I: PinInit<T>>(
        &'static self,
        init: I,
    ) -> Result<Pin<&'static mut T>, PlaceError<I::Error>> {
        if self.is_taken.swap(true, Ordering::Acquire) {
            return Err(PlaceError::Storage(StorageError::Occupied));
        }
        let taken = Taken(&self.is_taken);
        let slot = self.bytes.get().cast::<T>();
        // SAFETY: the bytes are for a `T`, and ours alone (invariant 1), for ever if this
        // succeeds.
        unsafe { init.pin_init_at(slot) }.map_err(PlaceError::Construct)?;
        core::mem::forget(taken);
        // SAFETY: built just now, and lent once for all.
        let object = unsafe { &mut *slot };
        // SAFETY: nobody moves it or uses its bytes again.
        Ok(unsafe { Pin::new_unchecked(object) })
    }
}

impl<T> Default for StaticStorage<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for StaticStorage<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_taken = self.is_taken.load(Ordering::Relaxed);
        formatter.debug_struct("StaticStorage").field("is_taken", &is_taken).finish_non_exhaustive()
    }
}
