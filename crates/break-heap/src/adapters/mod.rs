//! Our breaks as the memory sources of other crates' heaps, one newtype a file.
//!
//! ```text
//!   talc::Talc                  dlmalloc::Dlmalloc                rlsf::FlexTlsf
//!       │ Source                    │ Allocator                       │ FlexSource
//!   AsTalcSource<B>             AsDlmallocAllocator<B>            AsFlexSource<B>
//!       └───────────────────────────┴─ any B: Break ──────────────────┘
//! ```

#[cfg(feature = "dlmalloc")]
mod dlmalloc;
#[cfg(feature = "rlsf")]
mod rlsf;
#[cfg(any(feature = "rlsf", feature = "talc"))]
mod step;
#[cfg(feature = "talc")]
mod talc;

#[cfg(feature = "dlmalloc")]
pub use dlmalloc::AsDlmallocAllocator;
#[cfg(feature = "rlsf")]
pub use rlsf::AsFlexSource;
#[cfg(feature = "talc")]
pub use talc::AsTalcSource;
