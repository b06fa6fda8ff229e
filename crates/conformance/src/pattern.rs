//! The pattern in a payload: bytes that follow from the block's number alone.
//!
//! ```text
//!   payload  ├ word(id, 0) ┼ word(id, 1) ┼ word(id, 2) ┼ tail ┤
//! ```
//!
//! Two blocks have different patterns, and so has one block at two offsets: a byte that another
//! block, a header or a copy to the wrong place wrote is seen.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

const WORD_SIZE: usize = size_of::<u64>();

/// Fills `payload` with the pattern of block `id`.
///
/// # Safety
///
/// `payload` is valid for writes, and nothing else reads or writes it during the call.
pub unsafe fn fill(payload: NonNull<[u8]>, id: u64) {
    let uninit = payload.cast::<MaybeUninit<u8>>();
    // SAFETY: valid for writes and not shared (caller); it may be uninitialised by its type.
    let bytes = unsafe { NonNull::slice_from_raw_parts(uninit, payload.len()).as_mut() };
    let (words, tail) = bytes.as_chunks_mut::<WORD_SIZE>();
    let words_len = words.len();
    for (index, bytes) in words.iter_mut().enumerate() {
        bytes.write_copy_of_slice(&word(id, index).to_le_bytes());
    }
    tail.write_copy_of_slice(&word(id, words_len).to_le_bytes()[..tail.len()]);
}

/// The offset of the first of the first `len` bytes of `payload` that is not the pattern's.
///
/// # Safety
///
/// The first `len` bytes of `payload` are valid for reads and initialised, and nothing writes
/// them during the call.
#[must_use]
pub unsafe fn first_damage(payload: NonNull<u8>, len: usize, id: u64) -> Option<usize> {
    // SAFETY: valid for reads, initialised and not written (caller).
    let bytes = unsafe { NonNull::slice_from_raw_parts(payload, len).as_ref() };
    let (words, tail) = bytes.as_chunks::<WORD_SIZE>();
    let damaged = words
        .iter()
        .enumerate()
        .find(|(index, bytes)| u64::from_le_bytes(**bytes) != word(id, *index));
    let (index, found) = match damaged {
        Some((index, bytes)) => (index, &bytes[..]),
        None => (words.len(), tail),
    };
    let expected = word(id, index).to_le_bytes();
    let within = found.iter().zip(expected).position(|(found, byte)| *found != byte)?;
    Some(index * WORD_SIZE + within)
}

/// The offset of the first of the first `len` bytes of `payload` that is not zero.
///
/// # Safety
///
/// As for [`first_damage`].
#[must_use]
pub unsafe fn first_nonzero(payload: NonNull<u8>, len: usize) -> Option<usize> {
    // SAFETY: valid for reads, initialised and not written (caller).
    let bytes = unsafe { NonNull::slice_from_raw_parts(payload, len).as_ref() };
    bytes.iter().position(|byte| *byte != 0)
}

/// One word of the pattern: two odd multipliers keep blocks and offsets apart.
const fn word(id: u64, index: usize) -> u64 {
    const BY_BLOCK: u64 = 0x9e37_79b9_7f4a_7c15;
    const BY_OFFSET: u64 = 0xd6e8_feb8_6659_fd93;
    let mixed = id.wrapping_add(1).wrapping_mul(BY_BLOCK) ^ (index as u64).wrapping_mul(BY_OFFSET);
    // Zero bytes would hide a lost block in zeroed memory.
    mixed | 0x0101_0101_0101_0101
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(len: usize, id: u64) -> Vec<u8> {
        let mut bytes = vec![0; len];
        // SAFETY: the slice is exclusively borrowed.
        unsafe { fill(NonNull::from(&mut bytes[..]), id) };
        bytes
    }

    fn damage(bytes: &[u8], id: u64) -> Option<usize> {
        let start = NonNull::from(bytes).cast();
        // SAFETY: the slice is borrowed and initialised.
        unsafe { first_damage(start, bytes.len(), id) }
    }

    #[test]
    fn a_filled_payload_is_whole_and_every_changed_byte_is_found() {
        for len in 0..40 {
            let mut bytes = filled(len, 7);
            assert_eq!(damage(&bytes, 7), None);
            for offset in 0..len {
                bytes[offset] ^= 0x10;
                assert_eq!(damage(&bytes, 7), Some(offset), "of {len}");
                bytes[offset] ^= 0x10;
            }
        }
    }

    #[test]
    fn another_block_another_offset_and_zeros_are_damage() {
        let bytes = filled(256, 7);
        assert_eq!(damage(&bytes, 7), None);
        assert!(damage(&bytes, 8).is_some());
        assert!(damage(&bytes[WORD_SIZE..], 7).is_some());
        assert!(damage(&[0; 16], 7).is_some());
    }
}
