//! Initialisers of one object: from a value, by `Default`, of zeros, by a function over an address.

use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;

use super::{Init, PinInit, Zeroable};

/// A value that is there already, to be moved in. Made by [`value`].
///
/// # Examples
///
/// One initialiser for several objects:
///
/// ```
/// use heapwright_new::{Owned, Value, value};
///
/// const UNKNOWN: Value<Option<u32>> = value(None);
///
/// let mut cached = Owned::try_new_with(UNKNOWN)?;
/// *cached = Some(7);
/// assert_eq!(*Owned::try_new_with(UNKNOWN)?, None);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct Value<T>(T);

/// Moves `value` in. It compiles to the plain store.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, value};
///
/// let number = Owned::try_new_with(value(7))?;
/// assert_eq!(*number, 7);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub const fn value<T>(value: T) -> Value<T> {
    Value(value)
}

// SAFETY: it writes a valid `T`, and nothing of it is elsewhere.
unsafe impl<T> PinInit<T> for Value<T> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: `slot` is valid for the write (the caller's first condition).
        unsafe { slot.write(self.0) };
        Ok(())
    }
}

// SAFETY: a value was elsewhere before, so it may be elsewhere again.
unsafe impl<T> Init<T> for Value<T> {}

// SAFETY: `Ok` writes a valid `T`; `Err` writes nothing.
unsafe impl<T, E> PinInit<T> for Result<T, E> {
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        let value = self?;
        // SAFETY: `slot` is valid for the write (the caller's first condition).
        unsafe { slot.write(value) };
        Ok(())
    }
}

// SAFETY: a value was elsewhere before, so it may be elsewhere again.
unsafe impl<T, E> Init<T> for Result<T, E> {}

/// What a function returns. Made by [`init_with`].
///
/// # Examples
///
/// As the type of a field, where `impl Init` may not stand:
///
/// ```
/// use core::convert::Infallible;
/// use heapwright_new::{InitWith, Owned, init_with};
/// use std::time::Instant;
///
/// struct Recipe {
///     started: InitWith<fn() -> Result<Instant, Infallible>>,
/// }
///
/// let recipe = Recipe { started: init_with(|| Ok(Instant::now())) };
/// let before = Instant::now();
/// assert!(*Owned::try_new_with(recipe.started)? >= before); // called when it is built
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
#[derive(Clone, Copy)]
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct InitWith<F>(F);

/// Builds from what `make` returns, which is called when the object is built and not before.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, init, init_with, value};
/// use std::fs;
///
/// struct Settings {
///     name: &'static str,
///     text: String,
/// }
///
/// // The file is read once the memory is there.
/// let settings = init!(Settings {
///     name <- value("Cargo.toml"),
///     text <- init_with(|| fs::read_to_string("Cargo.toml")),
/// } ? std::io::Error);
/// assert!(Owned::try_new_with(settings).unwrap().text.starts_with("[package]"));
/// ```
#[inline]
pub const fn init_with<T, E, F>(make: F) -> InitWith<F>
where
    F: FnOnce() -> Result<T, E>,
{
    InitWith(make)
}

// SAFETY: `Ok` writes a valid `T`; `Err` writes nothing.
unsafe impl<T, E, F> PinInit<T> for InitWith<F>
where
    F: FnOnce() -> Result<T, E>,
{
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        let value = (self.0)()?;
        // SAFETY: `slot` is valid for the write (the caller's first condition).
        unsafe { slot.write(value) };
        Ok(())
    }
}

// SAFETY: a value was elsewhere before, so it may be elsewhere again.
unsafe impl<T, E, F> Init<T> for InitWith<F> where F: FnOnce() -> Result<T, E> {}

/// The value that [`Default`] makes. Made by [`default`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{DefaultInit, Owned, default};
///
/// const UNNAMED: DefaultInit<String> = default();
///
/// let mut name = Owned::try_new_with(UNNAMED)?;
/// name.push_str("worker");
/// assert!(Owned::try_new_with(UNNAMED)?.is_empty());
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct DefaultInit<T>(PhantomData<fn() -> T>);

