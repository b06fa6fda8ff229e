//! A report: what lives, as a table.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::panic::Location;

use heapwright_new::BadAlloc;

/// Objects of one type, created at one place where places are counted.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, CountByType};
/// use heapwright_new::value;
///
/// let mut arena = Arena::counting(CountByType::new());
/// arena.create_array(3, |_| value(0_u16))?;
/// arena.reset();
/// arena.create(value(0_u16))?;
/// let row = arena.census().report()?.rows()[0];
/// assert_eq!((row.type_name, row.size_bytes), ("u16", 2));
/// assert_eq!((row.live, row.peak, row.total), (1, 3, 4));
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The name of the type.
    pub type_name: &'static str,
    /// The size of one object, in bytes.
    pub size_bytes: usize,
    /// How many live.
    pub live: usize,
    /// The most that ever lived at once.
    pub peak: usize,
    /// How many were ever created.
    pub total: usize,
    /// Where in the program they were created.
    pub site: Option<&'static Location<'static>>,
}

impl Row {
    pub(super) fn new(
        type_name: &'static str,
        size_bytes: usize,
        site: Option<&'static Location<'static>>,
    ) -> Self {
        Self { type_name, size_bytes, live: 0, peak: 0, total: 0, site }
    }

    pub(super) fn born(&mut self, count: usize) {
        self.live = self.live.saturating_add(count);
        self.peak = self.peak.max(self.live);
        self.total = self.total.saturating_add(count);
    }

    pub(super) fn died(&mut self, count: usize) {
        self.live = self.live.saturating_sub(count);
    }

    /// The bytes of those that live.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByTypeAndSite};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByTypeAndSite::new());
    /// arena.create(value([0_u8; 500]))?;
    /// arena.create_array(2, |_| value([0_u8; 500]))?;
    /// let report = arena.census().report()?;
    /// let bytes: Vec<_> = report.rows().iter().map(|row| row.live_bytes()).collect();
    /// assert_eq!(bytes, [1000, 500]); // of one line, and of the other
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.live.saturating_mul(self.size_bytes)
    }
}

/// What lived in an arena at some time, most bytes first. Displayed, it is a table.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, CountByType};
/// use heapwright_new::value;
///
/// let arena = Arena::counting(CountByType::new());
/// arena.create(value([0_u8; 1024]))?;
/// let report = arena.census().report()?.to_string();
/// assert!(report.starts_with("live objects: 1 type, 1 object, 1.0 KiB\n"), "{report}");
/// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub(super) fn of(all: impl ExactSizeIterator<Item = Row>) -> Result<Self, BadAlloc> {
        let size = all.len().saturating_mul(size_of::<Row>());
        let refused = |_| BadAlloc::Exhausted { size, align: align_of::<Row>() };
        let mut rows: Vec<Row> = Vec::new();
        rows.try_reserve(all.len()).map_err(refused)?;
        rows.extend(all);
        rows.sort_unstable_by_key(|row| (Reverse(row.live_bytes()), row.type_name, row.site));
        Ok(Self { rows })
    }

    /// The rows, most bytes first. Those of which none lives are there too.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let mut arena = Arena::counting(CountByType::new());
    /// arena.create(value([0_u8; 64]))?;
    /// arena.reset();
    /// arena.create(value(0_u8))?;
    /// let report = arena.census().report()?;
    /// let lines: Vec<_> = report.rows().iter().map(|row| (row.type_name, row.live)).collect();
    /// assert_eq!(lines, [("u8", 1), ("[u8; 64]", 0)]);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of objects that live.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByType::new());
    /// arena.create(value("one"))?;
    /// arena.create_array(9, |_| value('e'))?; // each element counts
    /// assert_eq!(arena.census().report()?.live(), 10);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn live(&self) -> usize {
        self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.live))
    }

    /// The bytes of those objects, without what they hold elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByType::new());
    /// arena.create(value(vec![0_u8; 1_000_000]))?; // the million lies in the global heap
    /// assert_eq!(arena.census().report()?.live_bytes(), size_of::<Vec<u8>>());
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    #[must_use]
    pub fn live_bytes(&self) -> usize {
        self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.live_bytes()))
    }

    /// The number of types of which objects live.
    fn live_types(&self) -> usize {
        let is_first = |(number, row): &(usize, &Row)| {
            let is_same = |other: &Row| other.live > 0 && other.type_name == row.type_name;
            row.live > 0 && !self.rows.iter().take(*number).any(is_same)
        };
        self.rows.iter().enumerate().filter(is_first).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alive = || self.rows.iter().filter(|row| row.live > 0);
        let (types, live) = (self.live_types(), self.live());
        let plural = |count| if count == 1 { "" } else { "s" };
        write!(formatter, "live objects: {types} type{}, ", plural(types))?;
        writeln!(formatter, "{live} object{}, {}", plural(live), Bytes(self.live_bytes()))?;
        let width = alive().map(|row| row.type_name.len()).max().unwrap_or(0);
        for row in alive() {
            let Row { type_name, live, peak, .. } = *row;
            write!(formatter, "  {type_name:width$}  {live:>8}  (peak {peak})")?;
            write!(formatter, "  {}", Bytes(row.live_bytes()))?;
            if let Some(site) = row.site {
                write!(formatter, "  {site}")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// Bytes as people read them.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: usize = 1 << 10;
        let tenths = |unit: usize| (self.0 / unit, self.0 % unit * 10 / unit);
        match self.0 {
            bytes if bytes < KIB => write!(formatter, "{bytes} B"),
            bytes if bytes < KIB * KIB => {
                let (whole, tenth) = tenths(KIB);
                write!(formatter, "{whole}.{tenth} KiB")
            }
            _ => {
                let (whole, tenth) = tenths(KIB * KIB);
                write!(formatter, "{whole}.{tenth} MiB")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_objects_than_a_number_holds_are_as_many_as_it_holds() {
        let rows = ["first", "second"].map(|name| {
            let mut row = Row::new(name, 2, None);
            row.born(usize::MAX);
            row.born(1);
            row
        });
        let report = Report::of(rows.into_iter()).unwrap();
        assert_eq!((report.live(), report.live_bytes()), (usize::MAX, usize::MAX));
        assert_eq!(report.live_types(), 2);
    }
}
