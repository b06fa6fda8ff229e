//! `PinStorage`: room for an object that stays where it is.
//!
//! ```text
//!   Pin<&mut PinStorage<T>> ──emplace_pin──▶ Pin<&mut T>
//!        │ live │ bytes │
//!        └─ its drop destroys what lives, before the bytes can be used again
//! ```
//!
//! What is pinned is promised not to go without its destructor. A handle can be forgotten, so the
//! promise is the storage's: it is pinned itself, and so is dropped before its bytes are used for
//! anything else.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::Pin;

use crate::PinInit;

/// Room for one pinned `T`, which knows whether one lives in it and destroys it at last.
///
/// # Invariants
///
/// 1. Where `is_live`, the bytes hold a valid object, which was not moved since it was built.
///
/// # Examples
///
/// ```
/// use core::pin::pin;
/// use heapwright_new::{PinStorage, value};
///
/// let mut storage = pin!(PinStorage::<String>::new());
/// let name = storage.as_mut().emplace_pin(value(String::from("pinned")))?;
/// assert_eq!(*name, "pinned");
/// // Placed again: the object before is destroyed first.
/// storage.as_mut().emplace_pin(value(String::from("again")))?;
/// assert!(storage.as_mut().destroy());
/// assert!(!storage.is_live());
/// # Ok::<(), core::convert::Infallible>(())
/// ```
///
/// What it lends may not be taken for a subtype: the storage would read it once more.
///
/// ```compile_fail
/// use core::pin::{Pin, pin};
/// use heapwright_new::{PinStorage, value};
///
/// let mut storage = pin!(PinStorage::<&'static str>::new());
/// let text = String::from("short");
/// let mut held: Pin<&mut &str> = storage.as_mut().emplace_pin(value("long")).unwrap();
/// held.set(&text);
/// drop(text);
/// storage.as_mut().destroy();
/// ```
pub struct PinStorage<T> {
    is_live: bool,
    /// An object may keep pointers into itself while the storage is lent.
    bytes: UnsafeCell<MaybeUninit<T>>,
    _pinned: PhantomPinned,
}

// SAFETY: a shared storage lends no more than shared references to the object.
unsafe impl<T: Sync> Sync for PinStorage<T> {}

