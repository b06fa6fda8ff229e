//! Rounds in rotated order, medians, ratios: what makes figures of a noisy machine comparable.

/// Figures of several subjects, taken in rounds: `samples[subject][round]`.
pub struct Rounds {
    samples: Vec<Vec<f64>>,
}

impl Rounds {
    /// Measures `subject_count` subjects once a round, starting each round with another one, so
    /// that a slow moment of the machine hits each subject alike.
    pub fn run(
        subject_count: usize,
        round_count: usize,
        mut measure: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let mut samples = vec![Vec::with_capacity(round_count); subject_count];
        for round in 0..round_count {
            for turn in 0..subject_count {
                let subject = (turn + round) % subject_count;
                samples[subject].push(measure(subject, round));
            }
        }
        Self { samples }
    }

    /// The median figure of a subject.
    #[must_use]
    pub fn median(&self, subject: usize) -> f64 {
        median(self.samples[subject].clone())
    }

    /// The median over rounds of the subject's figure divided by the reference's figure of the
    /// same round.
    #[must_use]
    pub fn ratio(&self, subject: usize, reference: usize) -> f64 {
        let pairs = self.samples[subject].iter().zip(&self.samples[reference]);
        median(pairs.map(|(figure, base)| figure / base).collect())
    }
}

/// The middle value, or the mean of the two in the middle; NaN of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

/// The geometric mean; NaN of nothing.
#[must_use]
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_of_unsorted_values() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![9.0, 1.0, 5.0, 3.0]), 4.0);
        assert!(median(vec![]).is_nan());
    }

    #[test]
    fn every_subject_is_measured_once_a_round_and_each_begins_a_round() {
        let mut turns = Vec::new();
        let rounds = Rounds::run(3, 3, |subject, round| {
            turns.push((round, subject));
            f64::from(u8::try_from(subject + 1).unwrap())
        });
        let first: Vec<_> = turns.chunks(3).map(|round| round[0].1).collect();
        assert_eq!(first, [0, 1, 2]);
        assert_eq!(rounds.median(2), 3.0);
        assert_eq!(rounds.ratio(2, 0), 3.0);
    }

    #[test]
    fn geometric_mean_weighs_ratios_alike() {
        assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
    }
}
