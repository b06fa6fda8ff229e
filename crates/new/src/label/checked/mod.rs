//! `Checked`: `new` and `delete` by bare addresses, each `delete` checked.
//!
//! ```text
//!   table of the process   address │ type │ allocator │ form │ made at │ ended at
//!                          0x7f10… │ Node │ Malloc    │ new  │ a.rs:7 │ b.rs:12
//! ```
//!
//! For code ported from C++ whose addresses wander. An entry outlives its object, until its address
//! is handed out again, so that a second `delete` can be told from a stranger.

mod table;

use core::marker::PhantomData;
use core::panic::Location;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use heapwright_malloc::Malloc;
use heapwright_malloc::message::{Message, abort_with};

use super::Label;
use crate::{BadAlloc, Init, NewError, Owned, OwnedArray, PinInit, raw};
use table::{AllocatorType, Ending, Entry, Form, Site, Wrong};
pub(super) use table::{hold_table, release_table};

/// `new` and `delete` of `T` by bare addresses on `A`, for code ported from C++: a double delete,
/// the wrong form, a delete of what was placed, on another allocator, as another type, and of a
/// stranger's address each end the process, with one line that names the type and the places in the
/// source.
///
/// `A` is a mere name of an allocator, without a size, as [`Malloc`] is: values of such a type are
/// all the same allocator. So an object made by one `Checked` may be deleted by another.
///
/// What was made by `new` ends by its `delete` alone: `p->~T()` of it is taken for the wrong form,
/// also where `new (p) T` and `delete p` follow. To put another object in its place, assign:
/// `*p = …` destroys the one that was there.
///
/// An address that was deleted and then handed out again belongs to the new object: a stale
/// `delete` of it goes unnoticed, but the new object's own `delete` is then the second one.
///
/// # Examples
///
/// ```
/// use heapwright_new::{Checked, label, value};
///
/// struct Node {
///     id: u32,
/// }
/// label!(Node);
///
/// let nodes = Checked::<Node>::default();
/// let node: *mut Node = nodes.new_with(value(Node { id: 7 }))?;
/// // SAFETY: the object lives, and nobody else uses it.
/// assert_eq!(unsafe { &*node }.id, 7);
/// // SAFETY: nobody uses the object any more.
/// unsafe { nodes.delete(node) };
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
///
/// Deleted once more, it would end with a line like this one:
///
/// ```text
/// heapwright: delete of demo::Node at 0x55d0c8a3e2c0 (src/list.rs:31:9): it was made by new_with
/// (src/list.rs:12:20) and ended before (src/list.rs:30:9)
/// ```
pub struct Checked<T: Label, A = Malloc> {
    allocator: A,
    label: PhantomData<fn() -> T>,
}

