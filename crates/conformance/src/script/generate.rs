//! Seeded scripts in the shapes that programs have.
//!
//! ```text
//!   live blocks    ╱╲      ╱╲      phases of growth and of shrinking, so that a script sees an
//!                 ╱  ╲____╱  ╲__   empty heap, a full one, and many holes in between
//! ```
//!
//! The same profile, seed and number of steps give the same script on every machine.

use super::{Operation, size_max};

/// The sizes and the mix of operations of a generated script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Most blocks are below 128 bytes, a few reach 4 KiB: objects of an ordinary program.
    SmallBiased,
    /// Sizes are uniform in their logarithm up to 64 KiB, and one block in eight is aligned to
    /// more than 16 bytes.
    Mixed,
    /// Sizes are uniform in their logarithm from 4 KiB to 512 KiB: every one may move the break.
    Large,
    /// All blocks have one size, drawn from the seed: free blocks always fit exactly.
    SameSize,
    /// Few blocks that grow step by step, as vectors and strings do.
    ReallocGrowth,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 5] =
        [Self::SmallBiased, Self::Mixed, Self::Large, Self::SameSize, Self::ReallocGrowth];

    const fn mix(self) -> Mix {
        match self {
            Self::SmallBiased | Self::SameSize => Mix { resizes: 5, zeroed: 10 },
            Self::Mixed | Self::Large => Mix { resizes: 20, zeroed: 25 },
            Self::ReallocGrowth => Mix { resizes: 70, zeroed: 5 },
        }
    }
}

/// Shares in hundredths.
struct Mix {
    /// Of all operations.
    resizes: u32,
    /// Of all allocations.
    zeroed: u32,
}

/// A growing phase allocates in 70 of 100 cases, a shrinking one in 25.
const ALLOCATES_GROWING: u32 = 70;
const ALLOCATES_SHRINKING: u32 = 25;
/// A phase ends with this probability at each step.
const PHASE_ENDS: f64 = 1.0 / 150.0;
/// How often the heap is trimmed, and how often a size is one that no heap can serve.
const TRIMS: f64 = 1.0 / 100.0;
const HUGE: f64 = 1.0 / 200.0;

/// The script of `steps` operations that `profile` and `seed` name.
#[must_use]
pub fn generate(profile: Profile, seed: u64, steps: usize) -> Vec<Operation> {
    let mut generator = Generator::new(profile, seed);
    (0..steps).map(|_| generator.operation()).collect()
}

struct Generator {
    random: fastrand::Rng,
    profile: Profile,
    same_size: usize,
    allocates: u32,
}

impl Generator {
    fn new(profile: Profile, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let same_size = random.usize(1..2048);
        Self { random, profile, same_size, allocates: ALLOCATES_GROWING }
    }

    fn operation(&mut self) -> Operation {
        if self.random.f64() < PHASE_ENDS {
            self.allocates = ALLOCATES_GROWING + ALLOCATES_SHRINKING - self.allocates;
        }
        if self.random.f64() < TRIMS {
            return Operation::Trim { keep_bytes: self.log_uniform(0, 20) };
        }
        let mix = self.profile.mix();
        let index = self.random.usize(..);
        if self.percent(mix.resizes) {
            let (size, align) = self.size_and_align();
            return Operation::Resize { index, size, align };
        }
        if !self.percent(self.allocates) {
            return Operation::Deallocate { index };
        }
        let (size, align) = self.size_and_align();
        if self.percent(mix.zeroed) {
            Operation::AllocateZeroed { size, align }
        } else {
            Operation::Allocate { size, align }
        }
    }

    fn size_and_align(&mut self) -> (usize, usize) {
        let align = self.align();
        if self.random.f64() < HUGE {
            return (size_max(align) - self.log_uniform(0, 16), align);
        }
        let size = match self.profile {
            Profile::SmallBiased => {
                if self.percent(95) {
                    self.random.usize(0..128)
                } else {
                    self.log_uniform(7, 12)
                }
            }
            Profile::Mixed => self.log_uniform(0, 16),
            Profile::Large => self.log_uniform(12, 19),
            Profile::SameSize => self.same_size,
            Profile::ReallocGrowth => self.log_uniform(4, 14),
        };
        (size, align)
    }

    fn align(&mut self) -> usize {
        let large_share = match self.profile {
            Profile::SameSize => return 16,
            Profile::Mixed | Profile::Large => 12,
            Profile::SmallBiased | Profile::ReallocGrowth => 1,
        };
        let log2 = if self.percent(large_share) { 5..=16 } else { 0..=4 };
        1 << self.random.u32(log2)
    }

    fn percent(&mut self, share: u32) -> bool {
        self.random.u32(0..100) < share
    }

    /// A number from `1 << log2_min` (0 where that is 0) up to `1 << log2_max`, each power of
    /// two as likely as the next.
    fn log_uniform(&mut self, log2_min: u32, log2_max: u32) -> usize {
        let log2 = self.random.u32(log2_min..log2_max);
        let low = if log2 == 0 { 0 } else { 1 << log2 };
        self.random.usize(low..1 << (log2 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: usize = 4000;

    #[test]
    fn a_seed_names_one_script_and_another_seed_another() {
        for profile in Profile::ALL {
            let script = generate(profile, 1, STEPS);
            assert_eq!(script, generate(profile, 1, STEPS));
            assert_ne!(script, generate(profile, 2, STEPS));
            assert_eq!(script.len(), STEPS);
        }
    }

    #[test]
    fn every_profile_has_every_kind_of_operation_and_only_valid_layouts() {
        for profile in Profile::ALL {
            let script = generate(profile, 3, STEPS);
            let count =
                |wanted: fn(&Operation) -> bool| script.iter().filter(|o| wanted(o)).count();
            assert!(count(|o| matches!(o, Operation::Allocate { .. })) > 0, "{profile:?}");
            assert!(count(|o| matches!(o, Operation::AllocateZeroed { .. })) > 0, "{profile:?}");
            assert!(count(|o| matches!(o, Operation::Deallocate { .. })) > 0, "{profile:?}");
            assert!(count(|o| matches!(o, Operation::Resize { .. })) > 0, "{profile:?}");
            assert!(count(|o| matches!(o, Operation::Trim { .. })) > 0, "{profile:?}");
            let huge = |o: &Operation| o.layout().is_some_and(|layout| layout.size() > 1 << 40);
            assert!(count(huge) > 0, "{profile:?}");
        }
    }
}
