//! Objects that the arena destroys.

use core::alloc::Layout;
use core::panic::Location;
use core::pin::Pin;
use core::ptr::NonNull;
use core::slice;

use heapwright_new::{BadAlloc, Init, NewError, PinInit, raw};

use super::{Arena, refused};
use crate::census::Census;
use crate::mode::{Admits, Mode};
use crate::run::{Kind, Room};
use crate::source::{Source, StaticSource};

impl<'env, M: Mode, C: Census, S: Source> Arena<'env, M, C, S> {
    /// Builds an object that the arena destroys.
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let names = arena.create(value(vec!["first"]))?;
    /// names.push("second");
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    ///
    /// What borrows a sibling could find it dead:
    ///
    /// ```compile_fail
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let sibling = arena.create(value(String::from("a sibling"))).unwrap();
    /// arena.create(value(vec![&*sibling])).unwrap();
    /// ```
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call builds another object")]
    pub fn create<T: 'env, I: Init<T>>(&self, init: I) -> Result<&mut T, NewError<I::Error>>
    where
        M: Admits<T>,
    {
        let object = self.build(init, Location::caller())?;
        // SAFETY: built just now, and lent no longer than the arena, which destroys it later.
        Ok(unsafe { &mut *object.as_ptr() })
    }

    /// Builds an object that stays where it is until the arena destroys it.
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::cell::Cell;
    /// use core::marker::PhantomPinned;
    /// use heapwright_arena::Arena;
    /// use heapwright_new::{PinInit, value};
    ///
    /// struct Knot {
    ///     itself: Cell<*const Knot>,
    ///     pinned: PhantomPinned,
    /// }
    ///
    /// let arena = Arena::new();
    /// let knot = Knot { itself: Cell::new(core::ptr::null()), pinned: PhantomPinned };
    /// let knot = arena.create_pin(value(knot).then_pin(|knot| {
    ///     knot.itself.set(&raw const *knot);
    ///     Ok(())
    /// }))?;
    /// assert!(core::ptr::eq(knot.itself.get(), &raw const *knot));
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline(always)]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call builds another object")]
    pub fn create_pin<T: 'env, I: PinInit<T>>(
        &self,
        init: I,
    ) -> Result<Pin<&mut T>, NewError<I::Error>>
    where
        M: Admits<T>,
        S: StaticSource,
    {
        let mut object = self.build(init, Location::caller())?;
        // SAFETY: built just now, and lent no longer than the arena, which destroys it later.
        let object = unsafe { object.as_mut() };
        // SAFETY: it does not move; its memory is used again only after the arena destroyed it
        // (invariant 1), and never if the arena is forgotten (`StaticSource`).
        Ok(unsafe { Pin::new_unchecked(object) })
    }

    /// Builds an object that the arena destroys, and lends it as what `unsize` makes of it: a trait
    /// that it has, or a slice.
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, or the constructor failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::fmt::Display;
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let shown: [&mut dyn Display; 2] = [
    ///     arena.create_dyn(value(7), |number| number as _)?,
    ///     arena.create_dyn(value(String::from("seven")), |string| string as _)?,
    /// ];
    /// assert_eq!(format!("{} {}", shown[0], shown[1]), "7 seven");
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn create_dyn<'a, T: 'env, U: ?Sized, I: Init<T>>(
        &'a self,
        init: I,
        unsize: impl FnOnce(&'a mut T) -> &'a mut U,
    ) -> Result<&'a mut U, NewError<I::Error>>
    where
        M: Admits<T>,
        'env: 'a,
    {
        self.create(init).map(unsize)
    }

    /// Builds an array whose elements the arena destroys, the last one first.
    ///
    /// # Errors
    ///
    /// [`NewError`]: there is no memory, the array would be too long, or a constructor failed; then
    /// the elements built before were destroyed.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::new();
    /// let names = arena.create_array(3, |index| value(format!("name {index}")))?;
    /// assert_eq!(names[2], "name 2");
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[inline]
    #[track_caller]
    #[expect(clippy::mut_from_ref, reason = "each call builds another array")]
    pub fn create_array<T: 'env, I: Init<T>>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> I,
    ) -> Result<&mut [T], NewError<I::Error>>
    where
        M: Admits<T>,
    {
        let kind = Kind::of_array::<T>();
        let entry = self.entry(kind, Location::caller())?;
        let too_long = BadAlloc::BadArrayNewLength { len, element_bytes: size_of::<T>() };
        let layout = Layout::array::<T>(len).map_err(|_| too_long)?;
        let room = self.room_apart(layout, kind)?;
        let first = room.objects.cast::<T>().as_ptr();
        // SAFETY: room for so many, nobody else's.
        if let Err(error) = unsafe { raw::uninitialized_init_n(first, len, make) } {
            room.give_back(&self.source);
            return Err(NewError::Construct(error));
        }
        // SAFETY: built in this room just now; the arena destroys them from here on.
        unsafe { self.runs.add(room, kind, len, entry) };
        self.family.census().born(entry, len);
        // SAFETY: built just now, and lent no longer than the arena, which destroys them later.
        Ok(unsafe { slice::from_raw_parts_mut(first, len) })
    }

    #[inline]
    fn entry(
        &self,
        kind: &'static Kind,
        site: &'static Location<'static>,
    ) -> Result<C::Entry, BadAlloc> {
        self.family.census().entry(kind.into(), site)
    }

    /// Builds an object beside the newest one if it can, else apart from it.
    ///
    /// On one way for both, and inlined with `create`: as the parameter of a call, what is built
    /// would stand in memory before, written in words and copied in wider ones. That took 10 ns of
    /// 64 bytes, where this takes 3.5 to 6.
    #[inline(always)]
    fn build<T, I: PinInit<T>>(
        &self,
        init: I,
        site: &'static Location<'static>,
    ) -> Result<NonNull<T>, NewError<I::Error>> {
        let kind = Kind::of_objects::<T>();
        let entry = self.entry(kind, site)?;
        let beside = self.runs.beside::<T, S>(kind, entry, &self.source);
        let (object, room) = match beside {
            Some(object) => (object, None),
            None => {
                let room = self.room_apart(Layout::new::<T>(), kind)?;
                (room.objects.cast(), Some(room))
            }
        };
        // SAFETY: room for a `T` that is nobody else's. It is used for nothing else before the
        // object is destroyed (invariant 1).
        if let Err(error) = unsafe { init.pin_init_at(object.as_ptr()) } {
            self.abandon(object, room);
            return Err(NewError::Construct(error));
        }
        // SAFETY: built just now; the arena destroys it from here on.
        if room.is_none() && unsafe { self.runs.join(object, kind, entry) } {
            self.family.census().born(entry, 1);
            return Ok(object);
        }
        let Some(room) = room else {
            let Some(room) = Room::for_object(object.cast(), &self.source) else {
                // SAFETY: built just now, and used by nobody else.
                unsafe { object.drop_in_place() };
                return Err(refused(Layout::new::<T>()).into());
            };
            // SAFETY: built just now, for which this room is.
            unsafe { self.list(room, Kind::of_objects_elsewhere::<T>(), entry) };
            return Ok(object);
        };
        // SAFETY: built just now, for which this room is.
        unsafe { self.list(room, kind, entry) };
        Ok(object)
    }

    #[inline]
    fn room_apart(&self, layout: Layout, kind: &'static Kind) -> Result<Room<C::Entry>, BadAlloc> {
        Room::apart(layout, kind, &self.source).ok_or_else(|| refused(layout))
    }

    /// Gives back where nothing was built.
    fn abandon<T>(&self, object: NonNull<T>, room: Option<Room<C::Entry>>) {
        match room {
            Some(room) => room.give_back(&self.source),
            None if size_of::<T>() > 0 => {
                // SAFETY: handed out for this object, which does not live.
                unsafe { self.source.give_back(object.cast(), Layout::new::<T>()) };
            }
            None => {}
        }
    }

    /// Lists an object.
    ///
    /// # Safety
    ///
    /// It was built at the address that `room` names, is of `kind`, for which the room is, and
    /// nobody else destroys it.
    #[inline]
    unsafe fn list(&self, room: Room<C::Entry>, kind: &'static Kind, entry: C::Entry) {
        // SAFETY: the caller's conditions; the room is one of this list.
        unsafe { self.runs.add(room, kind, 1, entry) };
        self.family.census().born(entry, 1);
    }
}
