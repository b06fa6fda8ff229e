//! Lines of text put together in place: no allocation, no formatting machinery, no panic.
//!
//! ```text
//!   Message<N>      │ len │ bytes: [u8; N] │     each caller's own size
//!                      ▼         ▼
//!   Buffer<[u8]>    │ len │ bytes: [u8]    │     what all the writing is done on
//! ```
//!
//! The code is here once, whatever the size of the buffer: a message is written where something
//! went wrong or when a process ends, and all that is linked counts in the memory of every process.

use core::ffi::c_int;
use core::ptr::NonNull;

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
/// let mut line = Message::<32>::new();
/// line.text("live ").number(12).text(" blocks");
/// assert_eq!(line.as_bytes(), b"live 12 blocks");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Message<const BYTES_MAX: usize = 256>(Buffer<[u8; BYTES_MAX]>);

/// How much of the bytes is text, and the bytes.
#[derive(Debug, Clone, Copy)]
struct Buffer<B: ?Sized> {
    len: usize,
    bytes: B,
}

impl<const BYTES_MAX: usize> Message<BYTES_MAX> {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Buffer { len: 0, bytes: [0; BYTES_MAX] })
    }

    /// The text so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.bytes.get(..self.0.len).unwrap_or(&self.0.bytes)
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.buffer().bytes(bytes);
        self
    }

    /// Adds what somebody else wrote, with `?` for each byte that a terminal would obey.
    pub fn shown(&mut self, bytes: &[u8]) -> &mut Self {
        self.buffer().filtered(bytes, b'?', |byte| !byte.is_ascii_control());
        self
    }

    /// Adds what somebody else wrote as one word, with `_` for each byte that is no visible one of
    /// ASCII.
    pub fn word(&mut self, bytes: &[u8]) -> &mut Self {
        self.buffer().filtered(bytes, b'_', |byte| byte.is_ascii_graphic());
        self
    }

    /// Adds a number in decimal.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.buffer().number(number);
        self
    }

    /// Adds a size in decimal.
    pub fn size(&mut self, size: usize) -> &mut Self {
        // A `usize` has 64 bits on every platform of this crate.
        self.number(size.try_into().unwrap_or(u64::MAX))
    }

    /// Adds names and their numbers in decimal, with a text before, between and behind each pair.
    pub fn figures(&mut self, figures: &[(&str, u64)], around: [&str; 3]) -> &mut Self {
        self.buffer().figures(figures, around);
        self
    }

    /// Adds an address in hexadecimal, as `{:p}` would.
    pub fn address(&mut self, address: NonNull<u8>) -> &mut Self {
        self.buffer().address(address.addr().get());
        self
    }

    /// Writes the text by one call. `errno` stays as it was; a failure has nobody to be told.
    pub fn write_to(&self, descriptor: c_int) {
        sys::write(descriptor, self.as_bytes());
    }

    fn buffer(&mut self) -> &mut Buffer<[u8]> {
        &mut self.0
    }
}

impl<const BYTES_MAX: usize> Default for Message<BYTES_MAX> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes one line to standard error and ends the process by `SIGABRT`.
#[cold]
pub fn abort_with<const BYTES_MAX: usize>(line: &Message<BYTES_MAX>) -> ! {
    line.write_to(STANDARD_ERROR);
    sys::abort()
}

impl Buffer<[u8]> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    #[cold]
    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    #[cold]
    #[inline(never)]
    fn filtered(&mut self, bytes: &[u8], instead: u8, is_good: fn(u8) -> bool) {
        for &byte in bytes {
            self.push(if is_good(byte) { byte } else { instead });
        }
    }

    #[cold]
    #[inline(never)]
    fn number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            // A digit is below 10, so its lowest byte is all of it.
            let [lowest, ..] = (number % 10).to_le_bytes();
            *digit = b'0' + lowest;
            start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes(digits.get(start..).unwrap_or(&[]));
    }

    #[cold]
    #[inline(never)]
    fn figures(&mut self, figures: &[(&str, u64)], [before, between, behind]: [&str; 3]) {
        for (name, figure) in figures {
            self.bytes(before.as_bytes());
            self.bytes(name.as_bytes());
            self.bytes(between.as_bytes());
            self.number(*figure);
            self.bytes(behind.as_bytes());
        }
    }

    #[cold]
    #[inline(never)]
    fn address(&mut self, address: usize) {
        self.push(b'0');
        self.push(b'x');
        let digits = (usize::BITS - address.leading_zeros()).div_ceil(4);
        for digit in (0..digits).rev() {
            // A nibble, so its lowest byte is all of it.
            let [nibble, ..] = (address >> (4 * digit) & 0xf).to_le_bytes();
            self.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_written_as_the_formatting_machinery_would() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX / 10, u64::MAX - 1, u64::MAX] {
            let mut text = Message::<32>::new();
            text.number(number);
            assert_eq!(text.as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn addresses_are_written_as_the_formatting_machinery_would() {
        for address in [0x1_usize, 0xf, 0x10, 0x7fff_1234_5678, 0x9abc_def0, usize::MAX] {
            let pointer = NonNull::new(core::ptr::without_provenance_mut(address)).unwrap();
            let mut text = Message::<32>::new();
            text.address(pointer);
            assert_eq!(text.as_bytes(), std::format!("{pointer:p}").as_bytes());
        }
    }

    #[test]
    fn figures_are_names_and_numbers() {
        let mut text = Message::<32>::new();
        text.figures(&[("one", 1), ("none", 0)], ["<", "=", ">"]);
        assert_eq!(text.as_bytes(), b"<one=1><none=0>");
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_shown() {
        let mut text = Message::<32>::new();
        text.shown(b"a\x1b[2Jb\nc\x7f\xc3\xa9");
        assert_eq!(text.as_bytes(), b"a?[2Jb?c?\xc3\xa9");
    }

    #[test]
    fn a_word_stays_one() {
        let mut text = Message::<32>::new();
        text.word(b"a b\nc=\xc3\xa9");
        assert_eq!(text.as_bytes(), b"a_b_c=__");
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let mut text = Message::<4>::new();
        text.text("abc").number(1234).address(NonNull::dangling());
        assert_eq!(text.as_bytes(), b"abc1");
    }
}