/// Builds by [`Default`]. The value is made first and then moved in, so for what is too large for
/// the stack take [`zeroed`] or [`init!`](macro@crate::init).
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, default};
///
/// let name: Owned<String> = Owned::try_new_with(default())?;
/// assert!(name.is_empty());
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub const fn default<T: Default>() -> DefaultInit<T> {
    DefaultInit(PhantomData)
}

// SAFETY: it writes a valid `T`, and nothing of it is elsewhere.
unsafe impl<T: Default> PinInit<T> for DefaultInit<T> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: `slot` is valid for the write (the caller's first condition).
        unsafe { slot.write(T::default()) };
        Ok(())
    }
}

// SAFETY: a value was elsewhere before, so it may be elsewhere again.
unsafe impl<T: Default> Init<T> for DefaultInit<T> {}

/// All bytes zero. Made by [`zeroed`].
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, Zeroed, zeroed};
///
/// const BLANK_PAGE: Zeroed<[u8; 4096]> = zeroed(); // no byte of it is in the program
///
/// let mut page = Owned::try_new_with(BLANK_PAGE)?;
/// page[0] = 1;
/// assert_eq!(Owned::try_new_with(BLANK_PAGE)?[0], 0);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct Zeroed<T: ?Sized>(PhantomData<fn() -> *const T>);

/// Writes zeros, in place: nothing of the object's size stands on the stack.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, zeroed};
///
/// let bytes: Owned<[u8; 1 << 20]> = Owned::try_new_with(zeroed())?;
/// assert!(bytes.iter().all(|&byte| byte == 0));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
pub const fn zeroed<T: Zeroable + ?Sized>() -> Zeroed<T> {
    Zeroed(PhantomData)
}

// SAFETY: `T` says that zeros are a valid value.
unsafe impl<T: Zeroable> PinInit<T> for Zeroed<T> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), Infallible> {
        // SAFETY: `slot` is valid for the write (the caller's first condition).
        unsafe { slot.write_bytes(0, 1) };
        Ok(())
    }
}

// SAFETY: zeros are no address.
unsafe impl<T: Zeroable> Init<T> for Zeroed<T> {}

// SAFETY: `T` says that zeros are a valid value.
unsafe impl<T: Zeroable> PinInit<[T]> for Zeroed<[T]> {
    type Error = Infallible;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut [T]) -> Result<(), Infallible> {
        // SAFETY: `slot` is valid for the write of all its elements (the caller's first condition).
        unsafe { slot.cast::<T>().write_bytes(0, slot.len()) };
        Ok(())
    }
}

// SAFETY: zeros are no address.
unsafe impl<T: Zeroable> Init<[T]> for Zeroed<[T]> {}

/// A function over the address. Made by [`init_raw`].
///
/// # Examples
///
/// ```
/// use core::convert::Infallible;
/// use heapwright_new::{InitRaw, Owned, init_raw};
///
/// type Build<T> = fn(*mut T) -> Result<(), Infallible>;
///
/// fn ones() -> InitRaw<[u8; 64], Infallible, Build<[u8; 64]>> {
///     // SAFETY: it writes the whole of the array.
///     unsafe { init_raw(|slot| Ok(slot.write_bytes(1, 1))) }
/// }
/// assert_eq!(*Owned::try_new_with(ones())?, [1; 64]);
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct InitRaw<T: ?Sized, E, F>(F, PhantomData<fn(*mut T) -> E>);

/// Builds by a function that is given the address. What [`init!`](macro@crate::init) comes to.
///
/// # Safety
///
/// `build` keeps the guarantees of [`PinInit`] and [`Init`], where the address it is given is as
/// [`PinInit::pin_init_at`] says.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Owned, init_raw};
///
/// // SAFETY: it writes the whole of the object, and remembers no address.
/// let seven = unsafe {
///     init_raw(|slot: *mut u64| {
///         slot.write(7);
///         Ok::<(), &str>(())
///     })
/// };
/// assert_eq!(*Owned::try_new_with(seven).unwrap(), 7);
/// ```
#[inline]
pub const unsafe fn init_raw<T: ?Sized, E, F>(build: F) -> InitRaw<T, E, F>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    InitRaw(build, PhantomData)
}

