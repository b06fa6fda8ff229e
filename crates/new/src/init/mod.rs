//! Initialisers: constructors as values, which build an object where it is to stay.
//!
//! ```text
//!   value(7)  zeroed()  init!(Packet { … })        an initialiser: what to build, not yet where
//!        │
//!        ▼  pin_init_at(slot)
//!   Ok(())   *slot is a valid object               Err(e)   *slot holds nothing, nothing leaked
//! ```
//!
//! C++ runs constructors in memory that `new`, the stack or a placement chose. Rust builds a value
//! and then moves it, if the optimiser does not help. An initialiser is handed the address first,
//! so an object of 100 MiB never stands on the stack, in debug builds too.
//!
//! The split in `PinInit` and `Init`, and the arrow in `init!`, are those of Rust for Linux's
//! `pin-init`.

mod array;
mod combine;
pub(crate) mod fields;
mod macros;
pub(crate) mod pin_data;
mod value;
mod zeroable;

pub(crate) use array::build_elements;
pub use array::{ArrayFromFn, CopyFrom, Fill, array_from_fn, copy_from, fill};
pub use combine::{MapErr, OrElse, Then, ThenPin, WithError};
pub use pin_data::{DropToken, PinnedDrop};
pub use value::{
    DefaultInit, InitRaw, InitWith, PinInitRaw, Value, Zeroed, default, init_raw, init_with,
    pin_init_raw, value, zeroed,
};
pub use zeroable::{Zeroable, has_all_fields, is_zeroable};

use core::convert::Infallible;
use core::pin::Pin;

/// Builds one `T` at an address where it then stays until it is destroyed.
///
/// What a type is built by is mostly not written by hand: [`init!`](macro@crate::init),
/// [`pin_init!`](crate::pin_init), [`value`](fn@crate::value) and the other functions of this crate
/// make initialisers, and functions return them as `impl Init<T, Error = E>`.
///
/// A `Result<T, E>` is an initialiser too: what is in `Ok` is the value, and `Err` fails.
///
/// # Safety
///
/// An implementation promises of [`pin_init_at`](Self::pin_init_at):
///
/// - After `Ok(())`, `*slot` is a valid `T`, which the caller owns.
/// - After `Err`, and when it unwinds, nothing lives in `*slot`, and nothing that was built there
///   is leaked. Its bytes may be anything.
/// - It writes to no other memory by way of `slot`. The object, and whoever built it, may remember
///   its address where `T` is not [`Unpin`] and the type is no [`Init`]; else the address holds no
///   longer than the call.
///
/// # Examples
///
/// A constructor that refuses, and the object it is a field of:
///
/// ```
/// use heapwright_new::{Init, NewError, Owned, init, value};
///
/// #[derive(Debug, PartialEq)]
/// struct Port(u16);
///
/// impl Port {
///     fn open(number: u16) -> impl Init<Self, Error = &'static str> {
///         if number < 1024 { Err("the port is the system's") } else { Ok(Port(number)) }
///     }
/// }
///
/// struct Server {
///     name: String,
///     port: Port,
/// }
///
/// let server = |port| {
///     Owned::try_new_with(init!(Server {
///         name <- value(String::from("localhost")),
///         port <- Port::open(port),
///     } ? &'static str))
/// };
/// assert_eq!(server(8080).unwrap().port, Port(8080));
/// assert_eq!(server(80).err(), Some(NewError::Construct("the port is the system's")));
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no initialiser of `{T}`",
    label = "builds no `{T}`",
    note = "wrap a finished value in `value(…)`; a `Result<T, E>` is an initialiser as it is"
)]
pub unsafe trait PinInit<T: ?Sized>: Sized {
    /// Why the object may not come to be; [`Infallible`] where it always does.
    type Error;