impl<T> PinStorage<T> {
    /// Room for an object.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::PinStorage;
    ///
    /// /// A driver has room for its device before there is one.
    /// struct Driver {
    ///     device: PinStorage<String>,
    /// }
    ///
    /// let driver = Driver { device: PinStorage::new() };
    /// assert!(driver.device.get().is_none());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        // INVARIANT: 1 holds of nothing.
        Self {
            is_live: false,
            bytes: UnsafeCell::new(MaybeUninit::uninit()),
            _pinned: PhantomPinned,
        }
    }

    /// Whether an object lives in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::pin::pin;
    /// use heapwright_new::PinStorage;
    ///
    /// let mut port = pin!(PinStorage::<u16>::new());
    /// assert!(port.as_mut().emplace_pin("http".parse::<u16>()).is_err());
    /// assert!(!port.is_live());
    /// port.as_mut().emplace_pin("80".parse::<u16>())?;
    /// assert!(port.is_live());
    /// # Ok::<(), core::num::ParseIntError>(())
    /// ```
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// The object, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::pin::pin;
    /// use heapwright_new::{PinStorage, value};
    ///
    /// let mut session = pin!(PinStorage::new());
    /// session.as_mut().emplace_pin(value("Ada"))?;
    /// assert_eq!(session.get(), Some(&"Ada"));
    /// session.as_mut().destroy();
    /// assert_eq!(session.get(), None);
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        if self.is_live {
            // SAFETY: invariant 1; who would write it needs a `Pin<&mut Self>`.
            Some(unsafe { &*self.bytes.get().cast::<T>() })
        } else {
            None
        }
    }

    /// The object, if there is one, to be changed where it stands.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::pin::pin;
    /// use heapwright_new::{PinStorage, value};
    ///
    /// let mut counter = pin!(PinStorage::new());
    /// counter.as_mut().emplace_pin(value(1))?;
    /// if let Some(mut count) = counter.as_mut().get_pin_mut() {
    ///     *count += 1;
    /// }
    /// assert_eq!(counter.get(), Some(&2));
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut T>> {
        if !self.is_live {
            return None;
        }
        // SAFETY: invariant 1; the storage is borrowed as long as the object.
        let object = unsafe { &mut *self.bytes.get().cast::<T>() };
        // SAFETY: it stays as long as the storage does, which is pinned and destroys it at last.
        Some(unsafe { Pin::new_unchecked(object) })
    }

    /// Builds an object in it. One that lives there is destroyed first.
    ///
    /// # Errors
    ///
    /// The constructor's; then nothing lives here.
    ///
    /// # Panics
    ///
    /// Where the destructor of the object before does; then nothing lives here.
    ///
    /// # Examples
    ///
    /// A list that is empty where it leads to itself, so that it must not move:
    ///
    /// ```
    /// use core::cell::Cell;
    /// use core::marker::PhantomPinned;
    /// use core::pin::pin;
    /// use core::ptr;
    /// use heapwright_new::{PinInit, PinStorage, value};
    ///
    /// struct List(Cell<*const List>, PhantomPinned);
    ///
    /// let empty = value(List(Cell::new(ptr::null()), PhantomPinned)).then_pin(|list| {
    ///     list.0.set(&raw const *list);
    ///     Ok(())
    /// });
    /// let mut storage = pin!(PinStorage::new());
    /// let list = storage.as_mut().emplace_pin(empty)?;
    /// assert!(ptr::eq(list.0.get(), &raw const *list));
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    pub fn emplace_pin<I: PinInit<T>>(
        mut self: Pin<&mut Self>,
        init: I,
    ) -> Result<Pin<&mut T>, I::Error> {
        self.as_mut().destroy();
        let slot = self.bytes.get().cast::<T>();
        // SAFETY: the bytes are for a `T`, borrowed by this function alone, and hold nothing. The
        // storage is pinned, and destroys the object before its bytes are used otherwise.
        unsafe { init.pin_init_at(slot) }?;
        // SAFETY: nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        // INVARIANT: 1 holds, as the object was built just now.
        this.is_live = true;
        // SAFETY: built just now, and borrowed as long as the storage.
        let object = unsafe { &mut *slot };
        // SAFETY: as for `get_pin_mut`.
        Ok(unsafe { Pin::new_unchecked(object) })
    }

    /// Destroys the object, if there is one, and says whether there was.
    ///
    /// # Panics
    ///
    /// Where its destructor does; then nothing lives here.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::pin::pin;
    /// use heapwright_new::{PinStorage, value};
    /// use std::rc::Rc;
    ///
    /// let lease = Rc::new("address");
    /// let mut holder = pin!(PinStorage::new());
    /// holder.as_mut().emplace_pin(value(Rc::clone(&lease)))?;
    /// assert!(holder.as_mut().destroy()); // now, and not at the end of the scope
    /// assert_eq!(Rc::strong_count(&lease), 1);
    /// assert!(!holder.as_mut().destroy());
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    pub fn destroy(self: Pin<&mut Self>) -> bool {
        // SAFETY: nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        // INVARIANT: 1 holds of nothing, also where the destructor panics.
        let was_live = core::mem::take(&mut this.is_live);
        if was_live {
            // SAFETY: it lived (invariant 1), and lives no more.
            unsafe { this.bytes.get().cast::<T>().drop_in_place() };
        }
        was_live
    }
}

impl<T> Drop for PinStorage<T> {
    fn drop(&mut self) {
        // SAFETY: what is being dropped is not moved any more.
        unsafe { Pin::new_unchecked(self) }.destroy();
    }
}

impl<T> Default for PinStorage<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for PinStorage<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PinStorage").field(&self.get()).finish()
    }
}
