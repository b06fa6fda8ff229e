//! What `init!`, `pin_init!` and `pin_data!` come to. Nobody names these items but the macros.
//!
//! ```text
//!   whole      the object is named by a literal that nobody evaluates: every field once
//!   Conversion which way an error takes: from what never is, or by `From`
//!   Accepts    what a field may be built by: `Init`, or `PinInit` where it is pinned
//! ```
//!
//! Which of two ways is taken is decided by the order in which a method call tries receivers
//! (first by value, then by reference), as in David Tolnay's "autoref specialization".

use core::convert::Infallible;
use core::marker::PhantomData;
use core::pin::Pin;

use super::{Init, PinInit};

/// The traits whose methods decide which way is taken, without their names.
pub mod ways {
    pub use super::{ByProjection as _, ByReference as _, FromError as _, FromNever as _};
}

/// A value that no program ever has.
#[expect(clippy::empty_loop, reason = "never called, and must neither panic nor return")]
pub fn never<T>() -> T {
    loop {}
}

/// Says that the object at `object` is of the type that `literal` makes. Neither is used: for the
/// compiler, which rejects a literal with a field missing or doubled and names the field.
#[inline]
pub const fn whole<T>(object: *mut T, literal: fn() -> T) {
    let _ = (object, literal);
}

/// Says that the object is a struct, and no variant of an enum, which has fields only by way of
/// what it may [`Deref`](core::ops::Deref) to. Nothing is used.
#[inline]
pub const fn is_struct<T>(object: *mut T, literal: fn() -> T) {
    let _ = (object, literal);
}

/// Says that references to the fields may be taken, which the compiler rejects where the type is
/// packed.
#[inline]
pub const fn not_packed<T>(object: *mut T, references: fn(&T)) {
    let _ = (object, references);
}

/// Takes a reference and does nothing, so that it is taken.
#[inline]
pub const fn is_reference<T: ?Sized>(_: &T) {}

/// The way from an error of a field to the error of the object.
#[derive(Debug, Clone, Copy)]
pub struct Conversion<F, E>(PhantomData<fn(F) -> E>);

impl<F, E> Conversion<F, E> {
    /// The way of this error.
    #[inline]
    pub const fn of(_: &F) -> Self {
        Self(PhantomData)
    }
}

/// From what never is.
pub trait FromNever<E> {
    /// Makes it into the error of the object.
    fn heapwright_convert(self, error: Infallible) -> E;
}

impl<E> FromNever<E> for Conversion<Infallible, E> {
    #[inline]
    fn heapwright_convert(self, error: Infallible) -> E {
        match error {}
    }
}

/// By [`From`].
pub trait FromError<F, E> {
    /// Makes it into the error of the object.
    fn heapwright_convert(self, error: F) -> E
    where
        E: From<F>;
}

impl<F, E> FromError<F, E> for &Conversion<F, E> {
    #[inline]
    fn heapwright_convert(self, error: F) -> E
    where
        E: From<F>,
    {
        E::from(error)
    }
}

/// Builds a field of an object that may be moved.
///
/// # Errors
///
/// The initialiser's own.
///
/// # Safety
///
/// As [`PinInit::pin_init_at`].
#[inline]
pub unsafe fn init_field<T, I: Init<T>>(init: I, field: *mut T) -> Result<(), I::Error> {
    // SAFETY: the caller's conditions.
    unsafe { init.pin_init_at(field) }
}

/// Builds a field of an object that stays where it is.
///
/// # Errors
///
/// The initialiser's own.
///
/// # Safety
///
/// As [`PinInit::pin_init_at`].
#[inline]
pub unsafe fn pin_init_field<T, I: PinInit<T>>(init: I, field: *mut T) -> Result<(), I::Error> {
    // SAFETY: the caller's conditions.
    unsafe { init.pin_init_at(field) }
}

/// A type declared by [`pin_data!`](crate::pin_data), which says what of it is pinned with it.
///
/// # Safety
///
/// In `Projection`, a field is a `Pin<&mut Field>` only where `Field` is pinned whenever the whole
/// is: no `impl Unpin`, `impl Drop` or safe function moves it out.
pub unsafe trait PinData {
    /// A reference to each field: a `Pin<&mut Field>` where it is pinned with the whole, and a
    /// `&mut Field` where it is not.
    type Projection<'pin>
    where
        Self: 'pin;

