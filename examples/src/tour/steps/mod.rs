//! The steps, one a file, in the order of the story.

pub mod areas;
pub mod by_hand;
pub mod coalesce;
pub mod fragmentation;
pub mod free;
pub mod metadata;
pub mod misuse;
pub mod objects;
pub mod placement;
pub mod resize;
pub mod six_fits;
pub mod split;
pub mod summary;
pub mod together;
pub mod trim;
