//! The table of a census: a record for each type, or for each type and place.

use alloc::vec::Vec;
use core::any::TypeId;
use core::cell::Cell;
use core::fmt;
use core::panic::Location;

use heapwright_new::BadAlloc;

use super::Counted;
use super::report::{Report, Row};

/// What objects alike are counted by: their type, and the address of where they are created if that
/// counts too.
type Key = (TypeId, usize);

/// The number of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
#[expect(unnameable_types, reason = "nobody but the arena handles it")]
pub struct Entry(usize);

/// All records, in the order they were made, and their numbers in the order of their keys.
///
/// They are taken out of their cells for each use: nobody else's code runs meanwhile.
#[derive(Default)]
pub(super) struct Records {
    rows: Cell<Vec<(TypeId, Row)>>,
    index: Cell<Vec<(Key, Entry)>>,
}

impl Records {
    /// The record of a type, and of a place where that is given.
    pub(super) fn entry(
        &self,
        counted: Counted,
        site: Option<&'static Location<'static>>,
    ) -> Result<Entry, BadAlloc> {
        let key = ((counted.type_id)(), site.map_or(0, |site| core::ptr::from_ref(site).addr()));
        let mut index = self.index.take();
        let found = index.binary_search_by_key(&key, |(key, _)| *key);
        let entry = match found {
            Ok(place) => Ok(index[place].1),
            Err(place) => self.add(counted, site, &mut index, (place, key)),
        };
        self.index.set(index);
        entry
    }

    #[cold]
    fn add(
        &self,
        counted: Counted,
        site: Option<&'static Location<'static>>,
        index: &mut Vec<(Key, Entry)>,
        (place, key): (usize, Key),
    ) -> Result<Entry, BadAlloc> {
        let refused = |_| BadAlloc::Exhausted { size: size_of::<Row>(), align: align_of::<Row>() };
        index.try_reserve(1).map_err(refused)?;
        let mut rows = self.rows.take();
        // The compiler may know one place by several addresses.
        let known = rows.iter().position(|(type_id, row)| *type_id == key.0 && row.site == site);
        let outcome = match known {
            Some(_) => Ok(()),
            None => rows.try_reserve(1).map_err(refused),
        };
        let entry = Entry(known.unwrap_or(rows.len()));
        if outcome.is_ok() {
            if known.is_none() {
                rows.push((key.0, Row::new((counted.name)(), counted.size_bytes, site)));
            }
            index.insert(place, (key, entry));
        }
        self.rows.set(rows);
        outcome.map(|()| entry)
    }

    pub(super) fn change(&self, Entry(number): Entry, change: impl FnOnce(&mut Row)) {
        let mut rows = self.rows.take();
        if let Some((_, row)) = rows.get_mut(number) {
            change(row);
        }
        self.rows.set(rows);
    }

    /// What is counted now.
    pub(super) fn report(&self) -> Result<Report, BadAlloc> {
        let rows = self.rows.take();
        let report = Report::of(rows.iter().map(|(_, row)| *row));
        self.rows.set(rows);
        report
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Records").field(&self.report()).finish()
    }
}
