//! What users of an arena rely on.

mod allocator;
mod census;
mod failure;
mod model;
mod order;
mod places;
mod probe;
mod scopes;
mod sources;
mod threads;
