//! What lives in an arena, counted by type and by place in the program.
//!
//! ```text
//!   live objects: 2 types, 1202 objects, 61.3 KiB
//!     demo::Texture   812  (peak 900)  52.0 KiB  src/load.rs:88:21
//!     demo::Sprite    390  (peak 391)   9.3 KiB  src/scene.rs:41:9
//! ```
//!
//! A census is a type parameter and no feature: features of a crate add up over all its users, and
//! one that counts would slow down the others.

mod by_type;
mod records;
mod report;

use core::any::TypeId;
use core::fmt::Debug;
use core::panic::Location;

pub use by_type::{CountByType, CountByTypeAndSite};
use heapwright_new::BadAlloc;
pub use report::{Report, Row};

use crate::run::Kind;

/// What is counted of objects that an arena creates: nothing, by [`NoCensus`]; or their number and
/// size, by [`CountByType`] or [`CountByTypeAndSite`].
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, Census, CountByType, Local};
/// use heapwright_new::value;
///
/// /// Loads into an arena, whether its objects are counted or not.
/// fn load<C: Census>(arena: &Arena<'_, Local, C>) -> usize {
///     arena.create(value(String::from("texture"))).map_or(0, |texture| texture.len())
/// }
///
/// let counted = Arena::counting(CountByType::new());
/// assert_eq!(load(&counted), load(&Arena::new()));
/// assert_eq!(counted.census().report()?.live(), 1);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
pub trait Census: sealed::Sealed {
    /// Where objects alike are counted.
    #[doc(hidden)]
    type Entry: Copy + PartialEq + Debug;

    /// Where objects of a type, created at a place in the program, are counted.
    #[doc(hidden)]
    fn entry(
        &self,
        counted: Counted,
        site: &'static Location<'static>,
    ) -> Result<Self::Entry, BadAlloc>;

    #[doc(hidden)]
    fn born(&self, entry: Self::Entry, count: usize);

    #[doc(hidden)]
    fn died(&self, entry: Self::Entry, count: usize);

    /// The arena is about to destroy what lives.
    #[doc(hidden)]
    fn ends(&self);
}

/// A type whose objects are counted.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    type_id: fn() -> TypeId,
    name: fn() -> &'static str,
    size_bytes: usize,
}

impl From<&'static Kind> for Counted {
    #[inline]
    fn from(kind: &'static Kind) -> Self {
        Self { type_id: kind.type_id, name: kind.type_name, size_bytes: kind.size_bytes }
    }
}

/// Counts nothing, and costs nothing.
///
/// # Examples
///
/// ```
/// use heapwright_arena::{Arena, CountByType, NoCensus};
///
/// #[cfg(debug_assertions)]
/// type Counted = CountByType;
/// #[cfg(not(debug_assertions))]
/// type Counted = NoCensus;
///
/// let arena = Arena::counting(Counted::default()); // counts while the program is developed
/// assert_eq!(arena.alloc_str("in both")?, "in both");
/// assert_eq!(size_of::<NoCensus>(), 0);
/// # Ok::<(), heapwright_new::BadAlloc>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCensus;

impl Census for NoCensus {
    type Entry = ();

    #[inline(always)]
    fn entry(&self, _counted: Counted, _site: &'static Location<'static>) -> Result<(), BadAlloc> {
        Ok(())
    }

    #[inline(always)]
    fn born(&self, (): (), _count: usize) {}

    #[inline(always)]
    fn died(&self, (): (), _count: usize) {}

    #[inline(always)]
    fn ends(&self) {}
}

mod sealed {
    #[expect(unnameable_types, reason = "a seal: nobody else implements it")]
    pub trait Sealed {}
    impl Sealed for super::NoCensus {}
    impl Sealed for super::CountByType {}
    impl Sealed for super::CountByTypeAndSite {}
}