    /// The references.
    fn heapwright_project<'pin>(this: Pin<&'pin mut Self>) -> Self::Projection<'pin>
    where
        Self: 'pin;
}

/// How the fields of `T` are reached: by its projection, or as they are.
pub struct PinKind<T>(PhantomData<fn() -> T>);

impl<T> PinKind<T> {
    /// That of the object at this address, which is not used.
    #[inline]
    pub const fn of(_: *mut T) -> Self {
        Self(PhantomData)
    }

    /// The same fields, which are those of such an object.
    #[inline]
    pub fn checked<P: FieldsOf<T>>(self, fields: P) -> P {
        fields
    }
}

impl<T> Clone for PinKind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PinKind<T> {}

impl<T> core::fmt::Debug for PinKind<T> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("PinKind")
    }
}

/// By the projection.
pub trait ByProjection<T: PinData> {
    /// The references to the fields.
    fn heapwright_fields<'pin>(self, this: Pin<&'pin mut T>) -> T::Projection<'pin>;
}

impl<T: PinData> ByProjection<T> for PinKind<T> {
    fn heapwright_fields<'pin>(self, this: Pin<&'pin mut T>) -> T::Projection<'pin> {
        T::heapwright_project(this)
    }
}

/// As they are.
pub trait ByReference<T> {
    /// The object, whose fields are not pinned with it.
    fn heapwright_fields(self, this: Pin<&mut T>) -> &mut T;
}

impl<T> ByReference<T> for &PinKind<T> {
    fn heapwright_fields(self, _: Pin<&mut T>) -> &mut T {
        never()
    }
}

/// What the fields of a `T` are reached by. A method of the user's own, of the name
/// `heapwright_fields`, could return anything else.
///
/// # Safety
///
/// It is `&mut T`, or the projection of a type declared by [`pin_data!`](crate::pin_data).
pub unsafe trait FieldsOf<T> {}

// SAFETY: a reference as it is.
unsafe impl<T> FieldsOf<T> for &mut T {}

/// The reference to a field that is pinned with the whole.
///
/// # Safety
///
/// The whole is pinned, and nothing moves this field out of it.
#[inline]
pub const unsafe fn pinned_field<F>(field: &mut F) -> Pin<&mut F> {
    // SAFETY: the caller's condition.
    unsafe { Pin::new_unchecked(field) }
}

/// The reference to a field that is not.
///
/// # Safety
///
/// None: it is called where the other one may be.
#[inline]
pub const unsafe fn free_field<F>(field: &mut F) -> &mut F {
    field
}

/// A reference to what `heapwright_fields` has for a field of type `F`: what `I` may build it?
#[diagnostic::on_unimplemented(
    message = "this field is not pinned with its object, and `{I}` is no `Init<{F}>`",
    label = "may not be moved once it is built",
    note = "declare the type by `pin_data!`, with `#[pin]` in front of this field"
)]
pub trait Accepts<I, F> {}

/// Pinned with the whole.
impl<I: PinInit<F>, F> Accepts<I, F> for &mut Pin<&mut F> {}
/// Of a type declared by `pin_data!`, and not pinned.
impl<I: Init<F>, F> Accepts<I, F> for &mut &mut F {}
/// Of any other type.
impl<I: Init<F>, F> Accepts<I, F> for &mut F {}

/// Says that `init` may build the field. Nothing is used: for the compiler.
#[inline]
pub fn check_pinning<P: Accepts<I, F>, I, F>(reference: P, field: *mut F, init: &I) {
    let _ = (reference, field, init);
}

/// All that is pinned with some type, for the condition of its `Unpin`.
#[derive(Debug)]
pub struct PinnedFields<'pin, T: ?Sized>(PhantomData<&'pin ()>, PhantomData<fn() -> *const T>);

/// Every one of the [`PinnedFields`] may be moved.
///
/// A trait and a type of this crate stand between a user's type and `Unpin`. So the compiler never
/// takes it for known that the condition does not hold, which would make room for a second `impl
/// Unpin`.
pub trait AllUnpin {}

impl<T: ?Sized + Unpin> AllUnpin for PinnedFields<'_, T> {}

/// What a type declared by `pin_data!` implements, and what has a `Drop` of its own has already.
pub trait MustNotImplDrop {}

#[expect(drop_bounds, reason = "it is the `impl Drop` that is looked for")]
impl<T: Drop + ?Sized> MustNotImplDrop for T {}
