//! Whether an arena may move to another thread, and what it admits because of that.

use core::marker::PhantomData;

/// An arena that stays with its thread, and admits objects of every type.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, Local};
/// use heapwright_new::value;
/// use std::rc::Rc;
///
/// let settings = Rc::new("for one thread");
/// let arena: Arena<'_, Local> = Arena::new();
/// arena.create(value(Rc::clone(&settings)))?; // not `Send`
/// drop(arena);
/// assert_eq!(Rc::strong_count(&settings), 1);
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug)]
pub struct Local(PhantomData<*mut ()>);

/// An arena that may move to another thread, where it destroys its objects: they must be [`Send`].
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, Sendable};
/// use heapwright_new::value;
///
/// let load = || {
///     let arena: Arena<'static, Sendable> = Arena::sendable();
///     arena.create(value(String::from("parsed by a worker"))).unwrap();
///     arena
/// };
/// let mut arena = std::thread::spawn(load).join().unwrap();
/// let texts: Vec<_> = arena.live::<String>().collect();
/// assert_eq!(*texts[0], "parsed by a worker");
/// ```
#[derive(Debug)]
pub struct Sendable(());

/// That an arena of this mode destroys objects of type `T`.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Admits, Arena};
/// use heapwright_new::value;
///
/// /// In an arena of either mode, as a list of names is `Send`.
/// fn names<'a, M: Admits<Vec<String>>>(arena: &'a Arena<'_, M>) -> &'a mut Vec<String> {
///     arena.create(value(vec![String::from("root")])).unwrap()
/// }
///
/// assert_eq!(*names(&Arena::new()), ["root"]);
/// assert_eq!(*names(&Arena::sendable()), ["root"]);
/// ```
///
/// ```compile_fail,E0277
/// use heapwright_arena::Arena;
/// use heapwright_new::value;
/// use std::rc::Rc;
///
/// Arena::sendable().create(value(Rc::new(7))); // its count is one thread's
/// ```
#[diagnostic::on_unimplemented(
    message = "a sendable arena admits no `{T}`, which may not move to another thread",
    note = "the arena's thread destroys it: take `Arena::new()` for it, which stays where it is"
)]
pub trait Admits<T: ?Sized>: Mode {}

impl<T: ?Sized> Admits<T> for Local {}
impl<T: ?Sized + Send> Admits<T> for Sendable {}

/// [`Local`] or [`Sendable`].
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, Mode};
/// use heapwright_new::BadAlloc;
///
/// /// In an arena of either mode, as no destructor is run for a string that was copied.
/// fn joined<'a, M: Mode>(arena: &'a Arena<'_, M>, words: &[&str]) -> Result<&'a str, BadAlloc> {
///     arena.alloc_str(&words.join(" ")).map(|joined| &*joined)
/// }
///
/// assert_eq!(joined(&Arena::new(), &["one", "thread"])?, "one thread");
/// assert_eq!(joined(&Arena::sendable(), &["or", "another"])?, "or another");
/// # Ok::<(), BadAlloc>(())
/// ```
pub trait Mode: sealed::Sealed {}

impl Mode for Local {}
impl Mode for Sendable {}

mod sealed {
    #[expect(unnameable_types, reason = "a seal: nobody else implements it")]
    pub trait Sealed {}
    impl Sealed for super::Local {}
    impl Sealed for super::Sendable {}
}
