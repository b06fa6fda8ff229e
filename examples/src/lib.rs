//! Programs to read in order.