impl<T: Label, A: Allocator + Clone + 'static> Checked<T, A> {
    /// Makes its objects on `allocator`, which is a mere name.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Checked, Malloc, label, value};
    ///
    /// struct Node(u32);
    /// label!(Node);
    ///
    /// static NODES: Checked<Node> = Checked::new(Malloc);
    ///
    /// let node = NODES.new_with(value(Node(7)))?;
    /// // SAFETY: the object lives, and nobody writes it.
    /// assert_eq!(unsafe { &*node }.0, 7);
    /// // SAFETY: nobody uses the object any more.
    /// unsafe { NODES.delete(node) };
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    ///
    /// An allocator with a state is no mere name:
    ///
    /// ```compile_fail,E0080
    /// use core::cell::Cell;
    /// use heapwright_new::{Checked, HandlerVerdict, Malloc, WithHandler, label};
    ///
    /// struct Node;
    /// label!(Node);
    ///
    /// let turns = Cell::new(3); // a state: no two of these need be the same
    /// let stateful = WithHandler::new(Malloc, move |_, _| {
    ///     turns.set(turns.get() - 1);
    ///     HandlerVerdict::Fail
    /// });
    /// let nodes = Checked::<Node, _>::new(stateful);
    /// ```
    pub const fn new(allocator: A) -> Self {
        const { assert!(size_of::<A>() == 0, "allocators are told by their types alone") };
        Self { allocator, label: PhantomData }
    }

    /// A new object, built in place: `new T(…)`.
    ///
    /// # Errors
    ///
    /// As [`Owned::try_new_with_in`].
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Checked, label};
    ///
    /// struct Port(u16);
    /// label!(Port);
    ///
    /// let ports = Checked::<Port>::default();
    /// assert!(ports.new_with("http".parse().map(Port)).is_err());
    /// let port = ports.new_with("80".parse().map(Port))?;
    /// // SAFETY: the object lives, and nobody writes it.
    /// assert_eq!(unsafe { &*port }.0, 80);
    /// // SAFETY: nobody uses the object any more.
    /// unsafe { ports.delete(port) };
    /// # Ok::<(), heapwright_new::NewError<core::num::ParseIntError>>(())
    /// ```
    #[track_caller]
    pub fn new_with<I: Init<T>>(&self, init: I) -> Result<*mut T, NewError<I::Error>> {
        let site = Location::caller();
        const { Self::HAS_ADDRESSES };
        let object = Owned::try_new_with_in(init, self.allocator.clone())?;
        Self::note(Owned::as_ptr(&object), Form::New, site)?;
        Ok(Owned::into_raw(object).into_ptr())
    }

    /// Destroys the object and gives its memory back: `delete p`. Null is nothing.
    ///
    /// # Safety
    ///
    /// - Nobody uses the object any more. (Whether it may be deleted so is checked.)
    /// - It was made by this thread, or `T` and `A` are [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Checked, label, value};
    /// use std::rc::Rc;
    ///
    /// struct Session(Rc<&'static str>);
    /// label!(Session);
    ///
    /// let user = Rc::new("Ada");
    /// let session = Checked::<Session>::default().new_with(value(Session(Rc::clone(&user))))?;
    /// // SAFETY: nobody uses the object any more.
    /// unsafe { Checked::<Session>::default().delete(session) }; // any other does
    /// assert_eq!(Rc::strong_count(&user), 1);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[track_caller]
    pub unsafe fn delete(&self, pointer: *mut T) {
        let Some(pointer) = NonNull::new(pointer) else { return };
        Self::end(pointer, Form::New, Location::caller());
        // SAFETY: made by `new_with`, and not deleted since, as was checked.
        drop(unsafe { Owned::from_raw_parts(pointer, self.allocator.clone()) });
    }

    /// A new array, each element built in place: `new T[len]`.
    ///
    /// # Errors
    ///
    /// As [`OwnedArray::try_from_fn_in`].
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Checked, label, value};
    ///
    /// struct Sample(usize);
    /// label!(Sample);
    ///
    /// let samples = Checked::<Sample>::default();
    /// let first: *mut Sample = samples.new_array(3, |index| value(Sample(index * 10)))?;
    /// // SAFETY: the last of three, which live, and nobody writes it.
    /// assert_eq!(unsafe { &*first.wrapping_add(2) }.0, 20);
    /// // SAFETY: nobody uses the elements any more.
    /// unsafe { samples.delete_array(first) };
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[track_caller]
    pub fn new_array<I: Init<T>>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> I,
    ) -> Result<*mut T, NewError<I::Error>> {
        let site = Location::caller();
        const { Self::HAS_ADDRESSES };
        let array = OwnedArray::try_from_fn_in(len, make, self.allocator.clone())?;
        // An array of nothing is at an address that many have, and is not noted.
        if len != 0 {
            Self::note(array.as_ptr(), Form::NewArray(len), site)?;
        }
        Ok(OwnedArray::into_raw(array).as_ptr())
    }

    /// Destroys the elements, last to first, and gives their memory back: `delete[] p`. Null is
    /// nothing.
    ///
    /// # Safety
    ///
    /// - Nobody uses the elements any more. (Whether they may be deleted so is checked.)
    /// - They were made by this thread, or `T` and `A` are [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_new::{Checked, label, value};
    /// use std::rc::Rc;
    ///
    /// struct Worker(Rc<()>);
    /// label!(Worker);
    ///
    /// let running = Rc::new(());
    /// let workers = Checked::<Worker>::default();
    /// let first = workers.new_array(8, |_| value(Worker(Rc::clone(&running))))?;
    /// // SAFETY: nobody uses the elements any more.
    /// unsafe { workers.delete_array(first) }; // all eight
    /// assert_eq!(Rc::strong_count(&running), 1);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[track_caller]
    pub unsafe fn delete_array(&self, pointer: *mut T) {
        let Some(first) = NonNull::new(pointer) else { return };
        if first == NonNull::dangling() {
            return;
        }
        let form = Self::end(first, Form::NewArray(0), Location::caller());
        let Form::NewArray(len) = form else { return };
        // SAFETY: made by `new_array` with this length, and not deleted since, as was checked.
        drop(unsafe { OwnedArray::from_raw_parts(first, len, self.allocator.clone()) });
    }

    /// Builds an object at `place`: `new (place) T(…)`.
    ///
    /// # Errors
    ///
    /// [`NewError::Construct`] where the constructor fails; [`NewError::Alloc`] where the table has
    /// no memory.
    ///
    /// # Safety
    ///
    /// As [`raw::construct_at`].
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{Checked, label, value};
    ///
    /// struct Frame([u8; 64]);
    /// label!(Frame);
    ///
    /// let frames = Checked::<Frame>::default();
    /// let mut place = MaybeUninit::uninit();
    /// // SAFETY: the place is for a `Frame`, and this function's alone.
    /// let frame = unsafe { frames.construct_at(place.as_mut_ptr(), value(Frame([7; 64]))) }?;
    /// // SAFETY: the object lives, and nobody writes it.
    /// assert_eq!(unsafe { &*frame }.0[63], 7);
    /// // SAFETY: nobody uses the object any more, and its memory is still there.
    /// unsafe { frames.destroy_at(frame) }; // and no `delete`, which would end the process
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    ///
    /// What has no size has no address of its own:
    ///
    /// ```compile_fail,E0080
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{Checked, label, value};
    ///
    /// struct Marker; // has no size, so that many may be at one address
    /// label!(Marker);
    ///
    /// let mut place = MaybeUninit::uninit();
    /// let markers = Checked::<Marker>::default();
    /// // SAFETY: the place is for a `Marker`, and this function's alone.
    /// let _marker = unsafe { markers.construct_at(place.as_mut_ptr(), value(Marker)) };
    /// ```
    #[track_caller]
    pub unsafe fn construct_at<I: PinInit<T>>(
        &self,
        place: *mut T,
        init: I,
    ) -> Result<*mut T, NewError<I::Error>> {
        let site = Location::caller();
        const { Self::HAS_ADDRESSES };
        // SAFETY: the caller's conditions.
        let object = unsafe { raw::construct_at(place, init) }.map_err(NewError::Construct)?;
        match Self::note(place, Form::Placement, site) {
            Ok(()) => Ok(object.into_ptr()),
            Err(refused) => {
                // SAFETY: built just now, and nobody else's.
                unsafe { raw::destroy_at(object) };
                Err(NewError::Alloc(refused))
            }
        }
    }

    /// Destroys the object: `p->~T()`. Its memory stays whose it is.
    ///
    /// # Safety
    ///
    /// - Nobody uses the object any more, and its memory is still there. (Whether it may be
    ///   destroyed so is checked.)
    /// - It was made by this thread, or `T` is [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    /// use heapwright_new::{Checked, label, value};
    /// use std::rc::Rc;
    ///
    /// struct Reader(Rc<()>);
    /// label!(Reader);
    ///
    /// let lock = Rc::new(());
    /// let mut place = MaybeUninit::uninit();
    /// let readers = Checked::<Reader>::default();
    /// let reader = value(Reader(Rc::clone(&lock)));
    /// // SAFETY: the place is for a `Reader`, and this function's alone.
    /// let reader = unsafe { readers.construct_at(place.as_mut_ptr(), reader) }?;
    /// // SAFETY: nobody uses the object any more, and its memory is still there.
    /// unsafe { readers.destroy_at(reader) };
    /// assert_eq!(Rc::strong_count(&lock), 1);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[track_caller]
    pub unsafe fn destroy_at(&self, pointer: *mut T) {
        let Some(pointer) = NonNull::new(pointer) else { return };
        Self::end(pointer, Form::Placement, Location::caller());
        // SAFETY: built by `construct_at`, and not destroyed since, as was checked.
        unsafe { pointer.drop_in_place() };
    }

    /// An address is the name of an object, so it must be the only one there.
    const HAS_ADDRESSES: () =
        assert!(size_of::<T>() != 0, "what has no size has no address of its own");

    fn note(address: *const T, form: Form, made: Site) -> Result<(), BadAlloc> {
        let (label, allocator) = (T::label(), AllocatorType::of::<A>());
        table::note(Entry { address: address.addr(), label, allocator, form, made, ended: None })
    }

    /// Notes the end of the object, or the process's.
    fn end(pointer: NonNull<T>, form: Form, site: Site) -> Form {
        let (label, allocator) = (T::label(), AllocatorType::of::<A>());
        let ending = Ending { address: pointer.addr().get(), label, allocator, form, site };
        match table::end(ending) {
            Ok(form) => form,
            Err(wrong) => report(ending, pointer.cast(), wrong),
        }
    }
}

