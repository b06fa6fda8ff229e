//! Who owns memory that exists only once: the program break, a static buffer.
//!
//! ```text
//!   ClaimFlag (in a static) ──take──▶ Claim (in one break) ──drop──▶ free to be taken again
//! ```

use core::sync::atomic::{AtomicBool, Ordering};

/// Stands beside memory that one break at a time may own.
#[derive(Debug)]
pub(crate) struct ClaimFlag(AtomicBool);

/// The proof that its holder owns the memory beside a [`ClaimFlag`]; dropped, it frees the flag.
#[derive(Debug)]
pub(crate) struct Claim(&'static ClaimFlag);

impl ClaimFlag {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Takes the claim, or answers `None` while somebody else holds it.
    pub(crate) fn take(&'static self) -> Option<Claim> {
        // Acquire: what the previous owner wrote into the memory happened before us.
        let is_taken = self.0.swap(true, Ordering::Acquire);
        if is_taken { None } else { Some(Claim(self)) }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}
