//! Programs to read in order, and the tour.

pub mod tour;

/// The programs in the README, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The guide for those who come from C++, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-cpp.md")]
pub struct FromCpp;

/// The lines of `docs/choosing.md`, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/choosing.md")]
pub struct Choosing;
