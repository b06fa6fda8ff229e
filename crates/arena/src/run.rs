//! What is to be destroyed, newest first: runs of objects of one type that lie side by side.
//!
//! ```text
//!   last ──▶ run of String ──▶ run of File ──▶ run of String ──▶ none
//!             │ newest
//!             ▼
//!            │ s3 │ s2 │ s1 │ run │             addresses ──▶    single objects, up to the record
//!            │ z1 │ z2 │ z3 │ count │ run │                      an array, and how long it is
//! ```
//!
//! A source that hands out memory downwards puts objects of one type that are created in a row
//! side by side. They share one record, and are destroyed in one loop over ascending addresses,
//! as a `Vec` of them would be. Where anything comes between, a new run begins.
//!
//! Records lie in the source's memory, before the first object of their run, which so needs no
//! count: it ends where its record begins. Nothing here is taken for granted of the source: a run
//! is extended only by an object whose address says that it may be.
//!
//! The run that may be extended is known to the list itself, so that an object joins it by one
//! store, and without a look at its record.

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
    /// Destroys the objects of a run, from the newest on; the other address is that of its record.
    destroy: unsafe fn(*mut u8, *const u8),
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) size_bytes: usize,
    /// Whether runs are of single objects, or each is an array.
    pub(crate) is_array: bool,
    /// Whether a count stands before the record, or the objects end there.
    is_counted: bool,
}

impl Kind {
    /// Objects of a type, created one by one, below their record.
    #[inline]
    pub(crate) const fn of_objects<T>() -> &'static Self {
        if size_of::<T>() == 0 {
            return Self::of_objects_elsewhere::<T>();
        }
        const { &Self::of::<T>(destroy_objects::<T>, false, false) }
    }

    /// Objects of a type whose record tells nothing of where they are.
    #[inline]
    pub(crate) const fn of_objects_elsewhere<T>() -> &'static Self {
        const { &Self::of::<T>(destroy_counted::<T>, false, true) }
    }

    /// Elements of an array.
    #[inline]
    pub(crate) const fn of_array<T>() -> &'static Self {
        const { &Self::of::<T>(destroy_array::<T>, true, true) }
    }

    const fn of<T>(
        destroy: unsafe fn(*mut u8, *const u8),
        is_array: bool,
        is_counted: bool,
    ) -> Self {
        Self {
            destroy,
            type_id: typeid::of::<T>,
            type_name: core::any::type_name::<T>,
            size_bytes: size_of::<T>(),
            is_array,
            is_counted,
        }
    }
}

/// How many bytes lie between the oldest object of a run and its record.
const fn gap_bytes(size_bytes: usize) -> usize {
    size_bytes.next_multiple_of(RECORD_ALIGN) - size_bytes
}

