//! The live objects of one type.

use core::any::TypeId;
use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr::NonNull;

use crate::Arena;
use crate::census::Census;
use crate::mode::Mode;
use crate::run::{Run, Runs};
use crate::source::StaticSource;

/// Visits objects of one type, newest first: what [`Arena::live`] returns.
///
/// # Invariants
///
/// 1. `next_run` is null or a valid run of `runs`.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, Live};
/// use heapwright_new::value;
///
/// struct Particle {
///     age: u32,
/// }
///
/// let mut arena = Arena::new();
/// for age in [3, 4] {
///     arena.create(value(Particle { age }))?;
/// }
/// let particles: Live<'_, Particle, _> = arena.live();
/// particles.for_each(|mut particle| particle.age += 1);
/// assert_eq!(arena.live::<Particle>().map(|particle| particle.age).max(), Some(5));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug)]
pub struct Live<'a, T, E: Copy + PartialEq> {
    runs: PhantomData<&'a Runs<E>>,
    /// The run that is looked at when this one is through.
    next_run: *const Run<E>,
    next: *mut T,
    left: usize,
    objects: PhantomData<&'a mut T>,
}

impl<M: Mode, C: Census, S: StaticSource> Arena<'static, M, C, S> {
    /// All objects of type `T` that were [`create`](Arena::create)d and live, newest first.
    /// Elements of arrays are not visited.
    ///
    /// It exists where the arena's objects borrow nothing: types that differ by lifetimes alone
    /// cannot be told apart at run time.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::Arena;
    /// use heapwright_new::value;
    ///
    /// struct Door(u32);
    ///
    /// let mut arena = Arena::new();
    /// for number in 0..3 {
    ///     arena.create(value(Door(number)))?;
    ///     arena.create(value(String::from("no door")))?;
    /// }
    /// let numbers: Vec<u32> = arena.live::<Door>().map(|door| door.0).collect();
    /// assert_eq!(numbers, [2, 1, 0]);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    pub fn live<T: 'static>(&mut self) -> Live<'_, T, C::Entry> {
        let (next_run, next) = (self.runs.last(), core::ptr::null_mut());
        // INVARIANT: 1.
        Live { runs: PhantomData, next_run, next, left: 0, objects: PhantomData }
    }
}

impl<'a, T: 'static, E: Copy + PartialEq> Iterator for Live<'a, T, E> {
    type Item = Pin<&'a mut T>;

    fn next(&mut self) -> Option<Pin<&'a mut T>> {
        while self.left == 0 {
            let place = self.next_run;
            // SAFETY: null or a valid run (invariant 1), of an arena that is borrowed.
            let run = unsafe { place.as_ref() }?;
            // INVARIANT: 1.
            self.next_run = run.previous;
            if !run.kind.is_array && (run.kind.type_id)() == TypeId::of::<T>() {
                self.next = run.newest.get().cast::<T>();
                // SAFETY: from above.
                self.left = unsafe { Run::count(place) };
            }
        }
        self.left -= 1;
        let mut object = NonNull::new(self.next)?;
        // SAFETY: inside of the run, or at its end.
        self.next = unsafe { self.next.add(1) };
        // SAFETY: a live object of this type, by the id of its run. The arena is borrowed for it,
        // and each object is visited once.
        let object = unsafe { object.as_mut() };
        // SAFETY: it stays where it is until the arena destroys it, as in `create_pin`. A reference
        // that `create` lent, by which it could have been moved, is no more.
        Some(unsafe { Pin::new_unchecked(object) })
    }
}
