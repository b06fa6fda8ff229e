//! A short script that still fails, from a long one.
//!
//! ```text
//!   ■■■■■■■■■■■■■■■■   leave out halves, quarters, … single operations while it still fails,
//!   ■■    ■    ■       then halve sizes and alignments of what is left
//! ```

use super::Operation;

/// The most scripts that one minimisation tries: failing runs are short, so this is seconds.
const TRIES_MAX: usize = 4000;

/// The shortest script found that `fails` still, beginning with `script`, which does.
///
/// Which fault it is may change on the way: any is worth a look, and the shortest is the
/// easiest to look at.
pub fn minimise(
    script: &[Operation],
    fails: &mut dyn FnMut(&[Operation]) -> bool,
) -> Vec<Operation> {
    let mut search = Search { best: script.to_vec(), fails, tries_left: TRIES_MAX };
    search.leave_out();
    search.simplify();
    search.leave_out();
    search.best
}

struct Search<'f> {
    best: Vec<Operation>,
    fails: &'f mut dyn FnMut(&[Operation]) -> bool,
    tries_left: usize,
}

impl Search<'_> {
    fn leave_out(&mut self) {
        let mut len = self.best.len().div_ceil(2);
        while len > 0 {
            let mut start = 0;
            while start < self.best.len() {
                let mut candidate = self.best.clone();
                candidate.drain(start..(start + len).min(self.best.len()));
                if !self.take_if_it_fails(candidate) {
                    start += len;
                }
            }
            len /= 2;
        }
    }

    fn simplify(&mut self) {
        for place in 0..self.best.len() {
            while let Some(simpler) = simpler(self.best[place]) {
                let mut candidate = self.best.clone();
                candidate[place] = simpler;
                if !self.take_if_it_fails(candidate) {
                    break;
                }
            }
        }
    }

    fn take_if_it_fails(&mut self, candidate: Vec<Operation>) -> bool {
        if self.tries_left == 0 {
            return false;
        }
        self.tries_left -= 1;
        let fails = (self.fails)(&candidate);
        if fails {
            self.best = candidate;
        }
        fails
    }
}

/// The operation with half its size, or with alignment 1 where the size is 0 already.
fn simpler(operation: Operation) -> Option<Operation> {
    let halved = |size: usize, align: usize| match (size, align) {
        (0, 1) => None,
        (0, align) => Some((0, align / 2)),
        (size, align) => Some((size / 2, align)),
    };
    match operation {
        Operation::Allocate { size, align } => {
            halved(size, align).map(|(size, align)| Operation::Allocate { size, align })
        }
        Operation::AllocateZeroed { size, align } => {
            halved(size, align).map(|(size, align)| Operation::AllocateZeroed { size, align })
        }
        Operation::Resize { index, size, align } => {
            halved(size, align).map(|(size, align)| Operation::Resize { index, size, align })
        }
        Operation::Deallocate { .. } | Operation::Trim { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Profile, generate};
    use super::*;

    #[test]
    fn two_operations_that_matter_are_found_among_a_thousand() {
        let script = generate(Profile::Mixed, 5, 1000);
        let zeroed = |o: &Operation| matches!(o, Operation::AllocateZeroed { .. });
        let trims = |o: &Operation| matches!(o, Operation::Trim { .. });
        let mut fails =
            |script: &[Operation]| script.iter().any(zeroed) && script.iter().any(trims);
        assert!(fails(&script));
        let short = minimise(&script, &mut fails);
        assert_eq!(short.len(), 2, "{short:?}");
        assert!(short.contains(&Operation::AllocateZeroed { size: 0, align: 1 }), "{short:?}");
    }

    #[test]
    fn sizes_are_halved_only_as_long_as_it_fails() {
        let script = [Operation::Allocate { size: 1000, align: 64 }];
        let mut fails = |script: &[Operation]| {
            script.iter().any(|o| o.layout().is_some_and(|layout| layout.size() >= 100))
        };
        assert_eq!(minimise(&script, &mut fails), [Operation::Allocate { size: 125, align: 64 }]);
    }
}
