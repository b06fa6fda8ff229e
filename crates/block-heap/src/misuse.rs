//! What a heap says when its user broke it: one line, without allocating, and then the end.
//!
//! A heap that lost its invariants must not hand out memory, so there is no way back from here.

use core::fmt;

/// How the user broke the heap, as far as the heap can tell.
///
/// Each names the payload pointer it was found at. Not every misuse is found: a block may be
/// freed twice after it was handed out again, and a pointer into the middle of a payload may
/// find user bytes that look like a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The block was free already.
    DoubleFree {
        /// The pointer that was passed.
        payload: usize,
    },
    /// The pointer lies outside the heap, or is not aligned as every payload is.
    NotABlock {
        /// The pointer that was passed.
        payload: usize,
    },
    /// The header before the pointer is none that the heap wrote: it was overwritten, or the
    /// pointer leads into the middle of a block.
    BrokenHeader {
        /// The pointer that was passed.
        payload: usize,
    },
    /// The boundary tag before the block leads to no free block: the end of the block before, or
    /// a freed block, was written to.
    BrokenTag {
        /// The payload of the block after the tag.
        payload: usize,
    },
    /// The links of a free block do not lead back to it: a freed block was written to.
    BrokenLink {
        /// The payload of the free block.
        payload: usize,
    },
    /// The block is smaller than the layout that it is said to have.
    WrongLayout {
        /// The pointer that was passed.
        payload: usize,
    },
}

impl Misuse {
    /// The payload pointer that the misuse was found at.
    #[must_use]
    pub const fn payload(self) -> usize {
        match self {
            Self::DoubleFree { payload }
            | Self::NotABlock { payload }
            | Self::BrokenHeader { payload }
            | Self::BrokenTag { payload }
            | Self::BrokenLink { payload }
            | Self::WrongLayout { payload } => payload,
        }
    }

    /// What was found, as it stands before and after the pointer in the message.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::DoubleFree { .. } => ("double free of ", ""),
            Self::NotABlock { .. } => ("", " is no block of this heap"),
            Self::BrokenHeader { .. } => ("broken header before ", ""),
            Self::BrokenTag { .. } => ("broken boundary tag before ", ""),
            Self::BrokenLink { .. } => ("broken link in the free block at ", ""),
            Self::WrongLayout { .. } => ("the block at ", " is smaller than its layout says"),
        }
    }

    /// The message, put together without the formatting machinery and without allocating.
    #[must_use]
    pub fn line(self) -> Line {
        let (before, after) = self.words();
        let mut line = Line::new();
        line.push("heapwright: ");
        line.push(before);
        line.push_address(self.payload());
        line.push(after);
        line.push("\n");
        line
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.words();
        write!(formatter, "{before}{:#x}{after}", self.payload())
    }
}

const LINE_BYTES_MAX: usize = 128;

/// A short message in a fixed buffer. What does not fit is cut off.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    bytes: [u8; LINE_BYTES_MAX],
    len: usize,
}

impl Line {
    const fn new() -> Self {
        Self { bytes: [0; LINE_BYTES_MAX], len: 0 }
    }

    /// The bytes of the message, the newline at its end included.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }

    fn push(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    fn push_address(&mut self, address: usize) {
        const DIGITS: &str = "0123456789abcdef";
        self.push("0x");
        let digits = (usize::BITS - (address | 1).leading_zeros()).div_ceil(4);
        for position in (0..digits).rev() {
            let digit = (address >> (4 * position)) & 0xf;
            self.push(DIGITS.get(digit..=digit).unwrap_or("?"));
        }
    }
}

/// Writes the message to standard error and aborts.
#[cfg(feature = "libc")]
#[cold]
pub(crate) fn default_on_misuse(misuse: Misuse) -> ! {
    crate::sys::abort_with(misuse.line().as_bytes())
}

/// Stops: without a platform there is nowhere to write to and nothing to return to.
#[cfg(not(feature = "libc"))]
#[cold]
pub(crate) fn default_on_misuse(_: Misuse) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn the_line_and_the_display_say_the_same() {
        for payload in [0, 9, 0x10, 0xdead_beef, usize::MAX] {
            for misuse in [
                Misuse::DoubleFree { payload },
                Misuse::NotABlock { payload },
                Misuse::BrokenHeader { payload },
                Misuse::BrokenTag { payload },
                Misuse::BrokenLink { payload },
                Misuse::WrongLayout { payload },
            ] {
                let line = misuse.line();
                let text = core::str::from_utf8(line.as_bytes()).unwrap();
                assert_eq!(text, std::format!("heapwright: {}\n", misuse));
            }
        }
    }
}
