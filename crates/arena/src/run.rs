//! What is to be destroyed, newest first: runs of objects of one type that lie side by side.
//!
//! ```text
//!   last ──▶ run: 3 of String ──▶ run: 1 of File ──▶ run: 2 of String ──▶ none
//!             │ newest
//!             ▼
//!            │ s3 │ s2 │ s1 │ run │        addresses ──▶
//! ```
//!
//! A source that hands out memory downwards puts objects of one type that are created in a row
//! side by side. They share one record, and are destroyed in one loop over ascending addresses,
//! as a `Vec` of them would be. Where anything comes between, a new run begins.
//!
//! Records lie in the source's memory, before the first object of their run. Nothing here is taken
//! for granted of the source: a run is extended only by an object whose address says that it may
//! be.

use core::alloc::Layout;
use core::any::TypeId;
use core::cell::Cell;
use core::mem::{forget, needs_drop};
use core::ptr::{self, NonNull};

use heapwright_new::raw;

use crate::source::Source;

/// What is known of a type when its name is no longer.
///
/// The compiler may make several for one type: where addresses differ the types need not. Then a
/// run ends early, and nothing else happens.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Destroys so many objects, the first of which lies at the address.
    destroy: unsafe fn(*mut u8, usize),
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) size_bytes: usize,
    /// Whether runs are of single objects, or each is an array.
    pub(crate) is_array: bool,
}

impl Kind {
    /// Objects of a type, created one by one.
    #[inline]
    pub(crate) const fn of_objects<T>() -> &'static Self {
        const {
            &Self {
                destroy: destroy_objects::<T>,
                type_id: typeid::of::<T>,
                type_name: core::any::type_name::<T>,
                size_bytes: size_of::<T>(),
                is_array: false,
            }
        }
    }

    /// Elements of an array.
    #[inline]
    pub(crate) const fn of_array<T>() -> &'static Self {
        const {
            &Self {
                destroy: destroy_array::<T>,
                type_id: typeid::of::<T>,
                type_name: core::any::type_name::<T>,
                size_bytes: size_of::<T>(),
                is_array: true,
            }
        }
    }
}

/// Destroys objects in the order of their addresses, the newest of which is the lowest.
unsafe fn destroy_objects<T>(newest: *mut u8, count: usize) {
    /// The objects that are left. Dropped, because a destructor panicked, it destroys them.
    struct Left<T> {
        next: *mut T,
        count: usize,
    }

    impl<T> Left<T> {
        #[inline]
        fn destroy(&mut self) {
            while self.count > 0 {
                let object = self.next;
                self.count -= 1;
                // SAFETY: inside of the run, or at its end.
                self.next = unsafe { object.add(1) };
                // SAFETY: valid and never destroyed (the caller's condition).
                unsafe { object.drop_in_place() };
            }
        }
    }

    impl<T> Drop for Left<T> {
        fn drop(&mut self) {
            self.destroy();
        }
    }

    if needs_drop::<T>() {
        let mut left = Left { next: newest.cast::<T>(), count };
        left.destroy();
        forget(left);
    }
}

/// Destroys elements last to first.
unsafe fn destroy_array<T>(first: *mut u8, count: usize) {
    if needs_drop::<T>() {
        // SAFETY: so many elements, valid and never destroyed (the caller's condition).
        unsafe { raw::destroy_n(first.cast::<T>(), count) };
    }
}

/// Objects of one type side by side, or one array.
///
/// # Invariants
///
/// 1. From `newest` on lie `count` valid objects of the type that `kind` is of, which nobody else
///    destroys: single ones from the newest to the oldest, or an array from its first element on.
/// 2. `previous` is null, or leads to the run that was completed before.
#[derive(Debug)]
pub(crate) struct Run<E> {
    previous: *const Run<E>,
    pub(crate) kind: &'static Kind,
    pub(crate) newest: Cell<*mut u8>,
    pub(crate) count: Cell<usize>,
    /// Where the census counts these.
    pub(crate) entry: E,
}

/// All that an arena is to destroy.
///
/// # Invariants
///
/// 1. `last` is null or leads to a run, the one that was completed last; runs are valid until the
///    source is reset.
#[derive(Debug)]
pub(crate) struct Runs<E> {
    last: Cell<*const Run<E>>,
}

/// Room for objects that are being built, and for a run of their own above them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<E> {
    pub(crate) objects: NonNull<u8>,
    run: NonNull<Run<E>>,
    layout: Layout,
}

impl<E: Copy + PartialEq> Runs<E> {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const NONE: Self = Self { last: Cell::new(ptr::null()) };

    /// The run that was completed last.
    #[inline]
    pub(crate) fn last(&self) -> Option<&Run<E>> {
        // SAFETY: null or a valid run (invariant 1).
        unsafe { self.last.get().as_ref() }
    }

    /// The run that was completed before another one.
    pub(crate) fn before<'a>(&'a self, run: &'a Run<E>) -> Option<&'a Run<E>> {
        // SAFETY: null or a valid run (invariant 2 of `Run`).
        unsafe { run.previous.as_ref() }
    }

