//! Initialisers made of others: a step afterwards, another error, another try.

use core::cell::Cell;
use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;

use super::{Init, PinInit};
use crate::destroy::FieldGuard;

/// Builds, and then runs a step on the object. Made by [`Init::then`].
///
/// # Examples
///
/// ```
/// use core::convert::Infallible;
/// use heapwright_new::{Init, Owned, Then, Value, value};
///
/// type Sort = fn(&mut Vec<u32>) -> Result<(), Infallible>;
///
/// fn sorted(numbers: &[u32]) -> Then<Value<Vec<u32>>, Sort> {
///     value(numbers.to_vec()).then(|numbers| Ok(numbers.sort()))
/// }
/// assert_eq!(*Owned::try_new_with(sorted(&[5, 2, 3]))?, [2, 3, 5]);
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct Then<I, F> {
    init: I,
    step: F,
}

/// Builds, and then runs a step on the pinned object. Made by [`PinInit::then_pin`].
///
/// # Examples
///
/// ```
/// use core::convert::Infallible;
/// use core::pin::Pin;
/// use heapwright_new::{Owned, PinInit, ThenPin, Value, value};
///
/// type Step<T> = fn(Pin<&mut T>) -> Result<(), Infallible>;
///
/// fn counter(start: u32) -> ThenPin<Value<u32>, Step<u32>> {
///     value(start).then_pin(|mut number| {
///         *number += 1;
///         Ok(())
///     })
/// }
/// assert_eq!(*Owned::try_pin_with(counter(6))?, 7);
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct ThenPin<I, F> {
    init: I,
    step: F,
}

/// Makes the error into another one. Made by [`PinInit::map_err`].
///
/// # Examples
///
/// ```
/// use core::num::ParseIntError;
/// use heapwright_new::{InitWith, MapErr, NewError, Owned, PinInit, init_with};
///
/// #[derive(Debug, PartialEq)]
/// struct BadPort;
///
/// type Read = fn() -> Result<u16, ParseIntError>;
///
/// fn port(read: Read) -> MapErr<InitWith<Read>, fn(ParseIntError) -> BadPort> {
///     init_with(read).map_err(|_| BadPort)
/// }
/// let port = Owned::try_new_with(port(|| "http".parse()));
/// assert_eq!(port, Err(NewError::Construct(BadPort)));
/// ```
#[derive(Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct MapErr<I, F> {
    init: I,
    change: F,
}

/// Where the first fails, builds by another one. Made by [`PinInit::or_else`].
///
/// # Examples
///
/// ```
/// use core::num::ParseIntError;
/// use heapwright_new::{InitWith, OrElse, Owned, PinInit, Value, init_with, value};
///
/// type Read = fn() -> Result<u32, ParseIntError>;
///
/// fn threads(read: Read) -> OrElse<InitWith<Read>, fn(ParseIntError) -> Value<u32>> {
///     init_with(read).or_else(|_| value(1))
/// }
/// assert_eq!(*Owned::try_new_with(threads(|| "8".parse()))?, 8);
/// assert_eq!(*Owned::try_new_with(threads(|| "many".parse()))?, 1);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct OrElse<I, F> {
    init: I,
    other: F,
}

/// Cannot fail, and has an error all the same. Made by [`PinInit::with_error`].
///
/// # Examples
///
/// ```
/// use core::num::ParseIntError;
/// use heapwright_new::{Init, Owned, PinInit, Value, WithError, value};
///
/// trait Field: Sized {
///     type Init: Init<Self, Error = ParseIntError>;
///     fn read(text: &str) -> Self::Init;
/// }
///
/// impl Field for String {
///     type Init = WithError<Value<Self>, ParseIntError>; // a text is always one
///
///     fn read(text: &str) -> Self::Init {
///         value(text.to_owned()).with_error()
///     }
/// }
/// assert_eq!(*Owned::try_new_with(String::read("name"))?, "name");
/// # Ok::<(), heapwright_new::NewError<ParseIntError>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct WithError<I, E> {
    init: I,
    error: PhantomData<fn() -> E>,
}

impl<I, F> Then<I, F> {
    #[inline]
    pub(super) const fn new(init: I, step: F) -> Self {
        Self { init, step }
    }
}

impl<I, F> ThenPin<I, F> {
    #[inline]
    pub(super) const fn new(init: I, step: F) -> Self {
        Self { init, step }
    }
}

impl<I, F> MapErr<I, F> {
    #[inline]
    pub(super) const fn new(init: I, change: F) -> Self {
        Self { init, change }
    }
}

impl<I, F> OrElse<I, F> {
    #[inline]
    pub(super) const fn new(init: I, other: F) -> Self {
        Self { init, other }
    }
}

impl<I, E> WithError<I, E> {
    #[inline]
    pub(super) const fn new(init: I) -> Self {
        Self { init, error: PhantomData }
    }
}