// SAFETY: the condition of `init_raw`.
unsafe impl<T: ?Sized, E, F> PinInit<T> for InitRaw<T, E, F>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

// SAFETY: the condition of `init_raw`.
unsafe impl<T: ?Sized, E, F: FnOnce(*mut T) -> Result<(), E>> Init<T> for InitRaw<T, E, F> {}

/// A function over the address, of an object that then stays there. Made by [`pin_init_raw`].
///
/// # Examples
///
/// ```
/// use core::convert::Infallible;
/// use core::marker::PhantomPinned;
/// use heapwright_new::{Owned, PinInitRaw, pin_init_raw};
///
/// struct Anchor(*const Anchor, PhantomPinned);
///
/// type Build<T> = fn(*mut T) -> Result<(), Infallible>;
///
/// fn anchor() -> PinInitRaw<Anchor, Infallible, Build<Anchor>> {
///     // SAFETY: it writes the whole object, which is not `Unpin` and so may keep its address.
///     unsafe { pin_init_raw(|slot| Ok(slot.write(Anchor(slot, PhantomPinned)))) }
/// }
/// let anchor = Owned::try_pin_with(anchor())?;
/// assert!(core::ptr::eq(anchor.0, &raw const *anchor));
/// # Ok::<(), heapwright_new::NewError<Infallible>>(())
/// ```
#[must_use = "an initialiser builds nothing until it is placed"]
pub struct PinInitRaw<T: ?Sized, E, F>(F, PhantomData<fn(*mut T) -> E>);

/// Builds, by a function that is given the address, an object that may remember it: unless `T` is
/// [`Unpin`], as a type without a `PhantomPinned` mostly is.
///
/// # Safety
///
/// `build` keeps the guarantees of [`PinInit`], where the address it is given is as
/// [`PinInit::pin_init_at`] says. Of a `T` that is [`Unpin`], no address holds once `build` has
/// returned: safe code moves it out of `Pin<Owned<T>>`.
///
/// # Examples
///
/// ```
/// use core::marker::PhantomPinned;
/// use heapwright_new::{Owned, pin_init_raw};
///
/// struct Node {
///     myself: *const Node,
///     pinned: PhantomPinned,
/// }
///
/// // SAFETY: it writes the whole of the object; the address holds as long as the object lives.
/// let node = unsafe {
///     pin_init_raw(|slot: *mut Node| {
///         slot.write(Node { myself: slot, pinned: PhantomPinned });
///         Ok::<(), core::convert::Infallible>(())
///     })
/// };
/// let node = Owned::try_pin_with(node)?;
/// assert!(core::ptr::eq(node.myself, &raw const *node));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[inline]
pub const unsafe fn pin_init_raw<T: ?Sized, E, F>(build: F) -> PinInitRaw<T, E, F>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    PinInitRaw(build, PhantomData)
}

// SAFETY: the condition of `pin_init_raw`.
unsafe impl<T: ?Sized, E, F> PinInit<T> for PinInitRaw<T, E, F>
where
    F: FnOnce(*mut T) -> Result<(), E>,
{
    type Error = E;

    #[inline]
    unsafe fn pin_init_at(self, slot: *mut T) -> Result<(), E> {
        (self.0)(slot)
    }
}

/// Names the type alone: what is inside is a function or nothing.
macro_rules! debug_by_name {
    ($($name:ident<$($generic:ident $(: ?$sized:ident)?),+>;)+) => { $(
        impl<$($generic $(: ?$sized)?),+> fmt::Debug for $name<$($generic),+> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+ };
}

debug_by_name! {
    InitWith<F>;
    DefaultInit<T>;
    Zeroed<T: ?Sized>;
    InitRaw<T: ?Sized, E, F>;
    PinInitRaw<T: ?Sized, E, F>;
}