    /// Builds the object at `slot`.
    ///
    /// # Errors
    ///
    /// What the constructor says; then nothing lives in `*slot`.
    ///
    /// # Safety
    ///
    /// - `slot` is valid for writes of a `T` (of the length in its metadata, for a slice), aligned,
    ///   and nobody else's; what it holds is overwritten and not dropped.
    /// - After `Ok`, the object is pinned: it is not moved, and its memory is not used for anything
    ///   else before it is destroyed. An [`Init`] has not this condition; and of a `T` that is
    ///   [`Unpin`] it says nothing, as for [`Pin`]: safe code moves such an object out.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{PinInit, copy_from};
    ///
    /// let mut slot = MaybeUninit::<[u32; 3]>::uninit();
    /// // SAFETY: the slot is ours, and an array is `Unpin`.
    /// unsafe { copy_from(&[2, 3, 5]).pin_init_at(slot.as_mut_ptr()) }?;
    /// // SAFETY: built just now.
    /// assert_eq!(unsafe { slot.assume_init() }, [2, 3, 5]);
    /// # Ok::<(), heapwright_new::LengthMismatch>(())
    /// ```
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), Self::Error>;

    /// Runs `step` on the object once it is built, at the address where it stays.
    ///
    /// Where `step` fails or panics, the object is destroyed. An initialiser that cannot fail is
    /// given an error for it by [`with_error`](Self::with_error).
    ///
    /// # Examples
    ///
    /// A ring of one, which knows its own address, built by safe code:
    ///
    /// ```
    /// use core::cell::Cell;
    /// use core::marker::PhantomPinned;
    /// use heapwright_new::{Owned, PinInit, value};
    ///
    /// struct Ring {
    ///     next: Cell<*const Ring>,
    ///     pinned: PhantomPinned,
    /// }
    ///
    /// let ring = Ring { next: Cell::new(core::ptr::null()), pinned: PhantomPinned };
    /// let ring = Owned::try_pin_with(value(ring).then_pin(|ring| {
    ///     ring.next.set(&raw const *ring);
    ///     Ok(())
    /// }))?;
    /// assert!(core::ptr::eq(ring.next.get(), &raw const *ring));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    fn then_pin<F>(self, step: F) -> ThenPin<Self, F>
    where
        F: FnOnce(Pin<&mut T>) -> Result<(), Self::Error>,
    {
        ThenPin::new(self, step)
    }

    /// Makes the error into another one.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{NewError, Owned, PinInit, init_with};
    ///
    /// let number = init_with(|| "x".parse::<u8>()).map_err(|_| "no number");
    /// assert_eq!(Owned::try_new_with(number), Err(NewError::Construct("no number")));
    /// ```
    #[inline]
    fn map_err<E, F>(self, change: F) -> MapErr<Self, F>
    where
        F: FnOnce(Self::Error) -> E,
    {
        MapErr::new(self, change)
    }

    /// Where this fails, builds by the initialiser that `other` makes of the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Owned, PinInit, init_raw, value};
    ///
    /// // SAFETY: it always fails, and builds nothing.
    /// let fails = unsafe { init_raw(|_: *mut u32| Err("nothing to read")) };
    /// let number = Owned::try_new_with(fails.or_else(|_| value(7)))?;
    /// assert_eq!(*number, 7);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    fn or_else<J, F>(self, other: F) -> OrElse<Self, F>
    where
        J: PinInit<T>,
        F: FnOnce(Self::Error) -> J,
    {
        OrElse::new(self, other)
    }

    /// The same, as one that could fail by `E`. It does not.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Init, NewError, Owned, PinInit, value};
    ///
    /// let even = |number: u32| {
    ///     value(number).with_error::<&str>().then(|number| {
    ///         if number.is_multiple_of(2) { Ok(()) } else { Err("odd") }
    ///     })
    /// };
    /// assert_eq!(*Owned::try_new_with(even(4)).unwrap(), 4);
    /// assert_eq!(Owned::try_new_with(even(5)).unwrap_err(), NewError::Construct("odd"));
    /// ```
    #[inline]
    fn with_error<E>(self) -> WithError<Self, E>
    where
        Self: PinInit<T, Error = Infallible>,
    {
        WithError::new(self)
    }
}

/// Builds one `T` that may be moved afterwards.
///
/// # Safety
///
/// [`pin_init_at`](PinInit::pin_init_at) keeps no trace of the address: the object may be moved
/// as any value of Rust may.
///
/// # Examples
///
/// Built on the stack and returned, hence moved, which only an `Init` allows:
///
/// ```
/// use core::mem::MaybeUninit;
/// use heapwright_new::Init;
///
/// fn build<T, I: Init<T>>(init: I) -> Result<T, I::Error> {
///     let mut slot = MaybeUninit::uninit();
///     // SAFETY: the slot is ours, and an `Init` does not need the object to stay there.
///     unsafe { init.pin_init_at(slot.as_mut_ptr()) }?;
///     // SAFETY: built just now.
///     Ok(unsafe { slot.assume_init() })
/// }
/// assert_eq!(build("7".parse::<u32>()), Ok(7));
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not initialise a `{T}` that may be moved",
    label = "no `Init<{T}>`",
    note = "what is only a `PinInit` needs a pinned place: `pin_with`, `emplace_pin`, or a \
            `#[pin]` field of a type declared by `pin_data!`"
)]
pub unsafe trait Init<T: ?Sized>: PinInit<T> {
    /// Runs `step` on the object once it is built.
    ///
    /// Where `step` fails or panics, the object is destroyed. An initialiser that cannot fail is
    /// given an error for it by [`with_error`](PinInit::with_error).
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Init, Owned, value};
    ///
    /// let sorted = value(vec![3, 1, 2]).then(|numbers| {
    ///     numbers.sort();
    ///     Ok(())
    /// });
    /// assert_eq!(*Owned::try_new_with(sorted)?, [1, 2, 3]);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    fn then<F>(self, step: F) -> Then<Self, F>
    where
        F: FnOnce(&mut T) -> Result<(), Self::Error>,
    {
        Then::new(self, step)
    }
}
