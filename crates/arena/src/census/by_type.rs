//! The two that count.

use core::panic::Location;

use heapwright_new::BadAlloc;

use super::records::{Entry, Records};
use super::report::Report;
use super::{Census, Counted};

macro_rules! census {
    ($(#[$meta:meta])* $name:ident, $site:ident => $counted_site:expr) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub struct $name {
            records: Records,
            at_end: Option<fn(&Report)>,
        }

        impl $name {
            /// A census of nothing yet.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use heapwright_arena::{Arena, ", stringify!($name), "};")]
            ///
            #[doc = concat!("let arena = Arena::counting(", stringify!($name), "::new());")]
            /// assert!(arena.census().report()?.rows().is_empty());
            /// # Ok::<(), heapwright_new::BadAlloc>(())
            /// ```
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// The same, which hands a report to `tell` when the arena ends and objects live still.
            ///
            /// # Examples
            ///
            /// ```
            /// use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
            #[doc = concat!("use heapwright_arena::{Arena, ", stringify!($name), "};")]
            /// use heapwright_new::value;
            ///
            /// static LEFT: AtomicUsize = AtomicUsize::new(0);
            ///
            #[doc = concat!("let census = ", stringify!($name), "::new();")]
            /// let census = census.at_end(|report| LEFT.store(report.live(), Relaxed));
            /// let arena = Arena::counting(census);
            /// arena.create(value(String::from("never reset")))?;
            /// drop(arena);
            /// assert_eq!(LEFT.load(Relaxed), 1);
            /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
            /// ```
            #[must_use]
            pub fn at_end(self, tell: fn(&Report)) -> Self {
                Self { at_end: Some(tell), ..self }
            }

            /// What is counted now.
            ///
            /// # Errors
            ///
            /// [`BadAlloc`] where there is no memory for it.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use heapwright_arena::{Arena, ", stringify!($name), "};")]
            /// use heapwright_new::value;
            ///
            #[doc = concat!("let arena = Arena::counting(", stringify!($name), "::new());")]
            /// let before = arena.census().report()?;
            /// arena.create(value(String::from("between the two")))?;
            /// let after = arena.census().report()?;
            /// assert_eq!((before.live(), after.live()), (0, 1));
            /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
            /// ```
            pub fn report(&self) -> Result<Report, BadAlloc> {
                self.records.report()
            }
        }

        impl Census for $name {
            type Entry = Entry;

            fn entry(
                &self,
                counted: Counted,
                $site: &'static Location<'static>,
            ) -> Result<Entry, BadAlloc> {
                self.records.entry(counted, $counted_site)
            }

            fn born(&self, entry: Entry, count: usize) {
                self.records.change(entry, |row| row.born(count));
            }

            fn died(&self, entry: Entry, count: usize) {
                self.records.change(entry, |row| row.died(count));
            }

            fn ends(&self) {
                let Some(tell) = self.at_end else { return };
                // Without memory for a report there is none.
                if let Some(report) = self.report().ok().filter(|report| report.live() > 0) {
                    tell(&report);
                }
            }
        }
    };
}

census! {
    /// Counts objects by their type.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByType};
    /// use heapwright_new::value;
    ///
    /// let mut arena = Arena::counting(CountByType::new());
    /// for name in ["first", "second"] {
    ///     arena.create(value(String::from(name)))?;
    /// }
    /// let report = arena.census().report()?;
    /// assert_eq!((report.live(), report.rows()[0].peak), (2, 2));
    /// arena.reset();
    /// assert_eq!(arena.census().report()?.live(), 0);
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    CountByType, _site => None
}

census! {
    /// Counts objects by their type and by the line of the program that created them.
    ///
    /// # Examples
    ///
    /// ```
    /// use heapwright_arena::{Arena, CountByTypeAndSite};
    /// use heapwright_new::value;
    ///
    /// let arena = Arena::counting(CountByTypeAndSite::new());
    /// arena.create(value(1_u64))?;
    /// arena.create(value(2_u64))?;
    /// let report = arena.census().report()?;
    /// assert_eq!(report.rows().len(), 2, "{report}");
    /// # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
    /// ```
    CountByTypeAndSite, site => Some(site)
}
