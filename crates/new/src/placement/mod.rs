//! Placement: objects in memory that is there already, and is not given back with them.
//!
//! ```text
//!   Storage<T>          exactly a T's bytes, on the stack or anywhere      Placed<'_, T>
//!   PinStorage<T>       the same and whether it is taken; destroys          Pin<&mut T>
//!   StaticStorage<T>    a static, for whoever comes first                   &'static mut T
//!   AlignedStorage<S,A> S bytes aligned to A, for any type that fits        Placed<'_, T>
//!   place, Carver       any bytes: memory-mapped, shared, a ring            Placed<'_, T>
//! ```
//!
//! A [`Placed`] handle destroys its object and gives nothing back; there is no way to `delete` it.
//! Forgotten, it leaks the object: the bytes may be used again, which is sound, since nobody was
//! promised that the object is pinned. Where that is promised, the storage itself destroys.

mod aligned_storage;
mod bytes;
mod carver;
mod pin_storage;
mod placed;
mod static_storage;
mod storage;

pub use aligned_storage::{Align, AlignedStorage, SupportedAlign};
pub use bytes::{place, place_array};
pub use carver::Carver;
pub use pin_storage::PinStorage;
pub use placed::{Placed, PlacedArray};
pub use static_storage::StaticStorage;
pub use storage::Storage;
