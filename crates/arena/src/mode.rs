//! Whether an arena may move to another thread, and what it admits because of that.

use core::marker::PhantomData;

/// An arena that stays with its thread, and admits objects of every type.
#[derive(Debug)]
pub struct Local(PhantomData<*mut ()>);

/// An arena that may move to another thread, where it destroys its objects: they must be [`Send`].
#[derive(Debug)]
pub struct Sendable(());

/// That an arena of this mode destroys objects of type `T`.
#[diagnostic::on_unimplemented(
    message = "a sendable arena admits no `{T}`, which may not move to another thread",
    note = "the arena's thread destroys it: take `Arena::new()` for it, which stays where it is"
)]
pub trait Admits<T: ?Sized>: Mode {}

impl<T: ?Sized> Admits<T> for Local {}
impl<T: ?Sized + Send> Admits<T> for Sendable {}

/// [`Local`] or [`Sendable`].
pub trait Mode: sealed::Sealed {}

impl Mode for Local {}
impl Mode for Sendable {}

mod sealed {
    #[expect(unnameable_types, reason = "a seal: nobody else implements it")]
    pub trait Sealed {}
    impl Sealed for super::Local {}
    impl Sealed for super::Sendable {}
}
