//! Pools: slots for objects of one type, which come and go one by one and never move.
//!
//! | | who refers to an object | who may use the pool | an object ends |
//! |---|---|---|---|
//! | [`Pool`] | a [`Key`], as often as liked, for longer than the object lives | its owner | by `delete`, `remove` |
//! | [`ObjectPool`] | one handle, a [`Pooled`] | one thread, through `&self` | with its handle |
//! | [`SharedPool`] | one handle, a [`Pooled`] | all threads, through `&self` | with its handle, on any thread |
//!
//! In all of them a slot holds objects of one type only, as long as the pool lasts: not even the
//! pool's own links are ever written where an object was. So a pointer that dangles finds a `T`
//! there or the bytes of one, and nothing an attacker has chosen of another type. The memory of
//! slots goes back to the allocator when the pool is dropped, and not before.
//!
//! ```text
//!   Pool          ObjectPool ── Pooled ── SharedPool      who may ask, and how
//!     │                │                     │
//!   vacancies      (a link)              free_list        which slot is free
//!   storage            └──────────┬──────────┘            at hand where it is one chunk
//!     │                    shared_chunks                  how it grows, by any thread
//!     └──────── chunks ───────────┘
//!                 └── directory ── slot                   where the slots are
//! ```

mod chunks;
mod directory;
mod error;
mod free_list;
mod key;
mod keyed;
mod object_pool;
mod pooled;
mod shared_chunks;
mod shared_pool;
mod slot;
mod sweep;
mod sync;

pub use error::StaleKey;
pub use key::Key;
pub use keyed::{Drain, Iter, IterMut, IterPinMut, Keys, Pool, Values, ValuesMut};
pub use object_pool::ObjectPool;
pub use pooled::Pooled;
pub use shared_pool::SharedPool;
