//! Lines of text put together in place: no allocation, no formatting machinery, no panic.

use core::ffi::c_int;

use crate::sys;

/// Standard error.
pub const STANDARD_ERROR: c_int = libc::STDERR_FILENO;

/// A text in a fixed buffer. What does not fit is cut off.
///
/// # Examples
///
/// ```
/// use heapwright_malloc::message::Message;
///
/// let line = Message::<32>::new().text("live ").number(12).text(" blocks");
/// assert_eq!(line.as_bytes(), b"live 12 blocks");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Message<const BYTES_MAX: usize = 256> {
    bytes: [u8; BYTES_MAX],
    len: usize,
}

impl<const BYTES_MAX: usize> Message<BYTES_MAX> {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; BYTES_MAX], len: 0 }
    }

    /// The text so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        for &byte in bytes {
            self.push(byte);
        }
        self
    }

    /// Adds a number in decimal.
    #[must_use]
    pub fn number(mut self, mut number: u64) -> Self {
        let mut digits = [0; 20];
        let mut count = 0;
        for digit in &mut digits {
            // A digit is below 10, so its lowest byte is all of it.
            let [lowest, ..] = (number % 10).to_le_bytes();
            *digit = b'0' + lowest;
            count += 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        for &digit in digits.iter().take(count).rev() {
            self.push(digit);
        }
        self
    }

    /// Adds a size in decimal.
    #[must_use]
    pub fn size(self, size: usize) -> Self {
        // A `usize` has 64 bits on every platform of this crate.
        self.number(size.try_into().unwrap_or(u64::MAX))
    }

    /// Writes the text by one call. `errno` stays as it was; a failure has nobody to be told.
    pub fn write_to(&self, descriptor: c_int) {
        sys::write(descriptor, self.as_bytes());
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }
}

impl<const BYTES_MAX: usize> Default for Message<BYTES_MAX> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes one line to standard error and ends the process by `SIGABRT`.
pub fn abort_with<const BYTES_MAX: usize>(line: &Message<BYTES_MAX>) -> ! {
    line.write_to(STANDARD_ERROR);
    sys::abort()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_written_as_the_formatting_machinery_would() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX / 10, u64::MAX - 1, u64::MAX] {
            let text = Message::<32>::new().number(number);
            assert_eq!(text.as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let text = Message::<4>::new().text("abc").number(1234);
        assert_eq!(text.as_bytes(), b"abc1");
    }
}
