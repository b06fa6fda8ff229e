//! The words of a caught panic.

use core::any::Any;

/// The message that `panic` was raised with, where it was a text.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
