//! Sizes from 4 B to 32 KiB whose frequency falls with the square of the size, every byte written:
//! the manner of glibc's `bench-malloc-simple` and `-thread`.
//!
//! A random stretch of the 1024 blocks that each thread holds is freed and allocated anew.

use fastrand::Rng;
use heapwright_benches::plan::{Plan, Workload};

use crate::{block::Block, mapped::Mapped, threads::at_once};

const SIZE_MIN: f64 = 4.0;
const SIZE_MAX: f64 = 32768.0;
const HELD: usize = 1024;
const STRETCH_MAX: usize = 16;
/// Allocations at scale 1, by all threads together.
const ALLOCATIONS: usize = 15_000_000;
/// Sizes are drawn beforehand, and repeat after so many.
const PERIOD: usize = 1 << 14;

pub(crate) const ALONE: Workload = Workload {
    name: "inverse-square",
    like: "glibc-simple: 4 B to 32 KiB, the larger the rarer, every byte written",
    run: |plan| run(&plan.alone()),
};

pub(crate) const THREADS: Workload = Workload {
    name: "inverse-square-threads",
    like: "glibc-thread: the same in each of several threads",
    run,
};

fn run(plan: &Plan) -> u64 {
    at_once(plan.threads, |index| {
        let mut rng = Rng::with_seed(0x676c_6962 + index as u64);
        let sizes = Mapped::new(PERIOD, |_| size(rng.f64()));
        work(plan.share(plan.scaled(ALLOCATIONS), index), &sizes, rng)
    })
}

/// The size at a fraction of the distribution: 1/size falls evenly from 1/4 to 1/32768.
#[expect(clippy::cast_possible_truncation, reason = "at most 32768")]
#[expect(clippy::cast_sign_loss, reason = "at least 4")]
fn size(fraction: f64) -> usize {
    let (most, least) = (1.0 / SIZE_MIN, 1.0 / SIZE_MAX);
    (1.0 / (most - fraction * (most - least))) as usize
}

fn work(allocations: usize, sizes: &[usize], mut rng: Rng) -> u64 {
    let mut held = Mapped::new(HELD, |_| None::<Block>);
    let (mut sum, mut done) = (0_u64, 0);
    while done < allocations {
        let length = rng.usize(1..=STRETCH_MAX).min(allocations - done);
        let first = rng.usize(..HELD - length);
        let stretch = &mut held[first..first + length];
        for block in stretch.iter_mut().filter_map(Option::take) {
            sum = sum.wrapping_add(block.free());
        }
        for (place, number) in stretch.iter_mut().zip(done..) {
            *place = Some(Block::filled(sizes[number % PERIOD], rng.u64(..)));
        }
        done += length;
    }
    let left = held.iter_mut().filter_map(Option::take);
    left.fold(sum, |sum, block| sum.wrapping_add(block.free()))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn half_of_the_sizes_are_below_twice_the_least() {
        assert_eq!((size(0.0), size(0.499), size(0.501)), (4, 7, 8));
        assert!((32_000..=32_768).contains(&size(0.999_999_9)), "{}", size(0.999_999_9));
    }
}
