#![no_std]
#![cfg_attr(feature = "nightly", feature(allocator_api, coerce_unsized, unsize))]
//! `new`, `delete` and placement: objects whose constructors run where the objects are to stay.
//!
//! ```text
//!   initialiser        value  zeroed  array_from_fn  init!  pin_init!      what to build
//!        │
//!        ├──▶ Owned, OwnedArray     raw::new, raw::delete                  on any allocator
//!        └──▶ Storage, PinStorage, StaticStorage, place, Carver            in memory that is there
//! ```
//!
//! C++ gives an object its memory first and then runs its constructor there. Rust makes a value
//! and moves it, which for 100 MiB is more than a stack holds. Here a constructor is a value, an
//! [`Init`], which is told the address:
//!
//! ```
//! use heapwright_new::{Owned, init, value, zeroed};
//!
//! struct Packet {
//!     id: u32,
//!     body: [u8; 1500],
//! }
//!
//! let packet = Owned::try_new_with(init!(Packet { id <- value(7), body <- zeroed() }))?;
//! assert_eq!(packet.id, 7);
//! # Ok::<(), heapwright_new::NewError<core::convert::Infallible>>(())
//! ```
//!
//! A constructor that fails or panics leaves no object and no memory behind; arrays and fields are
//! undone last to first; failures are values. The allocator is a parameter: any
//! [`allocator_api2`] allocator serves, and Heapwright's malloc where none is named.
//!
//! The trait [`Allocator`] is that of allocator-api2 0.4, which need not be named as a dependency:
//! what this crate's functions ask for is here. hashbrown and bumpalo speak 0.2; `Adapter02`
//! translates.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `malloc` (default) | `Malloc` as the default allocator, `ProcessMalloc`; `Owned::new` |
//! | `alloc` | `Global`; conversions from and to `Box`; `Owned::new_in` |
//! | `allocator-api2-02` | `Adapter02`: allocators of allocator-api2 0.2 here, and ours there |
//! | `nightly` | `AdapterNightly`: the same for nightly's `core::alloc::Allocator`; unsizing without [`unsize!`] |

#[cfg(feature = "alloc")]
extern crate alloc;

mod adapter;
mod allocate;
mod array;
mod class;
mod destroy;
mod destroying;
mod error;
mod handler;
mod init;
mod label;
mod owned;
mod placement;
pub mod polymorphic;
pub mod raw;
mod static_allocator;
mod unsize;

#[cfg(feature = "alloc")]
#[doc(no_inline)]
pub use allocator_api2::alloc::Global;
#[doc(no_inline)]
pub use allocator_api2::alloc::{AllocError, Allocator};
#[cfg(feature = "malloc")]
#[doc(no_inline)]
pub use heapwright_malloc::{Malloc, ProcessMalloc};

#[cfg(feature = "allocator-api2-02")]
pub use adapter::Adapter02;
#[cfg(feature = "nightly")]
pub use adapter::AdapterNightly;
pub use array::OwnedArray;
pub use class::{Class, ClassOwned};
pub use destroying::{DestroyingDelete, SelfDeleting};
pub use error::{BadAlloc, LengthMismatch, NewError, PlaceError, StorageError};
pub use handler::{HandlerVerdict, NewHandler, WithHandler, new_handler, set_new_handler};
pub use init::{
    ArrayFromFn, CopyFrom, DefaultInit, DropToken, Fill, Init, InitRaw, InitWith, MapErr, OrElse,
    PinInit, PinInitRaw, PinnedDrop, Then, ThenPin, Value, WithError, Zeroable, Zeroed,
    array_from_fn, copy_from, default, fill, init_raw, init_with, pin_init_raw, value, zeroed,
};
#[cfg(feature = "malloc")]
pub use label::Checked;
pub use label::{ByType, Isolated, Label, LabelTable, Labels, TypeLabel, label_table, labels};
pub use owned::Owned;
pub use placement::{
    Align, AlignedStorage, Carver, PinStorage, Placed, PlacedArray, StaticStorage, Storage,
    SupportedAlign, place, place_array,
};
pub use static_allocator::StaticAllocator;

/// What the macros come to. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::destroy::FieldGuard;
    pub use crate::init::fields::*;
    pub use crate::init::{has_all_fields, is_zeroable};
    pub use crate::unsize::{Handle, Reassemble};
}