as_what_is_inside!(Checked { allocator }: Allocator + Clone + 'static);

/// Says in one line what is wrong, and ends the process.
#[cold]
fn report(ending: Ending, pointer: NonNull<u8>, wrong: Wrong) -> ! {
    let mut line = Message::<1024>::new();
    line.text("heapwright: ").text(ending.form.ended_by()).text(" of ").text(ending.label.name());
    at(line.text(" at ").address(pointer), ending.site).text(": ");
    match wrong {
        Wrong::Stranger => {
            line.text("no such object was made");
        }
        Wrong::Twice(entry) => {
            made(&mut line, entry).text(" and ended before");
            entry.ended.map(|before| at(&mut line, before));
        }
        Wrong::Form(entry) => {
            made(&mut line, entry).text(", so its end is ").text(entry.form.ended_by());
        }
        Wrong::Allocator(entry) => {
            made(&mut line, entry).text(" on ").text(entry.allocator.name);
            line.text(" and not on ").text(ending.allocator.name);
        }
        Wrong::Type(entry) => {
            line.text("there is a ").text(entry.label.name()).text(", and ");
            made(&mut line, entry);
        }
    }
    line.text("\n");
    abort_with(&line)
}

fn made(line: &mut Message<1024>, entry: Entry) -> &mut Message<1024> {
    at(line.text("it was made by ").text(entry.form.made_by()), entry.made)
}

fn at(line: &mut Message<1024>, site: Site) -> &mut Message<1024> {
    line.text(" (").text(site.file()).text(":").number(u64::from(site.line()));
    line.text(":").number(u64::from(site.column())).text(")")
}
