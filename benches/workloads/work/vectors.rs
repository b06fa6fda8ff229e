//! Arrays that grow by `realloc`.
//!
//! - *steps*: 100 arrays grow in turn, each by a quarter when it is full, up to 1 MiB; so each
//!   stands in the way of the others
//! - *doubling*: one array doubles up to 1 GiB; nothing needs to be copied where pages can be moved

use heapwright_benches::plan::{Plan, Workload};

use crate::{mapped::Mapped, vector::Vector};

const ARRAYS: usize = 100;
const ARRAY_BYTES_MAX: usize = 1 << 20;
/// How often the arrays grow from nothing, at scale 1.
const ROUNDS: usize = 6;
/// Bytes of the doubling array at scale 1.
const DOUBLING_BYTES: usize = 1 << 30;
const PAGE: usize = 4096;

pub(crate) const STEPS: Workload = Workload {
    name: "vector-steps",
    like: "100 arrays that grow in turn, by a quarter each time, to 1 MiB",
    run: steps,
};

pub(crate) const DOUBLING: Workload = Workload {
    name: "vector-doubling",
    like: "one array that doubles until it has 1 GiB",
    run: doubling,
};

fn steps(plan: &Plan) -> u64 {
    let mut sum = 0_u64;
    for round in 0..plan.scaled(ROUNDS) as u64 {
        let mut arrays = Mapped::new(ARRAYS, |_| Vector::<u64, 125>::new());
        let mut full = 0;
        while full < ARRAYS {
            full = 0;
            for (number, array) in arrays.iter_mut().enumerate() {
                if array.len() * size_of::<u64>() >= ARRAY_BYTES_MAX {
                    full += 1;
                    continue;
                }
                fill_and_grow(array, round + number as u64);
            }
        }
        sum = arrays.iter().zip(round..).fold(sum, |sum, (array, first)| {
            assert!(array.iter().copied().eq((first..).take(array.len())), "the content changed");
            sum.wrapping_add(array.iter().sum())
        });
    }
    sum
}

/// Pushes until the array has grown once.
fn fill_and_grow(array: &mut Vector<u64, 125>, first: u64) {
    let capacity = array.capacity();
    while array.len() <= capacity {
        array.push(first + array.len() as u64);
    }
}

fn doubling(plan: &Plan) -> u64 {
    let mut array = Vector::<u8>::with_capacity(PAGE);
    let mut page = [0x5a; PAGE];
    for number in 0..(plan.scaled(DOUBLING_BYTES) / PAGE) as u64 {
        page[..8].copy_from_slice(&number.to_le_bytes());
        array.extend_from_slice(&page);
    }
    let numbers = array.chunks_exact(PAGE).zip(0_u64..);
    numbers.fold(1, |sum: u64, (page, number)| {
        assert!(page[..8] == number.to_le_bytes() && page[PAGE - 1] == 0x5a, "lost a page");
        sum.wrapping_add(number)
    })
}
