//! Pools keep what they promise: keys that grow stale, objects that stay and end once, slots that
//! come back, whatever fails or panics.

mod ledger;
mod model;
mod objects;
mod refusal;
mod shared;
mod unwinding;