    /// Room for one `T` beside the newest object, where that is a `T` too.
    #[inline]
    pub(crate) fn beside<T, S: Source>(
        &self,
        kind: &'static Kind,
        entry: E,
        source: &S,
    ) -> Option<NonNull<T>> {
        let run = self.last().filter(|run| run.is_of(kind, entry))?;
        if size_of::<T>() == 0 {
            return NonNull::new(run.newest.get().cast());
        }
        let room = source.allocate(Layout::new::<T>())?;
        if run.begins_at_end_of::<T>(room.as_ptr()) {
            return Some(room.cast());
        }
        // SAFETY: handed out just now, and used by nobody.
        unsafe { source.give_back(room, Layout::new::<T>()) };
        None
    }

    /// Room for objects, and for a run of their own above them: the next object may join it.
    pub(crate) fn apart<S: Source>(&self, objects: Layout, source: &S) -> Option<Room<E>> {
        let (layout, offset) = objects.extend(Layout::new::<Run<E>>()).ok()?;
        let objects = source.allocate(layout)?;
        // SAFETY: inside of the block.
        let run = unsafe { objects.add(offset) }.cast();
        Some(Room { objects, run, layout })
    }

    /// Room for a run whose objects lie elsewhere.
    #[cold]
    pub(crate) fn for_object<S: Source>(
        &self,
        objects: NonNull<u8>,
        source: &S,
    ) -> Option<Room<E>> {
        let layout = Layout::new::<Run<E>>();
        Some(Room { objects, run: source.allocate(layout)?.cast(), layout })
    }

    /// Gives room back in which nothing was built.
    pub(crate) fn abandon<S: Source>(&self, room: Room<E>, source: &S) {
        // SAFETY: a block of this layout, which nobody uses any more.
        unsafe { source.give_back(room.objects, room.layout) };
    }

    /// Counts an object as the newest one of the last run. `false`, and it is still the caller's,
    /// where it does not lie beside that run's, or is of another kind: its constructor may have
    /// created others.
    ///
    /// # Safety
    ///
    /// There is an object that nobody else destroys, and `kind` is of single ones of its type.
    #[inline]
    pub(crate) unsafe fn join<T>(&self, object: NonNull<T>, kind: &'static Kind, entry: E) -> bool {
        let run = self.last().filter(|run| run.is_of(kind, entry));
        let Some(run) = run.filter(|run| run.begins_at_end_of::<T>(object.as_ptr().cast())) else {
            return false;
        };
        // INVARIANT: 1 of `Run`, as the object ends where the newest one begins.
        run.newest.set(object.as_ptr().cast());
        run.count.set(run.count.get().wrapping_add(1));
        true
    }

    /// Counts `count` objects as the newest run.
    ///
    /// # Safety
    ///
    /// - `room` was made by this list since the source was reset, and not used before.
    /// - `count` objects of `kind` are built there, which nobody else destroys.
    #[inline]
    pub(crate) unsafe fn add(&self, room: Room<E>, kind: &'static Kind, count: usize, entry: E) {
        let newest = Cell::new(room.objects.as_ptr());
        let run = Run { previous: self.last.get(), kind, newest, count: Cell::new(count), entry };
        // SAFETY: room for a run, which is this list's.
        unsafe { room.run.write(run) };
        // INVARIANT: 1.
        self.last.set(room.run.as_ptr());
    }

    /// Destroys all objects, newest first. Where a destructor panics the others run all the same,
    /// and then the panic goes on; a second one ends the process.
    ///
    /// `died` is told of each run before its objects are destroyed.
    ///
    /// # Safety
    ///
    /// Nobody uses any of the objects any more.
    pub(crate) unsafe fn destroy_all<D: Fn(E, usize)>(&self, died: &D) {
        /// Goes on while a panic unwinds.
        struct Left<'a, E: Copy + PartialEq, D: Fn(E, usize)>(&'a Runs<E>, &'a D);

        impl<E: Copy + PartialEq, D: Fn(E, usize)> Drop for Left<'_, E, D> {
            fn drop(&mut self) {
                // SAFETY: the condition of the function that made this.
                unsafe { self.0.destroy_runs(self.1) };
            }
        }

        let left = Left(self, died);
        // SAFETY: the caller's condition.
        unsafe { self.destroy_runs(died) };
        forget(left);
    }

    unsafe fn destroy_runs<D: Fn(E, usize)>(&self, died: &D) {
        while let Some(run) = self.last() {
            let (kind, newest, count, entry) =
                (run.kind, run.newest.get(), run.count.get(), run.entry);
            // INVARIANT: 1; nothing leads to these objects any more.
            self.last.set(run.previous);
            died(entry, count);
            // SAFETY: invariant 1 of `Run`, and the caller's condition.
            unsafe { (kind.destroy)(newest, count) };
        }
    }
}

impl<E: PartialEq> Run<E> {
    #[inline]
    fn is_of(&self, kind: &'static Kind, entry: E) -> bool {
        ptr::eq(self.kind, kind) && self.entry == entry
    }

    /// Whether the newest object begins right behind a `T` at `object`.
    #[inline]
    fn begins_at_end_of<T>(&self, object: *const u8) -> bool {
        self.newest.get().addr() == object.addr().wrapping_add(size_of::<T>())
    }
}
