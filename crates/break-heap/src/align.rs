//! Rounding to multiples of a power of two, without overflow.
//!
//! ```text
//!   round_down(v)   v        round_up(v)
//!   ┴───────────────┼────────┴───────── multiples of `align`
//! ```

/// The smallest multiple of `align` that is at least `value`, or `None` beyond `usize::MAX`.
///
/// `align` is a power of two.
pub(crate) const fn round_up(value: usize, align: usize) -> Option<usize> {
    let mask = align.wrapping_sub(1);
    match value.checked_add(mask) {
        Some(sum) => Some(sum & !mask),
        None => None,
    }
}

/// The largest multiple of `align` that is at most `value`.
///
/// `align` is a power of two.
pub(crate) const fn round_down(value: usize, align: usize) -> usize {
    value & !align.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_brackets_every_value_by_the_nearest_multiples() {
        for value in 0_usize..200 {
            for align in [1, 2, 16, 64] {
                let (down, up) = (round_down(value, align), round_up(value, align).unwrap());
                assert!(down <= value && value <= up);
                assert!(down.is_multiple_of(align) && up.is_multiple_of(align));
                assert_eq!(up - down, if value.is_multiple_of(align) { 0 } else { align });
            }
        }
    }

    #[test]
    fn rounding_up_at_the_end_of_the_address_space_is_refused_and_never_wraps() {
        assert_eq!(round_up(usize::MAX, 4096), None);
        assert_eq!(round_up(usize::MAX - 4095, 4096), Some(usize::MAX - 4095));
        assert_eq!(round_up(usize::MAX - 4094, 4096), None);
        assert_eq!(round_down(usize::MAX, 4096), usize::MAX - 4095);
    }
}
