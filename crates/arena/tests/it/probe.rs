//! Objects that say when they are destroyed, and notice when somebody else wrote to them.

use core::cell::RefCell;
use core::ops::Range;

thread_local! {
    static LOG: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static LIVE: RefCell<Vec<Range<usize>>> = const { RefCell::new(Vec::new()) };
}

/// The numbers of the objects destroyed on this thread since the last call, in that order.
pub(crate) fn destroyed() -> Vec<u32> {
    LOG.take()
}

/// How many objects of this thread live that have a size.
pub(crate) fn live() -> usize {
    LIVE.with_borrow(Vec::len)
}

pub(crate) fn log(number: u32) {
    LOG.with_borrow_mut(|log| log.push(number));
}

/// An object with a number, of a size and an alignment.
pub(crate) trait Probe: 'static {
    fn with_number(number: u32) -> Self;
    fn number(&self) -> u32;
}

/// Whether no live object of this thread shares a byte with this place.
#[track_caller]
fn claim(place: Range<usize>) {
    LIVE.with_borrow_mut(|live| {
        for other in live.iter() {
            let is_apart = place.end <= other.start || other.end <= place.start;
            assert!(is_apart, "{place:x?} overlaps {other:x?}");
        }
        live.push(place);
    });
}

#[track_caller]
fn unclaim(place: &Range<usize>) {
    LIVE.with_borrow_mut(|live| {
        let index = live.iter().position(|other| other == place).expect("it lives once");
        live.swap_remove(index);
    });
}

/// Notes where an object is, once it is built; it is not moved afterwards.
pub(crate) fn settle<T: Probe>(object: &T) {
    let start = (&raw const *object).addr();
    assert!(start.is_multiple_of(align_of::<T>()), "{start:#x} is not aligned");
    if size_of::<T>() > 0 {
        claim(start..start + size_of::<T>());
    }
}

fn unsettle<T: Probe>(object: &T) {
    let start = (&raw const *object).addr();
    if size_of::<T>() > 0 {
        unclaim(&(start..start + size_of::<T>()));
    }
    log(object.number());
}

macro_rules! probes {
    ($($(#[$meta:meta])* $name:ident: $words:literal;)+) => { $(
        $(#[$meta])*
        pub(crate) struct $name([u32; $words]);

        impl Probe for $name {
            fn with_number(number: u32) -> Self {
                Self([number; $words])
            }

            #[track_caller]
            fn number(&self) -> u32 {
                assert!(self.0.iter().all(|word| *word == self.0[0]), "overwritten: {:?}", self.0);
                self.0[0]
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                unsettle(self);
            }
        }
    )+ };
}

probes! {
    Small: 1;
    Medium: 7;
    Large: 700;
    #[repr(align(128))]
    Aligned: 32;
}

/// An object without a size: its number is always 0.
pub(crate) struct Empty;

impl Probe for Empty {
    fn with_number(_number: u32) -> Self {
        Self
    }

    fn number(&self) -> u32 {
        0
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        unsettle(self);
    }
}
