//! The objects that are built, without and with a destructor.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Made from its number.
pub(crate) trait Numbered {
    fn of(number: usize) -> Self;
}

impl Numbered for u8 {
    #[inline(always)]
    fn of(number: usize) -> Self {
        number.to_le_bytes()[0]
    }
}

impl Numbered for u32 {
    #[inline(always)]
    fn of(number: usize) -> Self {
        let [a, b, c, d, ..] = number.to_le_bytes();
        Self::from_le_bytes([a, b, c, d])
    }
}

impl<const N: usize> Numbered for [usize; N] {
    #[inline(always)]
    fn of(number: usize) -> Self {
        [number; N]
    }
}

impl Numbered for String {
    fn of(number: usize) -> Self {
        format!("symbol number {number:010}")
    }
}

/// What all that ended add up to, so that no destructor can be left out.
static ENDED: AtomicU64 = AtomicU64::new(0);

/// Something of `8 * WORDS` bytes whose destructor is a few instructions. Each `KIND` is a type of
/// its own.
#[derive(Debug)]
pub(crate) struct Guard<const KIND: u64, const WORDS: usize>([usize; WORDS]);

impl<const KIND: u64, const WORDS: usize> Numbered for Guard<KIND, WORDS> {
    #[inline(always)]
    fn of(number: usize) -> Self {
        Self([number; WORDS])
    }
}

impl<const KIND: u64, const WORDS: usize> Drop for Guard<KIND, WORDS> {
    #[inline]
    fn drop(&mut self) {
        let ended = ENDED.load(Relaxed).wrapping_add(self.0[0] as u64 ^ KIND);
        ENDED.store(ended, Relaxed);
    }
}