/// Destroys the objects below a record in the order of their addresses, the newest of which is the
/// lowest.
unsafe fn destroy_objects<T>(newest: *mut u8, record: *const u8) {
    /// The objects that are left. Dropped, because a destructor panicked, it destroys them.
    struct Left<T> {
        next: *mut T,
        end: *const T,
    }

    impl<T> Left<T> {
        #[inline]
        fn destroy(&mut self) {
            while !ptr::addr_eq(self.next, self.end) {
                let object = self.next;
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
        let end = record.wrapping_sub(gap_bytes(size_of::<T>())).cast::<T>();
        let mut left = Left { next: newest.cast::<T>(), end };
        left.destroy();
        forget(left);
    }
}

/// Destroys the objects that a record counts: one that lies elsewhere, or those of no size.
unsafe fn destroy_counted<T>(newest: *mut u8, record: *const u8) {
    if needs_drop::<T>() {
        // SAFETY: a count stands before the record, of objects one behind another (the caller's
        // condition).
        let objects = ptr::slice_from_raw_parts_mut(newest.cast::<T>(), unsafe { count(record) });
        // SAFETY: so many objects, valid and never destroyed (the caller's condition).
        unsafe { objects.drop_in_place() };
    }
}

/// Destroys elements last to first.
unsafe fn destroy_array<T>(first: *mut u8, record: *const u8) {
    if needs_drop::<T>() {
        // SAFETY: a count stands before the record (the caller's condition).
        let count = unsafe { count(record) };
        // SAFETY: so many elements, valid and never destroyed (the caller's condition).
        unsafe { raw::destroy_n(first.cast::<T>(), count) };
    }
}

/// The count before a record.
unsafe fn count(record: *const u8) -> usize {
    // SAFETY: right before the record, in the same block (the caller's condition).
    let count = unsafe { record.cast::<usize>().sub(1) };
    // SAFETY: it was written with the record.
    unsafe { count.read() }
}

/// Objects of one type side by side, or one array, or one object that lies anywhere.
///
/// # Invariants
///
/// 1. From `newest` on lie valid objects of the type that `kind` is of, which nobody else destroys:
///    single ones from the newest to the oldest, or an array from its first element on. They end
///    as many bytes before this record as fill up its alignment; or else, where the kind says so,
///    there are as many as the `usize` right before this record says.
/// 2. `previous` is null, or leads to the run that was completed before.
///
/// Of the run that may be extended, the list has `newest`, and the one here is out of date.
#[derive(Debug)]
pub(crate) struct Run<E> {
    pub(crate) previous: *const Run<E>,
    pub(crate) kind: &'static Kind,
    pub(crate) newest: Cell<*mut u8>,
    /// Where the census counts these.
    pub(crate) entry: E,
}

/// What a record is aligned to, a word: nothing lies between a count and it.
const RECORD_ALIGN: usize = align_of::<Run<()>>();

/// All that an arena is to destroy.
///
/// # Invariants
///
/// 1. `last` is null or leads to a run, the one that was completed last; runs are valid until the
///    source is reset.
/// 2. `kind` and `newest` are those of the last run; where there is none, `kind` is null.
#[derive(Debug)]
pub(crate) struct Runs<E> {
    last: Cell<*const Run<E>>,
    kind: Cell<*const Kind>,
    newest: Cell<*mut u8>,
}

/// Room for objects that are being built, and for a run of their own above them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room<E> {
    pub(crate) objects: NonNull<u8>,
    run: NonNull<Run<E>>,
    layout: Layout,
}

impl<E> Room<E> {
    /// Room for objects, and for a run of their own above them: the next object may join it.
    #[inline(never)]
    pub(crate) fn apart<S: Source>(
        objects: Layout,
        kind: &'static Kind,
        source: &S,
    ) -> Option<Self> {
        let count = if kind.is_counted { Layout::new::<usize>() } else { Layout::new::<()>() };
        let (layout, _) = objects.extend(count).ok()?;
        let (layout, offset) = layout.extend(Layout::new::<Run<E>>()).ok()?;
        let objects = source.allocate(layout)?;
        // SAFETY: inside of the block.
        let run = unsafe { objects.add(offset) }.cast();
        Some(Self { objects, run, layout })
    }

    /// Room for a run whose objects lie elsewhere.
    #[cold]
    pub(crate) fn for_object<S: Source>(objects: NonNull<u8>, source: &S) -> Option<Self> {
        let (layout, offset) = Layout::new::<usize>().extend(Layout::new::<Run<E>>()).ok()?;
        // SAFETY: inside of the block.
        let run = unsafe { source.allocate(layout)?.add(offset) }.cast();
        Some(Self { objects, run, layout })
    }

    /// Gives room back that was made [apart](Self::apart), in which nothing was built.
    pub(crate) fn give_back<S: Source>(self, source: &S) {
        // SAFETY: a block of this layout, which nobody uses any more.
        unsafe { source.give_back(self.objects, self.layout) };
    }
}

impl<E: Copy + PartialEq> Runs<E> {
    #[expect(clippy::declare_interior_mutable_const, reason = "an initial value, copied")]
    pub(crate) const NONE: Self = {
        assert!(align_of::<Run<E>>() == RECORD_ALIGN && RECORD_ALIGN == align_of::<usize>());
        let newest = Cell::new(ptr::null_mut());
        Self { last: Cell::new(ptr::null()), kind: Cell::new(ptr::null()), newest }
    };

    /// The run that was completed last, which is brought up to date; null where there is none.
    ///
    /// No reference, as that would not lead on to the count before it.
    #[inline]
    pub(crate) fn last(&self) -> *const Run<E> {
        let last = self.last.get();
        // SAFETY: null or a valid run (invariant 1).
        if let Some(run) = unsafe { last.as_ref() } {
            run.newest.set(self.newest.get());
        }
        last
    }

    /// Room for one `T` beside the newest object, where that is a `T` too.
    #[inline]
    pub(crate) fn beside<T, S: Source>(
        &self,
        kind: &'static Kind,
        entry: E,
        source: &S,
    ) -> Option<NonNull<T>> {
        if !self.last_is_of(kind, entry) {
            return None;
        }
        if size_of::<T>() == 0 {
            return NonNull::new(self.newest.get().cast());
        }
        let room = source.allocate(Layout::new::<T>())?;
        if self.last_begins_at_end_of::<T>(room.as_ptr()) {
            return Some(room.cast());
        }
        // SAFETY: handed out just now, and used by nobody.
        unsafe { source.give_back(room, Layout::new::<T>()) };
        None
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
        let place = object.as_ptr().cast();
        if !self.last_is_of(kind, entry) || !self.last_begins_at_end_of::<T>(place) {
            return false;
        }
        // INVARIANT: 1 of `Run`, as the object ends where the newest one begins.
        self.newest.set(place);
        if size_of::<T>() == 0 {
            // SAFETY: right before the record of the last run, which counts what has no size.
            let count = unsafe { self.last.get().cast::<usize>().cast_mut().sub(1) };
            // SAFETY: nobody else reads or writes it meanwhile.
            unsafe { *count += 1 };
        }
        true
    }

    /// Counts `count` objects as the newest run.
    ///
    /// # Safety
    ///
    /// - `room` was made from the list's source since that was reset, and not used before: by
    ///   [`apart`](Room::apart) for `kind`, or by [`for_object`](Room::for_object) and `kind` is
    ///   [of objects elsewhere](Kind::of_objects_elsewhere).
    /// - `count` objects of `kind` are built there, which nobody else destroys: one, unless the
    ///   kind is an array's.
    #[inline]
    pub(crate) unsafe fn add(&self, room: Room<E>, kind: &'static Kind, count: usize, entry: E) {
        let previous = self.last();
        if kind.is_counted {
            // SAFETY: room for a count, which is this list's.
            let place = unsafe { room.run.cast::<usize>().sub(1) };
            // SAFETY: as above.
            unsafe { place.write(count) };
        }
        let newest = room.objects.as_ptr();
        // SAFETY: room for a run, which is this list's.
        unsafe { room.run.write(Run { previous, kind, newest: Cell::new(newest), entry }) };
        // INVARIANT: 1 and 2.
        self.last.set(room.run.as_ptr());
        self.kind.set(kind);
        self.newest.set(newest);
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
        let last = self.last();
        // INVARIANT: 1 and 2; nothing leads to these objects any more.
        self.last.set(ptr::null());
        self.kind.set(ptr::null());
        // SAFETY: the caller's condition.
        unsafe { destroy_runs(last, died) };
    }

    /// Whether the last run is of this kind, counted with these.
    #[inline]
    fn last_is_of(&self, kind: &'static Kind, entry: E) -> bool {
        // SAFETY: a valid run (invariant 1), as its kind is none of null (invariant 2).
        ptr::eq(self.kind.get(), kind) && unsafe { &*self.last.get() }.entry == entry
    }

    /// Whether the newest object begins right behind a `T` at `object`.
    #[inline]
    fn last_begins_at_end_of<T>(&self, object: *const u8) -> bool {
        self.newest.get().addr() == object.addr().wrapping_add(size_of::<T>())
    }
}

/// Destroys the objects of a run and of those before it.
///
/// # Safety
///
/// Null, or a valid run, nobody uses the objects of which any more; and so before it.
unsafe fn destroy_runs<E: Copy, D: Fn(E, usize)>(mut run: *const Run<E>, died: &D) {
    /// Goes on while a panic unwinds.
    struct Left<'a, E: Copy, D: Fn(E, usize)>(*const Run<E>, &'a D);

    impl<E: Copy, D: Fn(E, usize)> Drop for Left<'_, E, D> {
        fn drop(&mut self) {
            // SAFETY: the condition of the function that made this.
            unsafe { destroy_runs(self.0, self.1) };
        }
    }

    // SAFETY: null, or a valid run (the caller's condition, and invariant 2 of `Run`).
    while let Some(this) = unsafe { run.as_ref() } {
        let left = Left(this.previous, died);
        // SAFETY: as above.
        died(this.entry, unsafe { Run::count(run) });
        // SAFETY: invariant 1 of `Run`, and the caller's condition.
        unsafe { (this.kind.destroy)(this.newest.get(), run.cast()) };
        run = left.0;
        forget(left);
    }
}

impl<E: Copy> Run<E> {
    /// The number of objects.
    ///
    /// # Safety
    ///
    /// A valid run, as a list has it.
    #[inline]
    pub(crate) unsafe fn count(run: *const Self) -> usize {
        // SAFETY: the caller's condition.
        let this = unsafe { &*run };
        if this.kind.is_counted {
            // SAFETY: there is one (invariant 1).
            return unsafe { count(run.cast()) };
        }
        let size_bytes = this.kind.size_bytes;
        let bytes = run.addr() - gap_bytes(size_bytes) - this.newest.get().addr();
        bytes.checked_div(size_bytes).unwrap_or(0)
    }
}
