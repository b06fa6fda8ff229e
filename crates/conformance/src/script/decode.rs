//! Scripts from arbitrary bytes, for fuzzers and for proptest alike.
//!
//! ```text
//!   byte 0                      byte 1     bytes 2 and 3 (little endian)
//!   ├ align log2: 5 ┼ kind: 3 ┼ index ┼ mantissa: 12 ┼ exponent: 4 ┤
//! ```
//!
//! Four bytes are one operation, and every four bytes are one: no input is rejected, and a
//! change of one byte changes one operation only, which is what a fuzzer mutates best.

use super::{Operation, size_max};

/// Bytes of one encoded operation.
const OPERATION_SIZE: usize = 4;
/// Alignments reach 1 << 16, sixteen pages: beyond a page, and cheap enough for many steps.
const ALIGN_LOG2_COUNT: u32 = 17;
/// The exponent that means a size next to the largest one.
const EXPONENT_HUGE: u16 = 15;
/// Sizes reach 4095 << 7, half a mebibyte: beyond a heap's usual growth step.
const EXPONENT_MAX: u16 = 7;

/// The script that `bytes` spell. Bytes after the last whole operation are ignored.
///
/// ```
/// use heapwright_conformance::script::{Operation, decode};
///
/// let script = decode(&[0b00100_000, 0, 100, 0, 3, 0, 0, 0]);
/// let first = Operation::Allocate { size: 100, align: 16 };
/// assert_eq!(script, [first, Operation::Deallocate { index: 0 }]);
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> Vec<Operation> {
    let (operations, _) = bytes.as_chunks::<OPERATION_SIZE>();
    operations.iter().copied().map(operation).collect()
}

fn operation([head, index, low, high]: [u8; OPERATION_SIZE]) -> Operation {
    let align = 1 << (u32::from(head >> 3) % ALIGN_LOG2_COUNT);
    let index = usize::from(index);
    let size = size(u16::from_le_bytes([low, high]), align);
    match head & 7 {
        0 | 1 => Operation::Allocate { size, align },
        2 => Operation::AllocateZeroed { size, align },
        3 | 4 => Operation::Deallocate { index },
        5 | 6 => Operation::Resize { index, size, align },
        _ => Operation::Trim { keep_bytes: size },
    }
}

const fn size(word: u16, align: usize) -> usize {
    let exponent = word >> 12;
    let mantissa = (word & 0x0fff) as usize;
    if exponent == EXPONENT_HUGE {
        size_max(align) - mantissa
    } else {
        mantissa << (exponent % (EXPONENT_MAX + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_head_decodes_to_a_valid_operation() {
        for head in 0..=u8::MAX {
            for high in 0..=u8::MAX {
                let [operation] = decode(&[head, 3, 0xff, high])[..] else {
                    panic!("four bytes are one operation")
                };
                // Panics where size and alignment are no layout.
                let _ = operation.layout();
            }
        }
    }

    #[test]
    fn huge_sizes_and_every_alignment_can_be_spelt() {
        let huge = decode(&[0, 0, 0, 0xf0]);
        assert_eq!(huge, [Operation::Allocate { size: isize::MAX.unsigned_abs(), align: 1 }]);
        let aligns = (0..=u8::MAX).filter_map(|head| match decode(&[head, 0, 1, 0])[..] {
            [Operation::Allocate { align, .. }] => Some(align),
            _ => None,
        });
        let aligns: std::collections::BTreeSet<usize> = aligns.collect();
        assert_eq!(aligns, (0..ALIGN_LOG2_COUNT).map(|log2| 1 << log2).collect());
    }
}
