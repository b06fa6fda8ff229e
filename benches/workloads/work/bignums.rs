//! Arithmetic on numbers of a few words, each result a new block, each operand soon freed: the
//! manner of `cfrac`, which factors by continued fractions.
//!
//! Nearly every block is below 64 B and lives for a few operations; a table of results stays.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{mapped::Mapped, vector::Vector};

/// Numbers that stay.
const KEPT: usize = 4096;
/// Steps at scale 1, of about four allocations each.
const STEPS: usize = 4_000_000;
/// A number beyond this is divided.
const WORDS_MAX: usize = 6;

pub(crate) const WORKLOAD: Workload = Workload {
    name: "bignums",
    like: "cfrac: arithmetic on short numbers, each result a block, most freed at once",
    run,
};

/// 32 bits a word, the lowest first, no zero words at the end.
type Number = Vector<u32>;

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(0x6366_7261);
    let mut kept = Mapped::new(KEPT, |_| None::<Number>);
    let mut current = number(rng.u32(1..), rng.u32(1..));
    let mut sum = 0_u64;
    for step in 0..plan.scaled(STEPS) {
        let factor = rng.u32(3..) | 1;
        let product = multiply(&current, factor);
        let other = kept[rng.usize(..KEPT)].as_ref();
        current = other.map_or_else(|| add(&product, &current), |other| add(&product, other));
        while current.len() > WORDS_MAX {
            let (quotient, rest) = divide(&current, factor);
            sum = sum.wrapping_add(rest.into());
            current = quotient;
        }
        if step % 4 == 0 {
            let copy = add(&current, &number(factor, 0));
            kept[rng.usize(..KEPT)] = Some(copy);
        }
    }
    kept.iter().flatten().fold(sum, |sum, number| sum.wrapping_add(digest(number)))
}

fn number(low: u32, high: u32) -> Number {
    let mut number = Number::with_capacity(2);
    number.push(low);
    if high > 0 {
        number.push(high);
    }
    number
}

fn low_half(wide: u64) -> u32 {
    let [a, b, c, d, ..] = wide.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn multiply(number: &Number, factor: u32) -> Number {
    let mut product = Number::with_capacity(number.len() + 1);
    let mut carry = 0;
    for &word in number.iter() {
        carry += u64::from(word) * u64::from(factor);
        product.push(low_half(carry));
        carry >>= 32;
    }
    if carry > 0 {
        product.push(low_half(carry));
    }
    product
}

fn add(left: &Number, right: &Number) -> Number {
    let len = left.len().max(right.len());
    let mut sum = Number::with_capacity(len + 1);
    let mut carry = 0;
    for index in 0..len {
        let word = |number: &Number| number.get(index).copied().map_or(0, u64::from);
        carry += word(left) + word(right);
        sum.push(low_half(carry));
        carry >>= 32;
    }
    if carry > 0 {
        sum.push(low_half(carry));
    }
    sum
}

/// Quotient and rest.
fn divide(number: &Number, divisor: u32) -> (Number, u32) {
    let mut quotient = Number::with_capacity(number.len());
    number.iter().for_each(|_| quotient.push(0));
    let mut rest = 0;
    for (word, place) in number.iter().zip(quotient.iter_mut()).rev() {
        let wide = (rest << 32) | u64::from(*word);
        *place = low_half(wide / u64::from(divisor));
        rest = wide % u64::from(divisor);
    }
    while quotient.last() == Some(&0) {
        quotient.pop();
    }
    (quotient, low_half(rest))
}

fn digest(number: &Number) -> u64 {
    number.iter().fold(7, |sum: u64, &word| sum.wrapping_mul(0x9e37_79b9).wrapping_add(word.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_divided_by_its_factor_is_what_it_was() {
        let small = number(0xffff_ffff, 0xffff_fffe);
        let product = multiply(&small, 0xffff_fff1);
        assert_eq!(product.len(), 3);
        let (quotient, rest) = divide(&add(&product, &number(5, 0)), 0xffff_fff1);
        assert_eq!((&*quotient, rest), (&*small, 5));
    }
}
