//! The table of all addresses that [`Checked`](super::Checked) knows.
//!
//! A hash table with open addressing. It grows outside of its lock, since what is done under the
//! lock must not allocate.

use core::any::TypeId;
use core::panic::Location;
use core::ptr;

use crate::label::TypeLabel;
use crate::label::fork::hold_over_forks;
use crate::label::spin::Spin;
use crate::{BadAlloc, OwnedArray};

/// A place in the source.
pub(super) type Site = &'static Location<'static>;

/// How an object was made, and so how it must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By `new`.
    New,
    /// By `new[]`, with so many elements.
    NewArray(usize),
    /// In memory that was there.
    Placement,
}

impl Form {
    pub(super) const fn made_by(self) -> &'static str {
        match self {
            Self::New => "new_with",
            Self::NewArray(_) => "new_array",
            Self::Placement => "construct_at",
        }
    }

    pub(super) const fn ended_by(self) -> &'static str {
        match self {
            Self::New => "delete",
            Self::NewArray(_) => "delete_array",
            Self::Placement => "destroy_at",
        }
    }

    /// Whether both are the same form, whatever the lengths.
    const fn is_like(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::New, Self::New)
                | (Self::NewArray(_), Self::NewArray(_))
                | (Self::Placement, Self::Placement)
        )
    }
}

/// The type of an allocator. Those that [`Checked`](super::Checked) takes are mere names, so that
/// it tells which one it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct AllocatorType {
    id: TypeId,
    pub(super) name: &'static str,
}

impl AllocatorType {
    pub(super) fn of<A: 'static>() -> Self {
        Self { id: TypeId::of::<A>(), name: core::any::type_name::<A>() }
    }
}

/// What is to end: who says so, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) address: usize,
    pub(super) label: &'static TypeLabel,
    pub(super) allocator: AllocatorType,
    /// The form of the object that can end so. Its length says nothing.
    pub(super) form: Form,
    pub(super) site: Site,
}

/// What is known of one object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) address: usize,
    /// The type of the object. Its name is no identity: two functions may each have a type of one
    /// name.
    pub(super) label: &'static TypeLabel,
    pub(super) allocator: AllocatorType,
    pub(super) form: Form,
    pub(super) made: Site,
    pub(super) ended: Option<Site>,
}

/// What is wrong with an end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wrong {
    /// Nobody made an object there.
    Stranger,
    /// The object ended before.
    Twice(Entry),
    /// It was made in another form.
    Form(Entry),
    /// Its memory is another allocator's.
    Allocator(Entry),
    /// There is an object of another type.
    Type(Entry),
}

/// The entries, by address and type. An object may begin where another one does, as a first field
/// does.
///
/// # Invariants
///
/// 1. The number of places is a power of two, and more than `count` of them are there, or none.
struct Table {
    places: Option<OwnedArray<Option<Entry>>>,
    count: usize,
}

static TABLE: Spin<Table> = Spin::new(Table { places: None, count: 0 });

/// The number of places at first.
const PLACES_MIN: usize = 1024;

/// The table, in whose lock no other thread is at a `fork`.
fn with_table<R>(body: impl FnOnce(&mut Table) -> R) -> R {
    hold_over_forks();
    TABLE.with(body)
}

/// Waits for the lock of the table, until [`release_table`].
pub(in crate::label) fn hold_table() {
    TABLE.hold();
}

/// Lets go of what [`hold_table`] took.
pub(in crate::label) fn release_table() {
    TABLE.release();
}

/// Notes a new object. What ended at its address is forgotten.
///
/// # Errors
///
/// [`BadAlloc`] where the table has no memory to grow.
pub(super) fn note(entry: Entry) -> Result<(), BadAlloc> {
    while let Some(len) = with_table(|table| table.len_wanted()) {
        let larger = OwnedArray::try_fill(len, None)?;
        // What is given up is dropped without the lock.
        drop(with_table(|table| table.adopt(larger)));
    }
    with_table(|table| table.insert(entry));
    Ok(())
}

/// Notes the end of an object, and returns how it was made.
///
/// # Errors
///
/// [`Wrong`], where the object may not end so.
pub(super) fn end(ending: Ending) -> Result<Form, Wrong> {
    with_table(|table| table.end(ending))
}

impl Table {
    fn len(&self) -> usize {
        self.places.as_ref().map_or(0, |places| places.len())
    }

    /// The number of places that the next entry needs, where there are too few.
    fn len_wanted(&self) -> Option<usize> {
        let len = self.len();
        (self.count.saturating_mul(2) >= len).then(|| len.saturating_mul(2).max(PLACES_MIN))
    }

    /// Goes on with more places. Returns the ones before, or those that are not needed.
    fn adopt(
        &mut self,
        mut larger: OwnedArray<Option<Entry>>,
    ) -> Option<OwnedArray<Option<Entry>>> {
        if larger.len() <= self.len() {
            return Some(larger);
        }
        for entry in self.places.iter().flat_map(|places| places.iter()).flatten() {
            let index = index_of(&larger, entry.address, entry.label);
            if let Some(place) = index.and_then(|index| larger.get_mut(index)) {
                *place = Some(*entry);
            }
        }
        // INVARIANT: 1 holds, as it did with fewer places.
        self.places.replace(larger)
    }

    fn insert(&mut self, entry: Entry) {
        let Some(places) = self.places.as_deref_mut() else { return };
        let Some(place) =
            index_of(places, entry.address, entry.label).and_then(|index| places.get_mut(index))
        else {
            return;
        };
        if place.replace(entry).is_none() {
            self.count += 1;
        }
    }

    fn end(&mut self, ending: Ending) -> Result<Form, Wrong> {
        let places = self.places.as_deref_mut().ok_or(Wrong::Stranger)?;
        let index = index_of(places, ending.address, ending.label).ok_or(Wrong::Stranger)?;
        let Some(Some(entry)) = places.get_mut(index) else {
            return Err(
                of_another_type(places, ending.address).map_or(Wrong::Stranger, Wrong::Type)
            );
        };
        if entry.ended.is_some() {
            return Err(Wrong::Twice(*entry));
        }
        if !entry.form.is_like(ending.form) {
            return Err(Wrong::Form(*entry));
        }
        // What was placed is in nobody's memory.
        if entry.form != Form::Placement && entry.allocator.id != ending.allocator.id {
            return Err(Wrong::Allocator(*entry));
        }
        entry.ended = Some(ending.site);
        Ok(entry.form)
    }
}

/// The places for an address, in the order in which they are taken.
fn places_for(len: usize, address: usize) -> impl Iterator<Item = usize> {
    let mask = len.wrapping_sub(1);
    // Knuth's multiplicative hashing; the lowest bits of most addresses are the same.
    let start = (address >> 3).wrapping_mul(0x9e37_79b9) >> 7;
    (0..len).map(move |step| start.wrapping_add(step) & mask)
}

/// The index of the entry for that address and type, or of the place where it would be.
fn index_of(places: &[Option<Entry>], address: usize, label: &TypeLabel) -> Option<usize> {
    places_for(places.len(), address).find(|&index| match places.get(index) {
        Some(Some(entry)) => entry.address == address && ptr::eq(entry.label, label),
        _ => true,
    })
}

/// An object of another type that lives at that address.
fn of_another_type(places: &[Option<Entry>], address: usize) -> Option<Entry> {
    places_for(places.len(), address)
        .map_while(|index| places.get(index).copied().flatten())
        .find(|entry| entry.address == address && entry.ended.is_none())
}