/// Builds at `slot`, and then runs `step`; where that fails or panics, destroys what was built.
///
/// # Safety
///
/// As [`PinInit::pin_init_at`]. `step` leaves a valid object at `slot`.
#[inline]
unsafe fn build_then<T: ?Sized, I: PinInit<T>>(
    init: I,
    slot: *mut T,
    step: impl FnOnce(*mut T) -> Result<(), I::Error>,
) -> Result<(), I::Error> {
    // SAFETY: the caller's conditions.
    unsafe { init.pin_init_at(slot) }?;
    let armed = Cell::new(true);
    // SAFETY: built just now, and ours until the last line.
    let _guard = unsafe { FieldGuard::new(slot, &armed) };
    step(slot)?;
    armed.set(false);
    Ok(())
}

// SAFETY: after `Ok` the object is as `init` built it, and as a safe function left it; otherwise
// `build_then` destroyed it.
unsafe impl<T: ?Sized, I, F> PinInit<T> for Then<I, F>
where
    I: Init<T>,
    F: FnOnce(&mut T) -> Result<(), I::Error>,
{
    type Error = I::Error;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), I::Error> {
        let step = self.step;
        // SAFETY: `build_then` calls it with a valid object that nobody else refers to.
        let step = |object: *mut T| step(unsafe { &mut *object });
        // SAFETY: the caller's conditions; safe code leaves a valid object behind a reference.
        unsafe { build_then(self.init, slot, step) }
    }
}

// SAFETY: `init` builds what may be moved, and a reference may be to any place.
unsafe impl<T: ?Sized, I, F> Init<T> for Then<I, F>
where
    I: Init<T>,
    F: FnOnce(&mut T) -> Result<(), I::Error>,
{
}

// SAFETY: as for `Then`; the object may remember its address, and so this is no `Init`.
unsafe impl<T: ?Sized, I, F> PinInit<T> for ThenPin<I, F>
where
    I: PinInit<T>,
    F: FnOnce(Pin<&mut T>) -> Result<(), I::Error>,
{
    type Error = I::Error;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), I::Error> {
        let step = self.step;
        let step = |object: *mut T| {
            // SAFETY: `build_then` calls it with a valid object that nobody else refers to.
            let object = unsafe { &mut *object };
            // SAFETY: the caller does not move it (its second condition), and where `step` fails
            // it is destroyed where it stands.
            step(unsafe { Pin::new_unchecked(object) })
        };
        // SAFETY: the caller's conditions; safe code leaves a valid object behind a reference.
        unsafe { build_then(self.init, slot, step) }
    }
}

// SAFETY: nothing but the error differs from `init`.
unsafe impl<T: ?Sized, I, E, F> PinInit<T> for MapErr<I, F>
where
    I: PinInit<T>,
    F: FnOnce(I::Error) -> E,
{
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: the caller's conditions.
        unsafe { self.init.pin_init_at(slot) }.map_err(self.change)
    }
}

// SAFETY: nothing but the error differs from `init`.
unsafe impl<T: ?Sized, I, E, F> Init<T> for MapErr<I, F>
where
    I: Init<T>,
    F: FnOnce(I::Error) -> E,
{
}

// SAFETY: a first failure leaves nothing at `slot`, so the second one may build there; what holds
// of either holds of this.
unsafe impl<T: ?Sized, I, J, F> PinInit<T> for OrElse<I, F>
where
    I: PinInit<T>,
    J: PinInit<T>,
    F: FnOnce(I::Error) -> J,
{
    type Error = J::Error;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), J::Error> {
        // SAFETY: the caller's conditions.
        match unsafe { self.init.pin_init_at(slot) } {
            Ok(()) => Ok(()),
            // SAFETY: the caller's conditions; nothing lives at `slot` after a failure.
            Err(error) => unsafe { (self.other)(error).pin_init_at(slot) },
        }
    }
}

// SAFETY: both build what may be moved.
unsafe impl<T: ?Sized, I, J, F> Init<T> for OrElse<I, F>
where
    I: Init<T>,
    J: Init<T>,
    F: FnOnce(I::Error) -> J,
{
}

// SAFETY: nothing but the error differs from `init`.
unsafe impl<T: ?Sized, I, E> PinInit<T> for WithError<I, E>
where
    I: PinInit<T, Error = Infallible>,
{
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        // SAFETY: the caller's conditions.
        unsafe { self.init.pin_init_at(slot) }.map_err(|never| match never {})
    }
}

// SAFETY: nothing but the error differs from `init`.
unsafe impl<T: ?Sized, I, E> Init<T> for WithError<I, E> where I: Init<T, Error = Infallible> {}

/// Shows the initialiser inside; the function has nothing to show.
macro_rules! debug_of_inner {
    ($($name:ident<$inner:ident, $other:ident>;)+) => { $(
        impl<$inner: fmt::Debug, $other> fmt::Debug for $name<$inner, $other> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = formatter.debug_struct(stringify!($name));
                shown.field("init", &self.init).finish_non_exhaustive()
            }
        }
    )+ };
}

debug_of_inner! {
    Then<I, F>;
    ThenPin<I, F>;
    MapErr<I, F>;
    OrElse<I, F>;
    WithError<I, E>;
}
