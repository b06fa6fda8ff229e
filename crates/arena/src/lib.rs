#![no_std]
//! Many objects of many types that live and die together: an arena over [bumpalo] that
//! runs destructors, and pools of objects of one type.
//!
//! ```text
//!   Arena   alloc  create  own  scope  reset      memory from a bump pointer, given back at once
//!   Pool    insert  remove  keys that grow stale  slots that only ever hold one type
//! ```
//!
//! An arena is right where objects end together: a request, a frame, a syntax tree. A pool is right
//! where they come and go one by one, and others refer to them for longer than they live.
//!
//! ```
//! use heapwright_arena::Pool;
//!
//! let mut ships = Pool::new();
//! let ship = ships.insert("Argo")?;
//! assert_eq!(ships.remove(ship), Some("Argo"));
//! assert_eq!(ships.get(ship), None); // the key is stale, and known to be
//! # Ok::<(), heapwright_new::BadAlloc>(())
//! ```
//!
//! Objects are built by the initialisers of [`heapwright_new`], in place and with constructors that
//! may fail. Errors are values.
//!
//! ```
//! use heapwright_arena::Arena;
//! use heapwright_new::value;
//!
//! let arena = Arena::new();
//! let weight = arena.alloc(value(3))?; // no destructor
//! let name = arena.create(value(String::from("symbols")))?; // the arena runs it, in reverse order
//! *weight += name.len();
//! assert_eq!(*weight, 10);
//! # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
//! ```

extern crate alloc;

mod allocator;
mod arena;
mod arena_pool;
mod census;
mod family;
mod live;
mod mode;
pub mod pool;
mod run;
mod scope;
pub mod source;

pub use arena::Arena;
pub use arena_pool::{ArenaPool, Lease};
pub use census::{Census, CountByType, CountByTypeAndSite, NoCensus, Report, Row};
pub use live::Live;
pub use mode::{Admits, Local, Mode, Sendable};
pub use pool::{Key, ObjectPool, Pool, Pooled, SharedPool, StaleKey};
